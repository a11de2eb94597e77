"""Front: the features of a file as they come, in pieces, by the very stages that made those of the store.

Stages that stream (features.streaming) make the same frames of pieces as of the whole, to the bit. What the chain makes
of features (standardize, deltas) is made later, of as many frames as the model hears at once. A chain that leads on by
another way than from one array to the next hears the file as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.chain import Chain
from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example, Features
from features.resources import Resources
from features.stage import PREDICT, AudioShape, FeatureShape, Filtered, Rejected, Shape, Transform
from features.streaming import Stream, StreamRejected, stream_chain
from manifests.spec import ArraySpec
from pipelines.stored_array import as_array
from training.checkpoint import parse_chain
from training.errors import PredictError
from training.fitted import Fitted
from training.listening import Heard, listen
from training.predict import batch_of, own_chain, run_chain, stored

Frames = NDArray[np.float32]


class Front(NamedTuple):
    """The features of one recording, (frames, bins) in pieces, and what is still to be made of some of them at once."""

    pieces: Iterator[Frames]
    later: Callable[[Frames], Frames]


def fronts(fitted: Fitted, path: Path) -> list[Front]:
    """The features of a file; of each part where the chain makes several. PredictError where it cannot be used."""
    steps = _steps(fitted, str(path))
    if steps is not None:
        heard = listen(path)
        front = _streaming(steps, heard, getattr(own_chain(fitted).stages[0], "channels", "mono"))
        if front is not None:
            return [front]
    batch = batch_of(fitted, run_chain(fitted, path))
    name = fitted.task.config.arrays[0]
    ends = batch.lengths[name].tolist()
    return [Front(iter([part[:end].numpy()]), _as_is) for part, end in zip(batch.arrays[name], ends, strict=True)]


@dataclass(frozen=True)
class Made:
    """A stage on the way to what the model hears."""

    stage: Transform
    draws: Draws
    key: str

    def __call__(self, frames: Frames, rate: float) -> Frames:
        """The frames behind it; PredictError with its verdict."""
        example = Example(self.key, None, {self.stage.of: Features(frames, rate)}, split=PREDICT)
        outcome = self.stage.apply(example, self.draws)
        if isinstance(outcome, (Rejected, Filtered)):
            raise PredictError(f"{self.key}: {self.stage.name}: {outcome.reason}")
        assert isinstance(outcome, Example)
        return outcome.features(self.stage.target).frames


@dataclass(frozen=True)
class Kept:
    """The store on the way to what the model hears: numbers are rounded as it keeps them. A stream of pieces, too."""

    spec: ArraySpec
    key: str
    rate: float = 0.0

    def __call__(self, frames: Frames, rate: float) -> Frames:
        example = Example(self.key, None, {self.spec.name: Features(frames, rate)})
        frames = stored(example, self.spec).astype(np.float32)
        return frames

    def push(self, samples: NDArray[np.float32]) -> NDArray[Any]:
        if not samples.size:
            return samples
        if self.spec.kind != "audio":
            return self(samples, self.rate)
        audio = Audio(samples, int(self.rate))
        values = stored(Example(self.key, None, {self.spec.name: audio}), self.spec)
        read = as_array(values, self.spec, {f"{self.spec.name}.rate": self.rate})
        assert isinstance(read, Audio)
        return read.samples

    def finish(self) -> NDArray[Any]:
        width = self.spec.width or 0
        return np.empty((width, 0) if self.spec.kind == "audio" else (0, width), np.float32)


def _steps(fitted: Fitted, key: str) -> list[Made | Kept] | None:
    """What lies between the decoded waveform and the array that is heard; None where that is no simple way."""
    about, wanted = fitted.about, fitted.task.config.arrays[0]
    specs, found = {spec.name: spec for spec in about.arrays}, list[Made | Kept]()
    if about.stages:
        way = _way(parse_chain(about.stages), wanted, key, about.fitted)
        if way is None:
            return None
        found, wanted = way
    way = _way(own_chain(fitted), wanted, key, about.fitted) if wanted in specs else None
    if way is None or way[1] != "audio":
        return None
    return [*way[0], Kept(specs[wanted], key), *found]


def _way(chain: Chain, wanted: str, key: str, fitted: dict[str, str]) -> tuple[list[Made | Kept], str] | None:
    """The stages that make an array, one behind the other, and what the first one reads; None where another stage
    than one from array to array acts on a recording whose text is asked for.
    """
    if chain.corpora(PREDICT):
        return None
    bound = chain.bind(Resources({}, fitted), PREDICT)
    found: list[Made | Kept] = []
    for stage, occurrence in zip(reversed(bound.stages), reversed(bound.occurrences), strict=True):
        if stage.name == "decode":
            break
        acts = stage.acts_on(PREDICT, 0)
        if acts and not isinstance(stage, Transform):
            return None
        if isinstance(stage, Transform) and stage.target == wanted:
            draws = Draws(chain.seed, stage.name, occurrence, key, 0)
            if acts and stage.applies(draws):
                found.append(Made(stage, draws, key))
            wanted = stage.of
    return found[::-1], wanted


def _streaming(steps: Sequence[Made | Kept], heard: Heard, channels: str | int) -> Front | None:
    """The features of an opened file, made as it is decoded; None where a stage before the features does not stream."""
    pieces, width = _picked(heard, channels)
    shape: Shape = AudioShape(heard.sample_rate, width)
    streams: list[Stream] = []
    later: list[Callable[[Frames], Frames]] = []
    try:
        for step in steps:
            if isinstance(shape, AudioShape):
                stream, shape = _stream(step, shape)
                if stream is None:
                    return None
                streams.append(stream)
            elif isinstance(shape, FeatureShape):
                rate = shape.frame_rate or 0.0
                if isinstance(step, Kept) and not later:
                    streams.append(Kept(step.spec, step.key, rate))
                    continue
                if isinstance(step, Made):
                    shape = step.stage.check({step.stage.of: shape})[step.stage.target]
                    if not isinstance(shape, FeatureShape) or shape.frame_rate != rate:
                        return None
                later.append(partial(step, rate=rate))
    except ChainError as error:
        raise PredictError(f"{heard.path}: {error}") from error
    if not isinstance(shape, FeatureShape):
        return None
    return Front(_told(streams, pieces, heard.path), partial(_behind, later))


def _stream(step: Made | Kept, before: AudioShape) -> tuple[Stream | None, Shape]:
    """What makes a step of a waveform in pieces, and the shape behind it."""
    if isinstance(step, Kept):
        return Kept(step.spec, step.key, float(before.sample_rate or 0)), before
    return step.stage.stream(before, step.draws), step.stage.check({step.stage.of: before})[step.stage.target]


def _told(streams: Sequence[Stream], pieces: Iterator[NDArray[np.float32]], path: Path) -> Iterator[Frames]:
    try:
        yield from stream_chain(streams, pieces)
    except StreamRejected as error:
        raise PredictError(f"{path}: {error}") from error


def _picked(heard: Heard, channels: str | int) -> tuple[Iterator[NDArray[np.float32]], int]:
    """The pieces with the channels that decode keeps, and how many these are."""
    if channels == "all":
        return heard.pieces, heard.channels
    if isinstance(channels, int):
        if channels >= heard.channels:
            raise PredictError(f"{heard.path}: channel {channels} of a recording that has {heard.channels}")
        return (piece[channels : channels + 1] for piece in heard.pieces), 1
    return (_mean(piece) for piece in heard.pieces), 1


def _mean(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of the channels, (1, samples), summed from the first to the last as decode does."""
    total = samples[:1].copy()
    for channel in samples[1:]:
        total += channel
    total /= np.float32(len(samples))
    return total


def _behind(later: Sequence[Callable[[Frames], Frames]], frames: Frames) -> Frames:
    for step in later:
        frames = step(frames)
    return frames


def _as_is(frames: Frames) -> Frames:
    return frames
