"""Outgoing: the recordings of a recipe on their way out, with what other toolkits want to know of their audio."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from features.audio.decode import Decode
from features.audio.probe import probe
from features.draws import Draws
from features.example import Audio, Example, Source
from features.stage import Rejected
from manifests.address import absolute, join
from manifests.corpora.reader import Reader
from manifests.recording import Recording
from pipelines.errors import LeavingError
from pipelines.recipe import Recipe
from pipelines.scan import scan
from pipelines.sources import Sources


class Item(NamedTuple):
    """A recording as the recipe has it, with its corpus before its key, and the split that the recipe gives it.

    `root` is what its paths are relative to, as written for whoever starts elsewhere.
    """

    recording: Recording
    corpus: str
    root: str

    @property
    def key(self) -> str:
        return self.recording.key


class Facts(NamedTuple):
    """What is known of a file by its header: `frames` of each of its channels."""

    sample_rate: int
    channels: int
    frames: int

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


class Outgoing:
    """The recordings of a recipe's sources, which may be read several times."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.readers: dict[str, Reader] = {name: recipe.corpora[name].reader for name in recipe.source}
        self._sources = Sources({name: reader.root for name, reader in self.readers.items()})
        self._known: tuple[tuple[str, str], Facts] | None = None

    def __iter__(self) -> Iterator[Item]:
        roots = {name: absolute(reader.root) for name, reader in self.readers.items()}
        for row in scan(self.recipe):
            yield Item(row.recording._replace(split=row.split, origin=row.origin), row.corpus, roots[row.corpus])

    def source(self, item: Item) -> Source:
        """The encoded bytes of a recording; LeavingError where its file cannot be read."""
        try:
            return self._sources.source(item.corpus, item.recording)
        except OSError as error:
            raise LeavingError(f"{item.key}: cannot be read: {error}") from error

    def decoded(self, item: Item) -> Audio:
        """The samples of a recording, all channels of it, or the one that it names."""
        done = Decode(channels="all", max_seconds=1e6, max_bytes=1 << 40).apply(
            Example(item.key, self.source(item)), Draws(0, "decode", 0, item.key, 0)
        )
        if isinstance(done, Rejected):
            raise LeavingError(f"{item.key}: cannot be read: {done.reason}")
        assert isinstance(done, Example)
        return done.audio()

    def facts(self, item: Item) -> Facts:
        """What the header of a recording's file says; of files that do not say it, what decoding shows."""
        place = (item.corpus, item.recording.span.path)
        if self._known is None or self._known[0] != place:
            self._known = place, self._find(item)
        return self._known[1]

    def _find(self, item: Item) -> Facts:
        whole = item.recording._replace(span=item.recording.span._replace(start=0.0, seconds=None), channel=None)
        found = probe(self.source(item._replace(recording=whole)).data)
        if found.fault:
            raise LeavingError(f"{item.key}: {item.recording.span.path}: {found.fault}")
        if found.sample_rate and found.channels and found.frames:
            return Facts(found.sample_rate, found.channels, found.frames)
        audio = self.decoded(item._replace(recording=whole))
        return Facts(audio.sample_rate, audio.channels, audio.samples.shape[1])


def file_of(item: Item, neighbour: str) -> str:
    """The address of a recording's file, for a neighbour that knows files and spans of them; LeavingError elsewhere."""
    span, instead = item.recording.span, "--to datasets writes the audio itself, --to jsonl keeps the row as it is"
    if item.recording.pieces:
        raise LeavingError(f"{item.key}: is composed of several spans, which {neighbour} cannot say; {instead}")
    if span.offset is not None or span.size is not None:
        raise LeavingError(f"{item.key}: lies inside {span.path}, where {neighbour} cannot find it; {instead}")
    return join(item.root, span.path)


@contextmanager
def folder(out: Path) -> Iterator[Path]:
    """A new folder that has its name when everything is in it; LeavingError where the name is taken."""
    if out.exists():
        raise LeavingError(f"{out}: is there already; name a new folder")
    made = out.with_name(f".{out.name}.{os.getpid()}")
    made.mkdir(parents=True)
    try:
        yield made
        os.rename(made, out)
    finally:
        shutil.rmtree(made, ignore_errors=True)
