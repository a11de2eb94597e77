"""Parts: one recording cut into several, each an example of its own.

All waveforms are cut at the same times, so that pairs (a clean and a noisy one) stay pairs. The text, which nobody has
aligned, stays with a recording that comes out in one part only. Labels stay with every part; a label that lists timed
events ("onset offset class", as frame_targets reads them) keeps those that a part holds, counted from its start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.errors import ChainError
from features.example import Audio, Example, Label
from features.stage import AudioShape, Rejected, Shape, Shapes, Stage
from features.text.frame_targets import read_event

Span = tuple[int, int]
"""From the first sample to behind the last; the last may lie behind the end, where zeros are."""


class PartsStage(Stage):
    """A stage that cuts a recording into parts."""

    of: str = Field("audio", description="Name of the waveform that says where to cut; all others are cut alike.")
    events: str = Field("events", description="The label with timed events, if there is one: it is cut as well.")

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        before = shapes.get(self.of)
        if not isinstance(before, AudioShape):
            raise ChainError(f"{self.name} cuts {self.of!r}, which is no waveform of a stage before", "of")
        for name, shape in shapes.items():
            if not isinstance(shape, AudioShape):
                raise ChainError(f"{self.name} cuts waveforms only: put it before the stage that writes {name!r}")
        return {
            name: replace(shape, samples=self.part_samples(before, shape))
            for name, shape in shapes.items()
            if isinstance(shape, AudioShape)
        }

    def part_samples(self, before: AudioShape, shape: AudioShape) -> int | None:
        """How many samples of an array each part has, where `of` is as `before` says; None where that depends."""
        return None

    def parts(self, example: Example, spans: Sequence[Span]) -> list[Example]:
        """The example's parts; spans are counted in samples of `of`."""
        rate = example.audio(self.of).sample_rate
        waves = [(name, example.audio(name)) for name in example.arrays]
        text = example.text if len(spans) == 1 else None
        same = example.split, example.copy, example.part
        found = []
        for start, stop in spans:
            arrays = {name: _piece(audio, start, stop - start, rate) for name, audio in waves}
            labels = self._labels(example.labels, start / rate, stop / rate)
            notes = {**example.notes, self.name: {"start_seconds": start / rate}}
            found.append(Example(example.key, example.source, arrays, text, example.speaker, labels, *same, notes))
        return found

    def _labels(self, labels: Mapping[str, Label], start: float, stop: float) -> Mapping[str, Label]:
        """The labels of a part, with the events that it holds."""
        label = labels.get(self.events)
        if not isinstance(label, (str, list)):
            return labels
        events = [label] if isinstance(label, str) else label
        return {**labels, self.events: [text for event in events if (text := _moved(event, start, stop)) is not None]}


def scaled_length(samples: int, from_rate: int, to_rate: int) -> int:
    """How many samples at one rate last as long as that many at another."""
    return samples if from_rate == to_rate else round(samples * to_rate / from_rate)


def _piece(audio: Audio, start: int, length: int, rate: int) -> Audio:
    """That part of a waveform, counted in samples at `rate`, with zeros behind its end."""
    start, length = (scaled_length(samples, rate, audio.sample_rate) for samples in (start, length))
    inside = audio.samples[:, start : start + length]
    if inside.shape[1] == length:
        return Audio(inside.copy(order="C"), audio.sample_rate)
    piece: NDArray[np.float32] = np.zeros((audio.channels, length), np.float32)
    piece[:, : inside.shape[1]] = inside
    return Audio(piece, audio.sample_rate)


def _moved(text: str, start: float, stop: float) -> str | None:
    """An event as a part from `start` to `stop` hears it; None where it does not; what cannot be read stays."""
    event = read_event(text)
    if isinstance(event, Rejected):
        return text
    onset, offset = max(event[0], start) - start, min(event[1], stop) - start
    return f"{onset:.9g} {offset:.9g} {event[2]}" if onset < offset else None
