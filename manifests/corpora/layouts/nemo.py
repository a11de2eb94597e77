"""nemo: a manifest of NVIDIA NeMo, JSON Lines in a file that ends in .json, one for each split; tarred as well.

https://docs.nvidia.com/nemo-framework/user-guide/latest/nemotoolkit/asr/datasets.html: each line has `audio_filepath`,
`duration` and `text`; `offset` makes it a span of `duration` seconds of a longer file. Other fields (`speaker` aside)
are extra, or labels where `labels` names them. Paths are relative to the folder of the manifest. In a tarred dataset,
`audio_filepath` is a member of one of the archives that `tars` names, which are read in place.

Traps: without an `offset`, `duration` is that of the file, and cuts nothing. Where several lines are spans of one
member, NeMo adds `-sub1`, `-sub2` to its name in the manifest. Keys are the paths, with `@offset` for spans.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

from pydantic import Field

from manifests.address import join
from manifests.corpora.columns import Columns, Name
from manifests.corpora.layouts import own
from manifests.corpora.layouts.lookup import Entry, Lookup
from manifests.corpora.layouts.tars import expanded, members
from manifests.corpora.paths import BrokenRow, split_of
from manifests.corpora.reader import Reader
from manifests.corpora.table import label_columns
from manifests.errors import CorpusError
from manifests.recording import Recording
from manifests.tables import json_rows

NATIVE: Mapping[Name, str | None] = {"start": "offset", "seconds": "duration", "end": None, "split": None, "key": None}
FIELDS = ("audio_filepath", "duration", "offset", "text", "speaker")


class Nemo(Reader):
    name: ClassVar[str] = "nemo"

    path: str = Field(default="", description="The manifest, relative to root, or a folder of them.")
    columns: dict[Name, str | None] = Field(default={}, description="Our name to a field of the manifest: {key: id}.")
    labels: list[str] | dict[str, str] = Field(default=[], description="Fields that are labels, or label to field.")
    tars: str | None = Field(default=None, description="Archives of a tarred dataset: audio_{0..127}.tar, or a folder.")

    def read(self) -> Iterator[Recording]:
        tarred = Lookup(self.root, self._members()) if self.tars is not None else None
        for name in self._manifests():
            table = join(self.root, name)
            columns = columns_of(self.root, name, self.columns, label_columns(self.labels), tarred is None)
            for line, row in json_rows(table, partial(self.files.open, name)):
                recording = from_row(columns, row, table, line, split_named(name))
                yield recording if tarred is None else _placed(recording, tarred, table, line)
            columns.finish()

    def _manifests(self) -> list[str]:
        if self.path.endswith((".json", ".jsonl", ".jsonl.gz")):
            return [self.path]
        names = (posixpath.join(self.path, name) for name in self.files.paths(self.path))
        found = [name for name in names if name.endswith((".json", ".jsonl", ".jsonl.gz"))]
        if not found:
            raise CorpusError("holds no manifest, .json or .jsonl", join(self.root, self.path))
        return found

    def _members(self) -> Iterator[Entry]:
        """Each member of the archives: its name, and archive, offset and size."""
        assert self.tars is not None
        for number, name in enumerate(expanded(self.tars, self.files)):
            with self.files.open(name) as archive:
                for member in members(archive, join(self.root, name)):
                    yield number, member.name, f"{member.offset} {member.size} {name}"


def columns_of(
    root: str,
    manifest: str,
    columns: Mapping[Name, str | None] = {},
    labels: Mapping[str, str] = {},
    beside: bool = True,
) -> Columns:
    """What the fields of a manifest mean; `beside`: audio lies relative to its folder."""
    folder = posixpath.dirname(manifest) if beside else ""
    return Columns(root, join(root, manifest), columns, labels, ("audio_filepath", "audio_file"), folder, NATIVE)


def from_row(columns: Columns, row: Mapping[str, Any], table: str, line: int, split: str | None) -> Recording:
    """A line of a manifest as a recording."""
    fields = dict(row)
    if fields.get("offset") is None:
        fields.pop("duration", None)
    try:
        names, kept = own.take(fields)
        recording = columns.recording(fields, line)
        if names:
            recording = own.labelled(recording, names)
        return own.restored(recording._replace(split=recording.split or split), kept)
    except BrokenRow as problem:
        raise CorpusError(str(problem), table, line) from problem


def split_named(manifest: str) -> str | None:
    """The split that a manifest's name stands for: train_manifest.json, manifest_dev.json, test.json."""
    stem = posixpath.basename(manifest).partition(".")[0]
    return split_of(re.sub(r"^manifest[-_]", "", stem))


def _placed(recording: Recording, tarred: Lookup, table: str, line: int) -> Recording:
    """The recording in its archive; a part of a member may have a name of its own."""
    path = recording.span.path
    found = tarred.get(path) or tarred.get(re.sub(r"-sub\d+(?=\.\w+$)", "", path))
    if found is None:
        raise CorpusError(f"no archive has a member {path!r}", table, line)
    offset, size, archive = found.split(" ", 2)
    span = recording.span._replace(path=archive, offset=int(offset), size=int(size))
    return recording._replace(span=span)
