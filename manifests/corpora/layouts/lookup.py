"""Lookup: the values of a table by their id, for tables that are joined, in whatever order they lie.

Held in a temporary SQLite database that has no name: some 16 MiB of memory, the rest on disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from manifests.errors import CorpusError

Entry = tuple[int, str, str]
"""A line, its id, and its value."""

_CACHE = -16384
_WAITING = 4096


class Lookup:
    """The entries of one table; CorpusError for an id that stands there twice."""

    def __init__(self, table: str, entries: Iterable[Entry]) -> None:
        self.table = table
        self._rows = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._rows.execute(f"PRAGMA cache_size={_CACHE}")
        self._rows.execute("PRAGMA synchronous=OFF")
        self._rows.execute("CREATE TABLE entry (id TEXT PRIMARY KEY, line INTEGER, value TEXT) WITHOUT ROWID")
        self._rows.execute("CREATE TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._seen: list[tuple[str]] = []
        self._rows.execute("BEGIN")
        for line, name, value in entries:
            try:
                self._rows.execute("INSERT INTO entry VALUES (?, ?, ?)", (name, line, value))
            except sqlite3.IntegrityError as error:
                first = self._rows.execute("SELECT line FROM entry WHERE id = ?", (name,)).fetchone()[0]
                raise CorpusError(f"{name!r} stands in line {first} already", table, line) from error

    def find(self, name: str) -> tuple[int, str] | None:
        """The line and the value of an id, None where there is none."""
        found: tuple[int, str] | None = self._rows.execute(
            "SELECT line, value FROM entry WHERE id = ?", (name,)
        ).fetchone()
        if found is not None:
            self._seen.append((name,))
            if len(self._seen) >= _WAITING:
                self._note()
        return found

    def get(self, name: str) -> str | None:
        """The value of an id, None where there is none."""
        found = self.find(name)
        return found[1] if found else None

    def finish(self, what: str) -> None:
        """CorpusError for the first entry that nobody asked for; `what` says of whom it would be."""
        self._note()
        unseen = "SELECT line, id FROM entry WHERE id NOT IN (SELECT id FROM seen) ORDER BY line LIMIT 1"
        if found := self._rows.execute(unseen).fetchone():
            raise CorpusError(f"there is no {what} {found[1]!r}", self.table, found[0])

    def _note(self) -> None:
        self._rows.executemany("INSERT OR IGNORE INTO seen VALUES (?)", self._seen)
        self._seen.clear()
