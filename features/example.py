"""Example: the one thing that flows from stage to stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from features.audio.containers import Probe

Label = str | int | float | bool | list[str]


@dataclass(frozen=True, slots=True)
class Audio:
    """A waveform: `samples` is float32 of shape (channels, samples), full scale at 1.0; `sample_rate` in Hz."""

    samples: NDArray[np.float32]
    sample_rate: int

    @property
    def array(self) -> NDArray[np.float32]:
        return self.samples

    @property
    def seconds(self) -> float:
        return float(self.samples.shape[1] / self.sample_rate)

    @property
    def channels(self) -> int:
        return int(self.samples.shape[0])


@dataclass(frozen=True, slots=True)
class Features:
    """Something per frame: `frames` is (frames, bins), time first; `frame_rate` in frames per second."""

    frames: NDArray[Any]
    frame_rate: float

    @property
    def array(self) -> NDArray[Any]:
        return self.frames


@dataclass(frozen=True, slots=True)
class Tokens:
    """A sequence of symbols: `ids` is int32 of shape (length,), counted from 0.

    `rate` is symbols per second where they follow the time, as quantized samples do; None for text and labels.
    """

    ids: NDArray[np.int32]
    rate: float | None = None

    @property
    def array(self) -> NDArray[np.int32]:
        return self.ids


Array = Audio | Features | Tokens


@dataclass(slots=True)
class Known:
    """What was found out about the bytes of a file, once for all recordings that are spans of it."""

    digest: str | None = None
    probe: Probe | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The encoded bytes of a recording, and which part of them is meant.

    `start` and `seconds` cut a span (seconds None: to the end); `channel` selects one, None leaves the
    choice to the decode stage. A composed recording has `pieces` instead, and no bytes of its own. `beside` are other
    files of the same moment, by name. A file that was opened by itself, without a corpus that knows what is beside it,
    is `alone`, and then stands for that as well. `known` is shared by spans of the same bytes.
    """

    data: bytes
    name: str = ""
    start: float = 0.0
    seconds: float | None = None
    channel: int | None = None
    pieces: tuple[Piece, ...] = ()
    beside: Mapping[str, Source] = field(default_factory=dict)
    alone: bool = False
    known: Known = field(default_factory=Known, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a composed recording: `gap` seconds of silence, then what is in `source`; who says what, if known."""

    source: Source
    gap: float = 0.0
    speaker: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A recording on its way: its arrays by name, its labels, and notes on what was drawn for it.

    `copy` 0 is the recording as it is; augmentation happens on the copies above 0. `part` numbers the
    pieces when a stage makes several of one.
    """

    key: str
    source: Source | None = None
    arrays: Mapping[str, Array] = field(default_factory=dict)
    text: str | None = None
    speaker: str | None = None
    labels: Mapping[str, Label] = field(default_factory=dict)
    split: str = ""
    copy: int = 0
    part: int = 0
    notes: Mapping[str, Any] = field(default_factory=dict)

    def put(self, name: str, value: Array) -> Example:
        """This example with the array `name` set to `value`; written out, since `replace` takes twice as long."""
        arrays = {**self.arrays, name: value}
        same = (self.text, self.speaker, self.labels, self.split, self.copy, self.part, self.notes)
        return Example(self.key, self.source, arrays, *same)

    def note(self, stage: str, facts: Mapping[str, Any]) -> Example:
        """This example with `facts` remembered under the name of a stage."""
        return replace(self, notes={**self.notes, stage: dict(facts)}) if facts else self

    def _repr_html_(self) -> str:
        """This example in a notebook: what is known of it, a picture of each array, a player for what sounds."""
        from features.showing.notebook import example_html

        return example_html(self)

    def audio(self, name: str = "audio") -> Audio:
        """The waveform called `name`; KeyError or TypeError where the chain was not checked."""
        value = self.arrays[name]
        if not isinstance(value, Audio):
            raise TypeError(f"{name} of {self.key} is no waveform")
        return value

    def features(self, name: str) -> Features:
        """The features called `name`; KeyError or TypeError where the chain was not checked."""
        value = self.arrays[name]
        if not isinstance(value, Features):
            raise TypeError(f"{name} of {self.key} is not features")
        return value

    def tokens(self, name: str) -> Tokens:
        """The tokens called `name`; KeyError or TypeError where the chain was not checked."""
        value = self.arrays[name]
        if not isinstance(value, Tokens):
            raise TypeError(f"{name} of {self.key} is not tokens")
        return value
