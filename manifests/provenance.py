"""Provenance: which licence each recording is under, counted over a store or over the clips that stages draw from.

A reader puts a recording's own licence into `extra` as `licence`, and where it is from as `source`; what says nothing
is under that of its corpus. Tables may call the column `license`, and write licences as addresses or in words.
"""

from __future__ import annotations

import json
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from manifests import index
from manifests.corpora.written_licences import COLUMNS, own_licences
from manifests.credit import Credit, Share
from manifests.store import Store

SUCH_AS = 5
"""Keys that a share names."""

_SAYS = f'"({"|".join(COLUMNS)})": '


class Origin(NamedTuple):
    """Where one recording is from: its corpus, its licences (None alone where nobody says), and its source."""

    corpus: str
    licences: Sequence[str | None]
    source: str | None


def origin_of(credits: Iterable[Credit], key: str, extra: Mapping[str, Any]) -> Origin | None:
    """Where a recording of a store is from, by the credits of its generation; None where these do not know."""
    credit = _Credits(credit for credit in credits if not credit.mixed).of(key)
    if credit is None:
        return None
    source = extra.get("source")
    return Origin(credit.corpus, _licences(extra, credit), credit.url if source is None else str(source))


def _licences(extra: Mapping[str, Any], credit: Credit) -> Sequence[str | None]:
    """Those that a recording brings itself, else that of its corpus."""
    own: Sequence[str | None] = own_licences(extra) if extra else ()
    return own or (credit.licence,)


def counted(credits: Sequence[Credit], store: Store) -> list[Credit]:
    """The credits with what the store holds of each, produced recordings; those of what is mixed in, as they are."""
    tally = Tally(credit for credit in credits if not credit.mixed)
    for entry in store.generation.shards:
        table = index.first_rows(store.index(entry, ["key", "fate", "seconds", "extra"]))
        table = table.filter(pc.equal(table["fate"], index.PRODUCED))
        says = pc.fill_null(pc.match_substring_regex(table["extra"], _SAYS), False)
        columns = (table["key"], pc.if_else(says, table["extra"], pa.scalar(None, pa.string())), table["seconds"])
        for key, extra, seconds in zip(*(column.to_pylist() for column in columns), strict=True):
            tally.add(key, json.loads(extra) if extra else {}, seconds or 0.0)
    found = iter(tally.credits())
    return [credit if credit.mixed else next(found) for credit in credits]


class Tally:
    """Sees recordings pass, and counts those of each corpus by licence."""

    def __init__(self, credits: Iterable[Credit]) -> None:
        self._credits = list(credits)
        self._known = _Credits(self._credits)
        self._shares: dict[tuple[str, str | None], _Count] = {}

    def add(self, key: str, extra: Mapping[str, Any], seconds: float | None) -> None:
        """A recording of one of the corpora, by its key with the corpus in front; `seconds` where they are known."""
        credit = self._known.of(key)
        if credit is None:
            return
        for licence in _licences(extra, credit):
            self._shares.setdefault((credit.corpus, licence), _Count()).add(key, seconds)

    def credits(self) -> list[Credit]:
        """The credits, each with its shares, the largest first."""
        found: dict[str, list[Share]] = {}
        for (corpus, licence), count in self._shares.items():
            found.setdefault(corpus, []).append(count.share(licence))
        for shares in found.values():
            shares.sort(key=lambda share: (-share.recordings, share.licence or ""))
        return [replace(credit, shares=found.get(credit.corpus, [])) for credit in self._credits]


class _Count:
    """What is under one licence so far."""

    def __init__(self) -> None:
        self.recordings = 0
        self.seconds: float | None = None
        self.such_as: list[str] = []

    def add(self, key: str, seconds: float | None) -> None:
        self.recordings += 1
        if seconds is not None:
            self.seconds = (self.seconds or 0.0) + seconds
        if len(self.such_as) < SUCH_AS or key < self.such_as[-1]:
            insort(self.such_as, key)
            del self.such_as[SUCH_AS:]

    def share(self, licence: str | None) -> Share:
        return Share(licence, self.recordings, None if self.seconds is None else round(self.seconds, 3), self.such_as)


class _Credits:
    """Credits by the corpus that stands in front of a key; of a store's, that of the corpus behind it as well."""

    def __init__(self, credits: Iterable[Credit]) -> None:
        self._by_corpus = {credit.corpus: credit for credit in credits}
        self._deepest = max((name.count("/") for name in self._by_corpus), default=0) + 1

    def of(self, key: str) -> Credit | None:
        steps = key.split("/", self._deepest)
        for depth in range(1, len(steps)):
            credit = self._by_corpus.get("/".join(steps[:depth]))
            if credit is not None:
                return credit
        return None
