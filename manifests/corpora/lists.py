"""Lists: the tables that published corpora come with, row by row, each with the place where it stands."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from manifests.address import join
from manifests.errors import CorpusError
from manifests.files import Files
from manifests.tables import Opened, table_rows, text_lines


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list `table`: its cells by column, and the line that it begins in."""

    cells: dict[str, str]
    table: str
    number: int

    @property
    def origin(self) -> str:
        return f"{self.table}:{self.number}"

    def error(self, problem: str) -> CorpusError:
        """What is wrong with this row, for the caller to raise."""
        return CorpusError(problem, self.table, self.number)

    def text(self, column: str) -> str:
        """A cell without the space around it; CorpusError where it is empty."""
        found = self.cells[column].strip()
        if not found:
            raise self.error(f"{column} is empty")
        return found

    def seconds(self, column: str) -> float:
        """A cell as a number of 0 or more; CorpusError where it is none."""
        try:
            found = float(self.cells[column])
        except ValueError:
            found = math.nan
        if not 0 <= found < math.inf:
            raise self.error(f"{column} is {self.cells[column]!r}, which is no number of 0 or more")
        return found

    def whole(self, column: str) -> int:
        """A cell as a whole number of 0 or more; CorpusError where it is none."""
        found = self.cells[column].strip()
        if not (found.isascii() and found.isdigit()):
            raise self.error(f"{column} is {self.cells[column]!r}, which is no whole number")
        return int(found)


def listed(
    files: Files, name: str, columns: Sequence[str], quotes: bool = True, opened: Opened = None
) -> Iterator[Line]:
    """The rows of a .csv or .tsv below the root; CorpusError where it lacks one of the `columns`."""
    table = join(files.root, name)
    for number, cells in table_rows(table, quotes, opened or partial(files.open, name)):
        for column in columns:
            if column not in cells:
                raise CorpusError(f"no column {column!r}; there are {', '.join(cells)}", table)
        yield Line(cells, table, number)


def lines(files: Files, name: str) -> Iterator[tuple[int, str]]:
    """The lines of a text file below the root that are not blank, each with its number, without its line end."""
    for number, text in text_lines(join(files.root, name), partial(files.open, name)):
        if text.strip():
            yield number, text.rstrip("\r\n")


def plain_lines(files: Files, name: str) -> Iterator[tuple[int, str]]:
    """The same without the space around each."""
    return ((number, text.strip()) for number, text in lines(files, name))
