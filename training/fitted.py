"""A model as a checkpoint holds it, ready to answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from training import checkpoint
from training.catalog import model_config, task_class
from training.checkpoint import About
from training.errors import CheckpointError
from training.run_folder import RunFolder
from training.tasks.task import Task

CRITIC = "critic"
"""The part of a model that judges its answers while it trains, where it has one: no part of what answers."""


@dataclass(frozen=True)
class Fitted:
    """A trained model, in evaluation, with its task, what its checkpoint says, and where that lies."""

    model: nn.Module
    task: Task
    about: About
    path: Path


def load_fitted(run: str | Path) -> Fitted:
    """The best checkpoint of a run's folder, or the checkpoint in a file; CheckpointError where there is none.

    A critic that the model trained with stays behind.
    """
    path = best_of(run)
    tensors, about = checkpoint.read(path)
    try:
        task = restore(about.task)
        config = model_config(about.model["name"]).model_validate(about.model)
        model = task.build(config, {spec.name: spec for spec in about.heard})
        weights = checkpoint.below("model.", tensors)
        if hasattr(model, CRITIC):
            setattr(model, CRITIC, None)
            weights = {name: weight for name, weight in weights.items() if not name.startswith(f"{CRITIC}.")}
        model.load_state_dict(weights)
    except (KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path}: its task or its model is not known to this version: {error}") from error
    return Fitted(model.eval(), task, about, path)


def best_of(run: str | Path) -> Path:
    """The best checkpoint of a run's folder; a file is taken for one."""
    return Path(run) if Path(run).is_file() else RunFolder(run).best


def restore(described: dict[str, Any]) -> Task:
    """The task that `Task.describe` described."""
    kind = task_class(described["config"]["name"])
    return kind(kind.Config.model_validate(described["config"]), described["learnt"])
