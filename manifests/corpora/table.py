"""table: a corpus that one table describes, CSV, TSV, JSON Lines or Parquet.

The reader for corpora without a reader of their own: `columns` says which column is the path, the
speaker, the text; `labels` which ones are to be learned. Audio paths are relative to `root`, wherever the
table is. Traps: a `seconds` column without a `start` is taken for the length of the file, not for a
span; values of CSV and TSV are text, also where they look like numbers; some corpora (Common Voice) write
quotation marks in TSV as plain letters, which `quotes: false` reads.

Utterances of long recordings are rows with a `start` and `seconds` or `end`. Rows may also be composed, where `columns`
names the column of their `pieces`: a list of {path, start, seconds or end, gap, channel, speaker, text}, as JSON where
the table has text only. Each piece is a file or a span of one, behind `gap` seconds of silence.

Files of the same moment, such as clean speech beside noisy, have a column each: `beside: {clean: clean_path}`. A span
and a channel of the row are theirs as well. Where the column is empty, nothing of that name is beside the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from pydantic import Field

from manifests.address import join
from manifests.corpora.columns import Columns, Name
from manifests.corpora.reader import Reader
from manifests.recording import Recording
from manifests.tables import table_columns, table_rows


class Table(Reader):
    name: ClassVar[str] = "table"

    path: str = Field(description="The table, relative to root: .csv, .tsv, .jsonl (also .gz) or .parquet.")
    columns: dict[Name, str | None] = Field(
        default={}, description="Our name to the table's column; null leaves that column to extra."
    )
    labels: list[str] | dict[str, str] = Field(
        default=[], description="Columns that are labels, or label to column; slots.size is a part of slots."
    )
    beside: dict[str, str] = Field(
        default={}, description="Files of the same moment: a name, such as clean, to the column of its path."
    )
    quotes: bool = Field(default=True, description="False where quotation marks in CSV and TSV are plain letters.")

    def read(self) -> Iterator[Recording]:
        path, opened = join(self.root, self.path), partial(self.files.open, self.path)
        columns = Columns(self.root, path, self.columns, label_columns(self.labels), beside=self.beside)
        there = table_columns(path, self.quotes, opened)
        if there is not None:
            columns.check(there)
        for line, row in table_rows(path, self.quotes, opened):
            yield columns.recording(row, line)
        columns.finish()


def label_columns(labels: list[str] | dict[str, str]) -> dict[str, str]:
    """Labels as a mapping from name to column."""
    return labels if isinstance(labels, dict) else {name: name for name in labels}
