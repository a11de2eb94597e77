"""The first weights of a run, where they are those that another run chose as its best: fine-tuning.

Weights go by their names in the model, buffers such as the running means of normalisations among them. What only one
of the two models has is left as it is, so that a model may have a part more or less than the one that it comes from.
run.json says what was taken, and from where; a run that is resumed before its first checkpoint takes the same again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from manifests.address import absolute
from manifests.generation import Generation
from training import checkpoint
from training.errors import TrainingError
from training.fitted import best_of

SHOWN = 5
"""Names of weights that a line lists."""


def take_weights(model: nn.Module, run: str | Path, generation: Generation) -> dict[str, Any]:
    """Gives a model the best weights of another run, or those of a file, by their names; for run.json, what was done.

    TrainingError where no name is the same, or where weights of one name differ in shape; CheckpointError where they
    learnt from other features than the store holds. Arrays that they knew nothing of do not count. The model is then
    as it was.
    """
    path = best_of(run)
    tensors, about = checkpoint.read(path)
    known = {spec.name for spec in about.arrays}
    checkpoint.refuse(replace(generation, arrays=[spec for spec in generation.arrays if spec.name in known]), about)
    theirs, ours = checkpoint.below("model.", tensors), model.state_dict()
    shared = {name: theirs[name] for name in ours if name in theirs}
    _require_alike(shared, ours, path)
    model.load_state_dict(shared, strict=False)
    return {
        "weights": absolute(path),
        "digest": _digest(path),
        "taken": len(shared),
        "of": len(ours),
        "new": [name for name in ours if name not in theirs],
        "left": [name for name in theirs if name not in ours],
    }


def take_again(model: nn.Module, recorded: Mapping[str, Any], generation: Generation) -> None:
    """What `take_weights` did when the run began; TrainingError where the weights are others by now."""
    path = Path(recorded["weights"])
    if not path.is_file() or _digest(path) != recorded["digest"]:
        raise TrainingError(f"{path}: no longer the weights that the run began with; begin anew with another --out")
    take_weights(model, path, generation)


def in_words(init: Mapping[str, Any]) -> str:
    """What was taken, in a line."""
    line = f"{init['taken']} of {init['of']} weights from {init['weights']}"
    lists = (("new", init["new"]), ("not taken", init["left"]))
    return "; ".join([line, *(f"{title}: {_listed(names)}" for title, names in lists if names)])


def _require_alike(theirs: Mapping[str, Tensor], ours: Mapping[str, Tensor], path: Path) -> None:
    if not theirs:
        raise TrainingError(f"{path}: none of its weights is called as one of this model is; is it the same model?")
    other = [
        f"{name} is {_shape(tensor)} there and {_shape(ours[name])} here"
        for name, tensor in theirs.items()
        if tensor.shape != ours[name].shape
    ]
    if other:
        raise TrainingError(f"{path}: other shapes than this model has: {_listed(other)}; take the sizes of its model")


def _shape(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "one number"


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _digest(path: Path) -> str:
    with open(path, "rb") as source:
        return hashlib.file_digest(source, "blake2b").hexdigest()[:32]
