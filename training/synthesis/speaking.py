"""Speaking: a text of any length as a waveform, sentence by sentence, by an acoustic model and a vocoder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.errors import PredictError
from training.fitted import Fitted, load_fitted
from training.models.efficient_speech import Read
from training.synthesis.griffin_lim import griffin_lim
from training.synthesis.pictures import Picture
from training.synthesis.spelling import Speller, sentences
from training.synthesis.vocoder import waveform_of
from training.tasks.synthesis import Synthesis
from training.tasks.vocoding import Vocoding

PAUSE_SECONDS = 0.3
"""Silence between two sentences, at the speed of 1."""
SLOWEST, FASTEST = 0.25, 4.0


@dataclass(frozen=True)
class Speech:
    """What was said: `samples` (samples,) float32 at `sample_rate` Hz, the seconds that it took, and its pictures,
    sentence by sentence.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    taken: float
    pictures: Sequence[Picture]

    @property
    def real_time_factor(self) -> float:
        """The seconds that it took for each that it lasts."""
        return self.taken * self.sample_rate / max(1, len(self.samples))


def synthesise(
    run: str | Path | Fitted,
    text: str,
    *,
    speaker: str | None = None,
    vocoder: str | Path | Fitted | None = None,
    speed: float = 1.0,
    pitch: float = 1.0,
) -> Speech:
    """The text as speech, by the acoustic model of a run; Griffin-Lim makes it audible where no vocoder does.

    `speaker` is one of train, where the model has several. `speed` and `pitch` are factors, 0.25 to 4: 1 is as learnt.
    PredictError, with the reason: for a run that does not speak, an unknown speaker, characters that no text of train
    had, and a vocoder of other features than the model writes, naming what differs.
    """
    fitted = run if isinstance(run, Fitted) else load_fitted(run)
    task = _require(fitted, Synthesis, "is no acoustic model: its task is")
    for name, factor in (("speed", speed), ("pitch", pitch)):
        if not SLOWEST <= factor <= FASTEST:
            raise PredictError(f"{name} must lie between {SLOWEST:g} and {FASTEST:g}, got {factor:g}")
    chosen = _speaker(task, speaker)
    heard = None if vocoder is None else (vocoder if isinstance(vocoder, Fitted) else load_fitted(vocoder))
    if heard is not None:
        require_same_features(heard, task)
    about = fitted.about
    speller = Speller(about.chain, about.seed, about.fitted, task.config.tokens)
    spelled = [(sentence, speller.ids(sentence)) for sentence in sentences(text)]
    if not spelled:
        raise PredictError("there is no text to speak")
    started, rate = time.monotonic(), task.spec.sample_rate
    pause = np.zeros(round(PAUSE_SECONDS / speed * rate), np.float32)
    pieces: list[NDArray[np.float32]] = []
    pictures = []
    for sentence, ids in spelled:
        frames, picture = read(fitted, task, ids, chosen, speed, pitch, sentence)
        pictures.append(picture)
        pieces += [pause] * bool(pieces) + [audible(frames, task, heard, sentence)]
    return Speech(np.concatenate(pieces), rate, time.monotonic() - started, pictures)


@torch.inference_mode()
def read(
    fitted: Fitted, task: Synthesis, ids: Sequence[int], speaker: str | None, speed: float, pitch: float, title: str
) -> tuple[NDArray[np.float32], Picture]:
    """The features (frames, bins) of one sentence, and the picture of it."""
    network: Any = fitted.model
    tokens, lengths = task.closed(torch.tensor([list(ids)]), torch.tensor([len(ids)]))
    speakers = task.numbers([speaker], [title], tokens.device)
    made: Read = network.speak(tokens, lengths, speakers, speed, task.scales.shift(pitch))
    frames = task.scales.mel(made.frames)[0].numpy()
    symbols = ["", *(task.symbols[number] for number in ids), ""]
    durations, hz = made.durations[0].numpy(), task.scales.hz(made.pitch[0]).numpy()
    return frames, Picture(frames, durations, hz, symbols, task.spec.frame_rate, title)


def audible(frames: NDArray[np.float32], task: Synthesis, vocoder: Fitted | None, key: str) -> NDArray[np.float32]:
    """The waveform of features, by a vocoder or without one."""
    if vocoder is None:
        return griffin_lim(frames, task.spec, key)
    hearing: Vocoding = _require(vocoder, Vocoding, "is no vocoder: its task is")
    return waveform_of(hearing, vocoder.model, torch.from_numpy(frames)).numpy()


def require_same_features(vocoder: Fitted, task: Synthesis) -> None:
    """PredictError, naming what differs, unless a vocoder hears the very features that an acoustic model writes."""
    theirs = _require(vocoder, Vocoding, "is no vocoder: its task is")
    differing = theirs.spec.differences(task.spec, "the vocoder", "the acoustic model")
    if differing:
        raise PredictError(
            f"{vocoder.path}: it hears other features than the acoustic model writes: {'; '.join(differing)}. Train "
            "both on one store, or on two with the same log_mel"
        )


def _speaker(task: Synthesis, name: str | None) -> str | None:
    """The speaker who is meant; PredictError where none is, or there are none to choose from."""
    if not task.speakers:
        if name is not None:
            raise PredictError(f"this model has one voice, and no speaker {name!r} to choose")
        return None
    if name not in task.speakers:
        asked = "say which speaker" if name is None else f"there is no speaker {name!r}"
        raise PredictError(f"{asked}: {', '.join(task.speakers)}")
    return name


def _require(fitted: Fitted, kind: Any, otherwise: str) -> Any:
    if not isinstance(fitted.task, kind):
        raise PredictError(f"{fitted.path} {otherwise} {fitted.task.config.name}")
    return fitted.task
