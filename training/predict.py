"""Predict: an audio file through the very chain of the store that the model learnt from, then through the model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from features.chain import Stopped
from features.example import Example, Source
from features.stage import PREDICT, Rejected
from pipelines.stores.storing import store
from training.checkpoint import parse_chain
from training.errors import PredictError
from training.fitted import Fitted

TOP = 5


def predict(fitted: Fitted, path: str | Path) -> list[dict[str, Any]]:
    """What the model hears in a file: for each example that the chain makes of it, the likeliest labels.

    Nothing is augmented. PredictError, with the reason, where the file cannot be used.
    """
    return [answer(fitted, features(fitted, example)) for example in run_chain(fitted, path)]


def run_chain(fitted: Fitted, path: str | Path) -> Sequence[Example]:
    """The examples that the checkpoint's chain makes of a file."""
    chain = parse_chain(fitted.about.chain, fitted.about.seed)
    if chain.fingerprint() != fitted.about.fingerprint:
        raise PredictError("the checkpoint learnt from these stages in another version of wavemill or of a plugin")
    missing = sorted({name for s in chain.stages if s.acts_on(PREDICT, 0) for name in s.corpora()})
    if missing:
        raise PredictError(f"the chain draws from corpora that a checkpoint does not carry: {', '.join(missing)}")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise PredictError(f"{path}: cannot be read: {error.strerror}") from error
    made = chain.run(Example(str(path), Source(data, str(path)), split=PREDICT, copy=0))
    if isinstance(made, Stopped):
        raise PredictError(f"{path}: {made.stage}: {made.verdict.reason}")
    return made


def features(fitted: Fitted, example: Example) -> Tensor:
    """What the model hears of an example, (frames, bins), rounded as the store rounds it."""
    stored = store(example, fitted.spec)
    if isinstance(stored, Rejected):
        raise PredictError(f"{example.key}: {stored.reason}")
    kept = np.frombuffer(stored.raw, fitted.spec.encoding).reshape(stored.length, stored.width)
    return torch.from_numpy(kept.astype(np.float32))


@torch.inference_mode()
def answer(fitted: Fitted, frames: Tensor) -> dict[str, Any]:
    """The likeliest labels of one example, with their probabilities, and the first of them as the label."""
    scores = fitted.model(frames[None], torch.tensor([len(frames)]))
    chances, numbers = scores.softmax(1)[0].topk(min(TOP, len(fitted.task.classes)))
    top = [
        {"label": fitted.task.classes[number], "probability": chance}
        for number, chance in zip(numbers.tolist(), chances.tolist(), strict=True)
    ]
    return {**top[0], "top": top}
