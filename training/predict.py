"""Predict: an audio file through the very chain of the store that the model learnt from, then through the model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from features.chain import Chain, Stopped
from features.example import Array, Audio, Example, Features, Source
from features.resources import Resources
from features.stage import PREDICT, Rejected
from manifests.spec import ArraySpec
from pipelines.stored_array import as_array
from pipelines.stores.storing import store
from training.at_load import heard_spec, needed, time_first
from training.checkpoint import parse_chain
from training.collate import Batch, collate
from training.errors import CheckpointError, PredictError
from training.fitted import Fitted


def predict(fitted: Fitted, path: str | Path, out: str | Path | None = None) -> list[dict[str, Any]]:
    """What the model says of a file, as its task says it; tasks that answer with files write them into `out`.

    PredictError, with the reason, where the file cannot be used.
    """
    return fitted.task.predict(fitted, Path(path), None if out is None else Path(out))


def require_own_names(fitted: Fitted, paths: Sequence[str | Path]) -> None:
    """PredictError where the answers to two of these files would be files of one name."""
    names: dict[str, str | Path] = {}
    for path in paths:
        name = fitted.task.writes(Path(path))
        if name is not None and names.setdefault(name, path) != path:
            raise PredictError(
                f"{names[name]} and {path} would both be answered as {name}; name them in two calls, with folders of "
                "their own (--out)"
            )


@torch.inference_mode()
def hear(fitted: Fitted, path: Path) -> list[dict[str, Any]]:
    """What the model says of each example that the chain makes of a file. Nothing is augmented."""
    heard = batch_of(fitted, run_chain(fitted, path))
    return fitted.task.say(fitted.task.outputs(fitted.model, heard))


def run_chain(fitted: Fitted, path: str | Path) -> Sequence[Example]:
    """The examples that the checkpoint's chain makes of a file; CheckpointError where the chain cannot be run here."""
    chain = own_chain(fitted)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise PredictError(f"{path}: cannot be read: {error.strerror}") from error
    return behind(chain, fitted, Example(str(path), Source(data, str(path), alone=True), split=PREDICT, copy=0))


def own_chain(fitted: Fitted) -> Chain:
    """The chain of the store that the model learnt from; CheckpointError where it is another one here."""
    chain = parse_chain(fitted.about.chain, fitted.about.seed)
    if chain.fingerprint() != fitted.about.fingerprint:
        raise CheckpointError("the checkpoint learnt from these stages in another version of wavemill or of a plugin")
    return chain


def batch_of(fitted: Fitted, examples: Sequence[Example]) -> Batch:
    """What the model hears of examples: rounded as the store rounds it, then through the stages at load.

    Of the arrays of the task that is the first one: targets, and others that are learnt from, are not there.
    """
    about, heard = fitted.about, fitted.task.config.arrays[0]
    if about.stages:
        chain = parse_chain(about.stages)
        reads, shapes = needed(chain, about.arrays, [heard])
        spec = heard_spec(heard, shapes[heard])
        made = [after for e in examples for after in behind(chain, fitted, as_read(e, reads))]
        values = [time_first(example.arrays[heard]) for example in made]
    else:
        spec = next(spec for spec in about.arrays if spec.name == heard)
        made, values = list(examples), [stored(example, spec) for example in examples]
    rows = [{"key": e.key, "copy": 0, "part": e.part, "speaker": None, "text": None, "labels": ""} for e in made]
    return collate(rows, [{heard: value} for value in values], [spec])


def behind(chain: Chain, fitted: Fitted, example: Example) -> Sequence[Example]:
    """What a chain makes of an example without text and labels; PredictError, with the reason, where it is nothing."""
    drawn = chain.corpora(PREDICT)
    if drawn:
        raise CheckpointError(f"the stages draw from corpora even when a model is asked: {', '.join(drawn)}")
    made = chain.bind(Resources({}, fitted.about.fitted), PREDICT).run(example)
    if isinstance(made, Stopped):
        raise PredictError(f"{example.key}: {made.stage}: {made.verdict.reason}")
    return made


def as_read(example: Example, specs: Sequence[ArraySpec]) -> Example:
    """An example as it comes out of a store, as far as its arrays are there."""
    there = {spec.name: spec for spec in specs if spec.name in example.arrays}
    rates = {f"{name}.rate": rate_of(example.arrays[name]) for name in there}
    arrays = {name: as_array(stored(example, spec), spec, rates) for name, spec in there.items()}
    return Example(example.key, None, arrays, split=PREDICT, part=example.part)


def rate_of(value: Array) -> float | None:
    """Samples, frames or tokens a second."""
    if isinstance(value, Audio):
        return float(value.sample_rate)
    return value.frame_rate if isinstance(value, Features) else value.rate


def stored(example: Example, spec: ArraySpec) -> NDArray[Any]:
    """An array of an example as reading a store gives it, (length, width)."""
    kept = store(example, spec)
    if isinstance(kept, Rejected):
        raise PredictError(f"{example.key}: {kept.reason}")
    if spec.encoding == "flac":
        from manifests.shard import decode_flac

        return decode_flac(memoryview(kept.raw))
    return np.frombuffer(kept.raw, spec.encoding).reshape(kept.length, kept.width)
