"""The configuration of a training run: what is learnt, by which model, and how. Checked like a recipe."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """Base of every part: unknown keys are errors, and the text under a field is its description."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ClassificationConfig(Section):
    """One label for a whole recording."""

    name: Literal["classification"]

    label: str
    """The label that is learnt, by its name in the store, or `speaker`. Its values in train are the classes."""

    array: str = "log_mel"
    """The kept array that the model hears; features, time first."""

    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """The share of the target that is spread evenly over all classes."""


class BcResNetConfig(Section):
    """BC-ResNet, see training/models/bc_resnet.py."""

    name: Literal["bc_resnet"]

    tau: float = Field(1.0, ge=0.5, le=16)
    """The factor of the number of channels; 1 gives 9 thousand parameters, 8 gives 321 thousand."""

    dropout: float = Field(0.1, ge=0, lt=1)
    """The share of channels that is dropped in each block."""

    time_stride: int = Field(1, ge=1, le=4)
    """Frames that the first convolution steps over at once: 1 in the paper; 2 halves the work."""

    centre: Literal["level", "bins"] = "level"
    """What each clip is freed of: its mean over all bins, or (for speech) its mean in each bin."""


class OptimizerConfig(Section):
    """AdamW (Loshchilov and Hutter 2019); weight decay acts on matrices and kernels, not on biases and scales."""

    lr: float = Field(1e-3, gt=0)
    """The learning rate at its highest."""

    weight_decay: float = Field(0.01, ge=0)
    """The share of each weight that is taken off per step and unit of learning rate."""

    clip_norm: float = Field(5.0, gt=0)
    """Gradients longer than this are scaled down to it."""


class ScheduleConfig(Section):
    """The learning rate rises in a line from 0, then falls to 0 along half a cosine."""

    warmup: float = Field(0.1, ge=0, lt=1)
    """The share of all steps in which it rises."""


class TrainConfig(Section):
    """A training run. The front end is not part of it: features come from the store, with their chain."""

    name: str
    """A short name for the run's files and pictures."""

    description: str = ""
    """What the run is for."""

    task: ClassificationConfig
    """What is learnt."""

    model: BcResNetConfig
    """What learns it."""

    optimizer: OptimizerConfig = OptimizerConfig()
    """How weights follow the gradient."""

    schedule: ScheduleConfig = ScheduleConfig()
    """How the learning rate changes over the run."""

    epochs: int = Field(ge=1)
    """How often the training split is gone through."""

    batch_size: int = Field(64, ge=1)
    """Recordings in a batch."""

    seed: int = Field(0, ge=0)
    """Decides the first weights, dropout, and the order of the batches."""

    workers: int = Field(0, ge=0)
    """Processes that read batches ahead; 0 reads them in the training process."""

    threads: int | None = Field(None, ge=1)
    """Threads that torch computes with; all cores where it is not set."""
