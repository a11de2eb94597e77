"""huggingface: a dataset saved with `save_to_disk`, or an audiofolder, as the `datasets` library lays them out.

https://huggingface.co/docs/datasets: a saved dataset is Arrow files with the encoded audio inside, one
folder per split where it is a DatasetDict. An audiofolder has a metadata.csv, .jsonl or .parquet with a
column file_name, beside the files or in each split's folder; without one, the folder that holds a file
is its label. Folders called train, test, validation (and what `datasets` takes for the same) are splits.

Class labels are labels, by name; `labels` names more. Traps: datasets that are only cached, or Parquet from
the hub, have to be saved with `save_to_disk` first. The key of an embedded recording is the name that
the dataset has for it, below its split, or its row number where it has none: name a key where names repeat.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from manifests.corpora.arrow_dataset import SavedRow, class_names, data_files, features, saved_rows, split_names
from manifests.corpora.columns import Columns, Name
from manifests.corpora.folder import audio_files
from manifests.corpora.layouts import own
from manifests.corpora.paths import BrokenRow
from manifests.corpora.reader import Reader
from manifests.corpora.table import label_columns
from manifests.errors import CorpusError
from manifests.files import LocalFiles
from manifests.recording import Recording, Span
from manifests.splits import SPLITS, standard_split
from manifests.tables import table_columns, table_rows

_COMPRESSED = "Parquet compresses the audio inside it, so that it cannot be read in place"
_SAVE = "save the dataset first: datasets.load_dataset(FOLDER).save_to_disk(OTHER)"
METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")


class HuggingFace(Reader):
    name: ClassVar[str] = "huggingface"
    only_local: ClassVar[bool] = True

    columns: dict[Name, str | None] = Field(
        default={}, description="Our name to the dataset's column; path names the audio. Null leaves it to extra."
    )
    labels: list[str] | dict[str, str] = Field(
        default=[], description="Columns that are labels, or label to column, besides the class labels."
    )

    def read(self) -> Iterator[Recording]:
        root = Path(self.root)
        if (root / "dataset_dict.json").is_file():
            for name in split_names(root):
                yield from self._saved(root / name, name)
        elif (root / "state.json").is_file():
            yield from self._saved(root, "")
        elif _metadata(root):
            yield from self._described(root, "")
        elif parquet := _parquet(root):
            raise CorpusError(f"{_COMPRESSED}; {_SAVE}", parquet)
        else:
            for name in _split_folders(root) or [""]:
                below = root / name
                yield from self._described(below, name) if _metadata(below) else self._labelled(below, name)

    def _saved(self, folder: Path, split: str) -> Iterator[Recording]:
        position = count()
        for file in data_files(folder):
            described = features(file)
            audio = self.columns.get("path") or _audio_column(described, file)
            classes = [name for name, feature in described.items() if class_names(feature)]
            columns = Columns(
                self.root,
                str(file),
                {**self.columns, "path": audio},
                {name: name for name in classes if name not in self.columns.values()} | label_columns(self.labels),
                folder=split,
            )
            columns.check(described)
            for row in saved_rows(file, audio, described):
                values = {**row.values, audio: _called(row, next(position))}
                try:
                    names, kept = own.unpacked(values)
                    recording = own.labelled(columns.recording(values, row.number), names)
                    yield own.restored(self._placed(recording, row, split), kept)
                except BrokenRow as problem:
                    raise CorpusError(str(problem), str(file), row.number) from problem

    def _placed(self, recording: Recording, row: SavedRow, split: str) -> Recording:
        """The recording with its split, and its span in the Arrow file where the audio is embedded."""
        span = recording.span
        if row.offset is not None:
            file = row.file.relative_to(self.root).as_posix()
            span = span._replace(path=file, offset=row.offset, size=row.size)
        return recording._replace(span=span, split=recording.split or standard_split(split) or None)

    def _described(self, folder: Path, split: str) -> Iterator[Recording]:
        """An audiofolder, or a split of one, that has a metadata file."""
        table = _metadata(folder)[0]
        labels = label_columns(self.labels)
        columns = Columns(self.root, str(table), self.columns, labels, ("file_name",), split)
        there = table_columns(table)
        if there is not None:
            columns.check(there)
        for line, row in table_rows(table):
            recording = columns.recording(row, line)
            first = recording.span.path.partition("/")[0]
            yield recording._replace(split=recording.split or _standard(split or first))
        columns.finish()

    def _labelled(self, folder: Path, split: str) -> Iterator[Recording]:
        """An audiofolder, or a split of one, whose folders are the labels."""
        for name in audio_files(LocalFiles(folder)):
            path = f"{split}/{name}" if split else name
            parent = os.path.basename(os.path.dirname(name))
            labels = {"label": parent} if parent else {}
            yield Recording(key=path, span=Span(path), labels=labels, split=_standard(split))


def _metadata(folder: Path) -> list[Path]:
    """The metadata file of a folder, if it has one; CorpusError for several."""
    found = [folder / name for name in METADATA if (folder / name).is_file()]
    if len(found) > 1:
        raise CorpusError(f"has both {found[0].name} and {found[1].name}; keep one", str(folder))
    return found


def _parquet(root: Path) -> str:
    """The first Parquet file of a dataset as the hub keeps it; "" where there is none."""
    return str(next((path for folder in (root / "data", root) for path in sorted(folder.glob("*.parquet"))), ""))


def _split_folders(root: Path) -> list[str]:
    return sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and _standard(entry.name))


def _standard(name: str) -> str | None:
    """The split that a folder's name stands for, None when it is no split's name."""
    split = standard_split(name)
    return split if split in SPLITS else None


def _audio_column(described: dict[str, Any], file: Path) -> str:
    names = [
        name for name, feature in described.items() if isinstance(feature, dict) and feature.get("_type") == "Audio"
    ]
    if len(names) != 1:
        problem = f"several audio columns, {', '.join(names)}" if names else "no audio column"
        raise CorpusError(f"{problem}; name it: columns: {{path: ..}}; there are {', '.join(described)}", str(file))
    return names[0]


def _called(row: SavedRow, position: int) -> str:
    """What the dataset calls the audio of its row `position`: a name where it is embedded, else a path."""
    if row.offset is None:
        if row.path is None:
            raise CorpusError("has neither audio nor a path to it", str(row.file), row.number)
        return row.path
    return os.path.basename(row.path or "") or f"{position:08d}"
