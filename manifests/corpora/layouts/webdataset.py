"""webdataset: tar archives of WebDataset, read in place.

https://github.com/webdataset/webdataset: a sample is the members that follow each other and are called the same up to
the first dot of their file's name: `0001.flac`, `0001.json`, `0001.txt`, `0001.cls`. `path` names the archives, one by
one or with braces: `train-{000000..000127}.tar`; without it, all below the root are read.

The fields of the JSON become columns, as in `table`: `columns` says what they mean, `labels` which are to be learned.
`txt` is the text, `cls` the label `cls`. Keys are the samples' names, so that `columns: {key: ..}` is needed where
archives count from the same number. The name of an archive or of its folder says the split: `train-000000.tar`. Traps:
with several audio files in a sample, `audio` says which (`noisy.flac`); pickles (.pyd, .pth) are never read, other
members are passed over.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from typing import IO, Any, ClassVar

from pydantic import Field

from manifests.address import join
from manifests.corpora.columns import Columns, Name
from manifests.corpora.folder import AUDIO
from manifests.corpora.layouts.tars import Member, content, expanded, members
from manifests.corpora.paths import split_of
from manifests.corpora.reader import Reader
from manifests.corpora.table import label_columns
from manifests.errors import CorpusError
from manifests.recording import Recording, Span

Sample = tuple[str, dict[str, Member]]
"""A sample's name, and its members by what stands behind the first dot."""

_PATH, _KEY = "(audio)", "(name)"
"""Columns beside those of the JSON."""


class WebDataset(Reader):
    name: ClassVar[str] = "webdataset"

    path: str = Field(default="", description="Archives, relative to root: train-{000..127}.tar, or a folder of them.")
    audio: str | None = Field(default=None, description="The member that is the audio, as `flac` or `noisy.flac`.")
    columns: dict[Name, str | None] = Field(default={}, description="Our name to a field of the JSON: {key: id}.")
    labels: list[str] | dict[str, str] = Field(default=[], description="Fields that are labels, or label to field.")

    def read(self) -> Iterator[Recording]:
        columns = Columns(
            self.root, self.root, {**self.columns, "path": _PATH}, label_columns(self.labels), native={"key": _KEY}
        )
        for name in expanded(self.path, self.files):
            address = join(self.root, name)
            split = split_of(posixpath.basename(name)) or split_of(posixpath.basename(posixpath.dirname(name)))
            columns.table = address
            with self.files.open(name) as archive:
                for number, (sample, parts) in enumerate(_samples(members(archive, address), address), 1):
                    audio = self._audio(sample, parts, address)
                    row = {_PATH: name, **_fields(archive, parts, address)}
                    row |= {} if "key" in self.columns else {_KEY: sample}
                    label = row.pop("cls", None)
                    recording = columns.recording(row, number)
                    recording = recording._replace(
                        span=Span(name, recording.span.start, recording.span.seconds, audio.offset, audio.size),
                        split=recording.split or split,
                        labels=recording.labels if label is None else {"cls": label, **recording.labels},
                        origin=f"{address}:{sample}",
                    )
                    yield recording
        columns.finish()

    def _audio(self, sample: str, parts: dict[str, Member], address: str) -> Member:
        """The member that holds the audio."""
        if self.audio is not None:
            found = [name for name in parts if name == self.audio]
        else:
            found = [name for name in parts if name.rpartition(".")[2] in AUDIO]
        if len(found) == 1:
            return parts[found[0]]
        there = ", ".join(parts)
        if found:
            raise CorpusError(f"{sample} has several audio files, {', '.join(found)}; name one: audio: ..", address)
        raise CorpusError(f"{sample} has no {self.audio or 'audio'}; there are {there}", address)


def _samples(found: Iterator[Member], address: str) -> Iterator[Sample]:
    """Members that follow each other and have the same name up to the first dot of their file's name."""
    name, parts = "", dict[str, Member]()
    for member in found:
        folder, base = posixpath.split(member.name)
        stem, _, ending = base.partition(".")
        if not stem or not ending:
            continue
        sample, ending = posixpath.join(folder, stem), ending.lower()
        if sample != name and parts:
            yield name, parts
            parts = {}
        if ending in parts:
            raise CorpusError(f"{member.name!r} is there twice, one behind the other", address)
        name = sample
        parts[ending] = member
    if parts:
        yield name, parts


def _fields(archive: IO[bytes], parts: dict[str, Member], address: str) -> dict[str, Any]:
    """What the JSON, the text and the class of a sample say."""
    row: dict[str, Any] = {}
    for ending in ("json", "txt", "cls"):
        if ending not in parts:
            continue
        try:
            text = content(archive, parts[ending], address).decode()
            value = json.loads(text) if ending == "json" else text.strip()
        except ValueError as error:
            raise CorpusError(f"{parts[ending].name!r} is no {ending}: {error}", address) from error
        if ending == "json":
            if not isinstance(value, dict):
                raise CorpusError(f"{parts[ending].name!r} is no JSON object {{..}}", address)
            row |= value
        else:
            row["text" if ending == "txt" else "cls"] = value
    return row
