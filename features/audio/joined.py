"""Joined: pieces of audio one behind the other, with digital silence between them, and where each of them lies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.example import Audio, Piece

Facts = dict[str, Any]
"""What decoding found out: JSON values by name."""

_OF_ALL = ("decoder", "container", "codec", "sample_rate", "channels")


class CannotJoin(Exception):
    """Why a piece does not fit to those before it."""


class Joined:
    """The pieces so far. `frames` counts their samples and those of the gaps; memory is taken by `audio` only."""

    def __init__(self) -> None:
        self.frames = 0
        self._pieces: list[tuple[int, NDArray[np.float32]]] = []
        self._facts: list[Facts] = []
        self._first: Audio

    @property
    def sample_rate(self) -> int:
        return self._first.sample_rate

    @property
    def channels(self) -> int:
        return self._first.channels

    def add(self, piece: Piece, audio: Audio, facts: Facts) -> None:
        """A piece as it was decoded, with its facts; CannotJoin for another rate or other channels than the first's."""
        if not 0 <= piece.gap * audio.sample_rate < math.inf:
            raise CannotJoin(f"a gap of {piece.gap} s is none")
        if not self._pieces:
            self._first = audio
        for what, first, now in (
            ("Hz", self.sample_rate, audio.sample_rate),
            ("channels", self.channels, audio.channels),
        ):
            if first != now:
                raise CannotJoin(f"{now} {what}, where the first piece has {first}")
        begin = self.frames + round(piece.gap * audio.sample_rate)
        self.frames = begin + audio.samples.shape[1]
        self._pieces.append((begin, audio.samples))
        place = {"path": piece.source.name, "begin": begin / self.sample_rate, "end": self.frames / self.sample_rate}
        said = {"speaker": piece.speaker, "text": piece.text}
        self._facts.append(facts | place | {name: value for name, value in said.items() if value is not None})

    def audio(self) -> Audio:
        """The whole; zeros between the pieces."""
        samples = np.zeros((self.channels, self.frames), np.float32)
        for begin, piece in self._pieces:
            samples[:, begin : begin + piece.shape[1]] = piece
        return Audio(samples, self.sample_rate)

    def facts(self) -> Facts:
        """What all pieces have in common, the length, and of each piece the rest: its file, `begin`, `end`, in seconds
        of the whole, who says what, and where it is a span, its `start` in the file.
        """
        first = self._facts[0]
        common = [name for name in _OF_ALL if all(facts[name] == first[name] for facts in self._facts)]
        pieces = [{k: v for k, v in facts.items() if k not in (*common, "seconds")} for facts in self._facts]
        return {name: first[name] for name in common} | {"seconds": self.frames / self.sample_rate, "pieces": pieces}
