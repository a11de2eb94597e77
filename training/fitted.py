"""A model as a checkpoint holds it, ready to answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from manifests.spec import ArraySpec
from training import checkpoint
from training.checkpoint import About
from training.config import BcResNetConfig, ClassificationConfig
from training.models.bc_resnet import BcResNet
from training.run_folder import RunFolder
from training.tasks.classification import Classification


@dataclass(frozen=True)
class Fitted:
    """A trained model, in evaluation, with its task, what its checkpoint says, and the array that it hears."""

    model: nn.Module
    task: Classification
    about: About
    spec: ArraySpec


def load_fitted(run: str | Path) -> Fitted:
    """The best checkpoint of a run's folder, or the checkpoint in a file; CheckpointError where there is none."""
    path = Path(run) if Path(run).is_file() else RunFolder(run).best
    tensors, about = checkpoint.read(path)
    classes = about.task["classes"]
    config = {name: value for name, value in about.task.items() if name != "classes"}
    task = Classification(ClassificationConfig.model_validate(config), classes)
    spec = next(spec for spec in about.arrays if spec.name == task.config.array)
    model = build_model(BcResNetConfig.model_validate(about.model), spec.width or 0, len(classes))
    model.load_state_dict(checkpoint.below("model.", tensors))
    return Fitted(model.eval(), task, about, spec)


def build_model(config: BcResNetConfig, bins: int, classes: int) -> nn.Module:
    """The model that a configuration names, with fresh weights."""
    return BcResNet(bins, classes, config.tau, config.dropout, config.time_stride, config.centre)
