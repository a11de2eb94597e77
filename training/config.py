"""The configuration of a training run: what is learnt, by which model, and how. Checked like a recipe."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipelines.named import Named
from pipelines.recipe import CorpusEntry, Name, StageEntry
from pipelines.wording import suggest
from training.catalog import MODELS, TASKS, model_config, task_class
from training.mixup import MixupConfig
from training.models.model import ModelConfig
from training.section import Section
from training.tasks.task import TaskConfig

TaskEntry = Annotated[TaskConfig, Named.among(TaskConfig, TASKS, lambda name: task_class(name).Config)]
ModelEntry = Annotated[ModelConfig, Named.among(ModelConfig, MODELS, model_config)]


class OptimizerConfig(Section):
    """AdamW (Loshchilov and Hutter 2019); weight decay acts on matrices and kernels, not on biases and scales."""

    lr: float = Field(1e-3, gt=0)
    """The learning rate at its highest."""

    weight_decay: float = Field(0.01, ge=0)
    """The share of each weight that is taken off per step and unit of learning rate."""

    betas: tuple[float, float] = (0.9, 0.999)
    """How much of the mean of the gradient, and of its square, each step keeps."""

    clip_norm: float = Field(5.0, gt=0)
    """Gradients longer than this are scaled down to it."""


class ScheduleConfig(Section):
    """The learning rate over the run: up in a line, then down; `training.optimizing` draws it."""

    name: Literal["cosine", "one_cycle", "constant"] = "cosine"
    """cosine: to 0 along half a cosine; one_cycle: up and down along cosines, to a thousandth; constant: it stays."""

    warmup: float = Field(0.1, ge=0, lt=1)
    """The share of all steps in which it rises."""


class TrainConfig(Section):
    """A training run. The front end is not part of it: features come from the store, with their chain."""

    name: str
    """A short name for the run's files and pictures."""

    description: str = ""
    """What the run is for."""

    task: TaskEntry
    """What is learnt."""

    model: ModelEntry
    """What learns it."""

    optimizer: OptimizerConfig = OptimizerConfig()
    """How weights follow the gradient."""

    schedule: ScheduleConfig = ScheduleConfig()
    """How the learning rate changes over the run."""

    epochs: int = Field(ge=1)
    """How often the training split is gone through."""

    patience: int | None = Field(None, ge=1)
    """Training ends when so many epochs brought nothing better on the split that chooses."""

    batch_size: int | None = Field(None, ge=1)
    """Recordings in a batch; 64 where neither this nor batch_seconds is given."""

    batch_seconds: float | None = Field(None, gt=0)
    """Seconds in a batch after padding, in place of batch_size."""

    checkpoint_minutes: float = Field(10.0, gt=0)
    """How often, besides after each epoch, the checkpoint to resume from is written."""

    accumulate: int = Field(1, ge=1)
    """Batches whose gradients make up one step, on each rank."""

    balance: str | None = None
    """A label, or `speaker`: recordings are drawn so that each of its values comes equally often."""

    corpora: dict[Name, CorpusEntry] = {}
    """Corpora that the stages below draw from, written as in a recipe."""

    stages: list[StageEntry] = []
    """Stages that run on what the store holds whenever an example is read; every epoch draws anew."""

    mixup: MixupConfig | None = None
    """Pairs of examples are mixed in training, each with a part of the other's answer; for tasks with labels."""

    precision: Literal["fp32", "bf16"] = "fp32"
    """bf16: matrix products in bfloat16 (torch.autocast), weights in float32."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where it is computed; auto: on a GPU where there is one."""

    seed: int = Field(0, ge=0)
    """Decides the first weights, dropout, what is drawn, and the order of the batches."""

    workers: int = Field(0, ge=0)
    """Processes that read batches ahead; 0 reads them in the training process."""

    threads: int | None = Field(None, ge=1)
    """Threads that torch computes with; all cores where it is not set."""

    @model_validator(mode="after")
    def _one_size(self) -> TrainConfig:
        if self.batch_size is not None and self.batch_seconds is not None:
            raise ValueError("give batch_size or batch_seconds, and not both")
        return self

    @model_validator(mode="after")
    def _corpora_are_there(self) -> TrainConfig:
        for stage in self.stages:
            for name in stage.corpora():
                if name not in self.corpora:
                    known = suggest(name, self.corpora)
                    raise ValueError(f"stages: {stage.name} draws from {name!r}, which is no corpus{known}")
        return self

    @model_validator(mode="after")
    def _answers_can_be_mixed(self) -> TrainConfig:
        if self.mixup is not None and not task_class(self.task.name).mixes:
            able = ", ".join(name for name in TASKS if task_class(name).mixes)
            raise ValueError(f"mixup: half an answer of {self.task.name} has no meaning; it is for {able}")
        return self

    def batching(self) -> dict[str, Any]:
        """How large batches are, as `training.loader.load` takes it."""
        if self.batch_seconds is not None:
            return {"batch_seconds": self.batch_seconds}
        return {"batch_size": self.batch_size or 64}
