"""Predict: an audio file through the very chain of the store that the model learnt from, then through the model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from features.chain import Stopped
from features.example import Example, Source
from features.resources import Resources
from features.stage import PREDICT, Rejected
from manifests.spec import ArraySpec
from pipelines.stores.storing import store
from training.at_load import AtLoad, as_array, time_first
from training.checkpoint import parse_chain
from training.collate import Batch, collate
from training.errors import PredictError
from training.fitted import Fitted


def predict(fitted: Fitted, path: str | Path, out: str | Path | None = None) -> list[dict[str, Any]]:
    """What the model says of a file, as its task says it; tasks that answer with files write them into `out`.

    PredictError, with the reason, where the file cannot be used.
    """
    return fitted.task.predict(fitted, Path(path), None if out is None else Path(out))


@torch.inference_mode()
def hear(fitted: Fitted, path: Path) -> list[dict[str, Any]]:
    """What the model says of each example that the chain makes of a file. Nothing is augmented."""
    heard = batch_of(fitted, run_chain(fitted, path))
    return fitted.task.say(fitted.task.outputs(fitted.model, heard))


def run_chain(fitted: Fitted, path: str | Path) -> Sequence[Example]:
    """The examples that the checkpoint's chain makes of a file."""
    chain = parse_chain(fitted.about.chain, fitted.about.seed)
    if chain.fingerprint() != fitted.about.fingerprint:
        raise PredictError("the checkpoint learnt from these stages in another version of wavemill or of a plugin")
    missing = chain.corpora(PREDICT)
    if missing:
        raise PredictError(f"the chain draws from corpora that a checkpoint does not carry: {', '.join(missing)}")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise PredictError(f"{path}: cannot be read: {error.strerror}") from error
    chain = chain.bind(Resources({}, fitted.about.fitted), PREDICT)
    made = chain.run(Example(str(path), Source(data, str(path)), split=PREDICT, copy=0))
    if isinstance(made, Stopped):
        raise PredictError(f"{path}: {made.stage}: {made.verdict.reason}")
    return made


def batch_of(fitted: Fitted, examples: Sequence[Example]) -> Batch:
    """What the model hears of examples: rounded as the store rounds it, then through the stages at load."""
    about = fitted.about
    rows = [{"key": e.key, "copy": 0, "part": e.part, "speaker": None, "text": None, "labels": ""} for e in examples]
    heard = [spec.name for spec in about.heard]
    if not about.stages:
        specs = [spec for spec in about.arrays if spec.name in heard]
        return collate(rows, [{spec.name: stored(e, spec) for spec in specs} for e in examples], specs)
    at_load = AtLoad(PREDICT, parse_chain(about.stages), about.arrays, heard, {}, about.fitted)
    values = []
    for e in examples:
        arrays = {spec.name: as_array(stored(e, spec), spec, {}) for spec in at_load.reads}
        made = at_load.after(Example(e.key, None, arrays, split=PREDICT), 0)
        values.append({name: time_first(value) for name, value in made.arrays.items()})
    return collate(rows, values, at_load.specs)


def stored(example: Example, spec: ArraySpec) -> NDArray[Any]:
    """An array of an example as reading a store gives it, (length, width)."""
    kept = store(example, spec)
    if isinstance(kept, Rejected):
        raise PredictError(f"{example.key}: {kept.reason}")
    if spec.encoding == "flac":
        from manifests.shard import decode_flac

        return decode_flac(memoryview(kept.raw))
    return np.frombuffer(kept.raw, spec.encoding).reshape(kept.length, kept.width)
