"""Lookup: the values of a table by their id, for tables that are joined, in whatever order they lie.

Held in a temporary SQLite database that has no name: some 16 MiB of memory, the rest on disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from manifests.errors import CorpusError

Entry = tuple[int, str, str]
"""A line, its id, and its value."""

_CACHE = -16384


class Lookup:
    """The entries of one table; CorpusError for an id that stands there twice, in which `twice` says what to do."""

    def __init__(self, table: str, entries: Iterable[Entry], twice: str = "") -> None:
        self.table = table
        self._asked = bytearray()
        self._rows = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._rows.execute(f"PRAGMA cache_size={_CACHE}")
        self._rows.execute("PRAGMA synchronous=OFF")
        self._rows.execute(
            "CREATE TABLE entry (id TEXT PRIMARY KEY, number INTEGER, line INTEGER, value TEXT) WITHOUT ROWID"
        )
        self._rows.execute("BEGIN")
        last: Entry = (0, "", "")

        def counted() -> Iterator[tuple[str, int, int, str]]:
            nonlocal last
            for last in entries:
                line, name, value = last
                yield name, len(self._asked), line, value
                self._asked.append(0)

        try:
            self._rows.executemany("INSERT INTO entry VALUES (?, ?, ?, ?)", counted())
        except sqlite3.IntegrityError as error:
            found = self.find(last[1])
            assert found is not None
            if twice:
                raise CorpusError(f"there are several {last[1]!r}; {twice}", table) from error
            raise CorpusError(f"{last[1]!r} stands in line {found[0]} already", table, last[0]) from error

    def find(self, name: str) -> tuple[int, str] | None:
        """The line and the value of an id, None where there is none."""
        found = self._rows.execute("SELECT number, line, value FROM entry WHERE id = ?", (name,)).fetchone()
        if found is None:
            return None
        self._asked[found[0]] = 1
        return found[1], found[2]

    def get(self, name: str) -> str | None:
        """The value of an id, None where there is none."""
        found = self.find(name)
        return found[1] if found else None

    def finish(self, what: str) -> None:
        """CorpusError for the first entry that nobody asked for; `what` says of whom it would be."""
        number = self._asked.find(0)
        if number >= 0:
            query = "SELECT line, id FROM entry WHERE number = ?"
            line, name = self._rows.execute(query, (number,)).fetchone()
            raise CorpusError(f"there is no {what} {name!r}", self.table, line)
