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
from manifests.files import Files
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
        tarred = None if self.tars is None else Tarred(self.files, expanded(self.tars, self.files))
        for name in self._manifests():
            table = join(self.root, name)
            columns = columns_of(self.root, name, self.columns, label_columns(self.labels), tarred is None)
            for line, row in json_rows(table, partial(self.files.open, name)):
                recording = from_row(columns, row, table, line, split_named(name))
                yield recording if tarred is None else _placed(recording, tarred, row, table, line)
            columns.finish()

    def _manifests(self) -> list[str]:
        if self.path.endswith((".json", ".jsonl", ".jsonl.gz")):
            return [self.path]
        names = (posixpath.join(self.path, name) for name in self.files.paths(self.path))
        found = [name for name in names if name.endswith((".json", ".jsonl", ".jsonl.gz"))]
        if not found:
            raise CorpusError("holds no manifest, .json or .jsonl", join(self.root, self.path))
        return found


class Tarred:
    """The members of the archives, by name; where shards have members of one name, `shard_id` of a line tells them."""

    def __init__(self, files: Files, archives: list[str]) -> None:
        self._files, self._archives = files, archives
        self._by_shard = Lookup(files.root, self._members(True), "an archive may have a name only once")
        self._by_name: Lookup | None = None

    def place(self, name: str, shard: Any) -> tuple[str, int, int] | None:
        """Archive, offset and size of a member; None where there is none."""
        if shard is None and self._by_name is None:
            self._by_name = Lookup(self._files.root, self._members(False), "lines need a shard_id")
        table, start = (self._by_shard, f"{shard}/") if shard is not None else (self._by_name, "")
        assert table is not None
        found = table.get(start + name) or table.get(start + re.sub(r"-sub\d+(?=\.\w+$)", "", name))
        if found is None:
            return None
        offset, size, archive = found.split(" ", 2)
        return archive, int(offset), int(size)

    def _members(self, by_shard: bool) -> Iterator[Entry]:
        """Each member: its name, with the number of its archive before it where that is asked for, and its place."""
        for number, name in enumerate(self._archives):
            digits = re.search(r"(\d+)\.tar$", name)
            start = f"{int(digits[1]) if digits else number}/" if by_shard else ""
            with self._files.open(name) as archive:
                for member in members(archive, join(self._files.root, name)):
                    yield number, start + member.name, f"{member.offset} {member.size} {name}"


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


def _placed(recording: Recording, tarred: Tarred, row: Mapping[str, Any], table: str, line: int) -> Recording:
    """The recording in its archive; a part of a member may have a name of its own."""
    path = recording.span.path
    found = tarred.place(path, row.get("shard_id"))
    if found is None:
        raise CorpusError(f"no archive has a member {path!r}", table, line)
    archive, offset, size = found
    extra = {name: value for name, value in recording.extra.items() if name != "shard_id"}
    return recording._replace(span=recording.span._replace(path=archive, offset=offset, size=size), extra=extra)
