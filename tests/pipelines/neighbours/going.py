"""Recordings for neighbours without a recipe: a small corpus, rows of every kind, and odd letters to put into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies

from manifests.corpora import reader_class
from manifests.corpora.folder import Folder
from manifests.recording import Recording, Span
from pipelines.neighbours.outgoing import Item, Outgoing
from pipelines.recipe import Corpus
from pipelines.sources import Sources
from tests.factories import tone, write_audio

ODD = (
    "plain",
    "zwei Wörter",
    " two  spaces ",
    "a\tb",
    "a\nb",
    'say "hi", she said',
    "\u2028line\u0085",
    "日本語 \u3000 🎙",
    "100% {json} \\ |",
    "e\u0301 NFD",
    "-1",
    "true",
    "null",
)

letters = strategies.text(strategies.characters(exclude_categories=["Cs"]), max_size=12)
said = strategies.one_of(strategies.sampled_from(ODD), letters)


class Going(Outgoing):
    """The given recordings of a corpus, called `c`."""

    def __init__(self, root: Path, recordings: Iterable[Recording]) -> None:
        self.readers = {"c": Folder(root=str(root))}
        entries = {name: Corpus(reader=reader) for name, reader in self.readers.items()}
        self.recipe: Any = SimpleNamespace(name="Some: going", description="Rows for tests.", corpora=entries)
        self.root, self.recordings = str(root), list(recordings)
        self._sources, self._known = Sources({"c": str(root)}), None

    def __iter__(self) -> Iterator[Item]:
        yield from (Item(recording, "c", self.root) for recording in self.recordings)


def corpus(root: Path) -> Path:
    """Two files of one channel, and one of two."""
    write_audio(root / "a.wav", tone(0.5, hz=300))
    write_audio(root / "deep" / "b c.flac", tone(1.0, 16000, hz=500), 16000)
    write_audio(root / "stereo.wav", tone(0.25, hz=700, channels=2))
    return root


ROWS = (
    Recording("c/a.wav", Span("a.wav"), text="hello there", speaker="ann", split="train"),
    Recording("c/labels", Span("a.wav"), labels={"digit": "3", "loud": True, "n": 2, "x": 0.5, "tags": ["a", "b c"]}),
    Recording("c/empty", Span("a.wav"), None, "", "", {"digit": "", "n": 1}, "train", {"tags": "x"}),
    Recording("c/b@0", Span("deep/b c.flac", 0.1, 0.2), text="one", split="train", labels={"digit": "4"}),
    Recording("c/b@1", Span("deep/b c.flac", 0.3, 0.7), text="two", speaker="bo", split="test"),
    Recording("c/b@2", Span("deep/b c.flac", 0.7), split="valid"),
    Recording("c/both", Span("stereo.wav"), speaker="c/both", split="extra", extra={"origin": {"page": [1, None]}}),
)
"""A file, labels of each type, spans with and without an end, a speaker called as the recording, and extra."""

RIGHT = Recording("c/right", Span("stereo.wav", 0.05, 0.1), channel=1, text="right", split="test")
"""One of two channels."""


def rows(reader: str, root: Path, path: Path, **parameters: Any) -> list[Recording]:
    """What a reader finds, by key."""
    found = reader_class(reader).model_validate({"root": str(root), "path": str(path), **parameters}).rows()
    return sorted(found, key=lambda row: row.key)
