"""Selection: the rows that were asked for, in the order that was asked for, as numbers of rows.

What is slow, an expression over all rows or a sort, is kept for the next request, since a table asks for the same
selection page by page.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.browsing import masks
from explorer.browsing.columns import Columns
from explorer.browsing.order import Numbers, Rows, sorted_rows

KEPT_BYTES = 48 << 20


@dataclass(frozen=True, slots=True)
class Query:
    """What rows are asked for; "" leaves something open."""

    split: str = ""
    where: str = ""
    find: str = ""
    sort: str = ""
    descending: bool = False


class Selections:
    """The selections of one generation. `score` gives the numbers of a score for each row."""

    def __init__(self, columns: Columns, score: Callable[[str], Numbers]) -> None:
        self.columns, self._score = columns, score
        self._kept: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()
        self._lock = RLock()

    def rows(self, query: Query) -> Rows | range:
        """The rows in order. ExplorerError, with the field, for a query that cannot be followed."""
        if query == Query():
            return range(self.columns.rows)
        return self._once(query, lambda: self._made(query))

    def _made(self, query: Query) -> Rows:
        mask = self.mask(query)
        if not query.sort:
            return (
                np.flatnonzero(mask).astype(np.int32)
                if mask is not None
                else np.arange(self.columns.rows, dtype=np.int32)
            )
        key = ("order", query.sort, query.descending)
        order = self._once(key, lambda: sorted_rows(self.columns, query.sort, query.descending, self._score))
        return order if mask is None else order[mask[order]]

    def mask(self, query: Query) -> masks.Mask | None:
        """True for the rows that are asked for, without their order; None for all."""
        found = None
        for name, make in (("split", masks.of_split), ("where", masks.of_where), ("find", masks.of_find)):
            text = getattr(query, name)
            if text:
                mask = self._once((name, text), lambda make=make, text=text: make(self.columns, text))  # type: ignore[misc]
                found = mask if found is None else found & mask
        return found

    def _once(self, key: Hashable, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            made = self._kept[key] = make()
            while len(self._kept) > 1 and sum(one.nbytes for one in self._kept.values()) > KEPT_BYTES:
                self._kept.popitem(last=False)
            return made
