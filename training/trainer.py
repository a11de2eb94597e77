"""The trainer: one plain loop over epochs and batches, the same for every task.

Equal configurations, stores and seeds give equal weights on one machine with one number of threads, and a
run that was stopped and resumed gives the same weights as one that was not.
"""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from training import checkpoint
from training.answers import assess
from training.checkpoint import About
from training.collate import Batch
from training.config import OptimizerConfig, TrainConfig
from training.errors import Interrupted, NonFiniteLoss
from training.run_folder import RunFolder
from training.tasks.task import Task


class Batches(Protocol):
    """What the trainer needs of a loader: a `for` loop goes to the end of an epoch, `len` counts its batches."""

    def __iter__(self) -> Iterator[Batch]: ...

    def __len__(self) -> int: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


@dataclass
class Progress:
    """Where training stands: finished epochs, steps in the epoch under way and over all, that epoch's sums, and
    the best so far: (metric, -loss), so that the lower loss wins between equal metrics.
    """

    epoch: int = 0
    step_in_epoch: int = 0
    step: int = 0
    loss: float = 0.0
    weight: float = 0.0
    best: tuple[float, float] | None = None


class Watch:
    """Hears how training goes; says nothing. Subclasses show it."""

    def step(self, progress: Progress, steps: int) -> None:
        """A step was taken, of so many in the epoch."""

    def epoch(self, figures: dict[str, Any]) -> None:
        """An epoch was finished; `figures` is its line in metrics.jsonl."""


class Trainer:
    """Fits a model for a task. `about` is what its checkpoints say of themselves."""

    def __init__(
        self,
        config: TrainConfig,
        task: Task,
        model: nn.Module,
        about: About,
        run: RunFolder,
        watch: Watch | None = None,
    ) -> None:
        self.config, self.task, self.model, self.about, self.run = config, task, model, about, run
        self.watch = watch or Watch()
        self.optimizer = adamw(model, config.optimizer)
        self.progress = Progress()

    def fit(self, train: Batches, valid: Batches) -> None:
        """Trains to the last epoch, from wherever `progress` stands.

        NonFiniteLoss names the batch; Interrupted after SIGTERM, with everything in the last checkpoint.
        """
        with sigterm() as came:
            while self.progress.epoch < self.config.epochs:
                self._epoch(train, valid, came)

    def _epoch(self, train: Batches, valid: Batches, stop: Callable[[], bool]) -> None:
        progress, steps, started = self.progress, len(train), time.monotonic()
        for batch in train:
            self._step(batch, steps)
            self.watch.step(progress, steps)
            if stop() and progress.step_in_epoch < steps:
                self._save(train)
                raise self._interrupted()
        answers, valid_loss = assess(self.task, self.model, valid)
        figures = self.task.metrics(answers)
        line = {
            "epoch": progress.epoch + 1,
            "step": progress.step,
            "train_loss": progress.loss / progress.weight,
            "valid_loss": valid_loss,
            **{f"valid_{name}": value for name, value in figures.items()},
            "seconds": round(time.monotonic() - started, 2),
        }
        self.run.log(line)
        self.watch.epoch(line)
        result = figures[self.task.metric], -valid_loss
        if progress.best is None or result > progress.best:
            progress.best = result
            checkpoint.write(self.run.best, self._weights(), replace(self.about, state={"progress": asdict(progress)}))
        progress.epoch, progress.step_in_epoch, progress.loss, progress.weight = progress.epoch + 1, 0, 0.0, 0.0
        self._save(train)
        if stop() and progress.epoch < self.config.epochs:
            raise self._interrupted()

    def _step(self, batch: Batch, steps: int) -> None:
        """One batch: forward, backward, and a step of the optimizer."""
        progress = self.progress
        share = (progress.epoch + (progress.step_in_epoch + 0.5) / steps) / self.config.epochs
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.optimizer.lr * schedule(share, self.config.schedule.warmup)
        self.model.train()
        losses = self.task.losses(self.task.outputs(self.model, batch), batch) * batch.weight
        total, weight = losses.sum(), batch.weight.sum()
        loss = total / weight
        if not torch.isfinite(loss):
            raise NonFiniteLoss(progress.step, batch.keys)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.optimizer.clip_norm)
        if not torch.isfinite(norm):
            raise NonFiniteLoss(progress.step, batch.keys)
        self.optimizer.step()
        progress.step_in_epoch, progress.step = progress.step_in_epoch + 1, progress.step + 1
        progress.loss, progress.weight = progress.loss + total.item(), progress.weight + weight.item()

    def resume(self, train: Batches) -> None:
        """Goes back to where the last checkpoint was written: weights, optimizer, random numbers, batches."""
        tensors, about = checkpoint.read(self.run.last)
        self.model.load_state_dict(checkpoint.below("model.", tensors))
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in checkpoint.below("optimizer.", tensors).items():
            number, _, part = name.partition(".")
            state.setdefault(int(number), {})[part] = tensor
        self.optimizer.load_state_dict({"state": state, "param_groups": about.state["groups"]})
        torch.set_rng_state(tensors["rng.torch"])
        train.load_state_dict(about.state["batches"])
        found = about.state["progress"]
        self.progress = Progress(**{**found, "best": tuple(found["best"]) if found["best"] else None})

    def _save(self, train: Batches) -> None:
        kept = self.optimizer.state_dict()
        tensors = self._weights() | {"rng.torch": torch.get_rng_state()}
        for number, parts in kept["state"].items():
            tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in parts.items()}
        state = {"progress": asdict(self.progress), "groups": kept["param_groups"], "batches": train.state_dict()}
        checkpoint.write(self.run.last, tensors, replace(self.about, state=state))

    def _interrupted(self) -> Interrupted:
        return Interrupted(f"{self.run.path}: stopped after step {self.progress.step}; --resume goes on from there")

    def _weights(self) -> dict[str, Tensor]:
        return {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}


def adamw(model: nn.Module, config: OptimizerConfig) -> torch.optim.AdamW:
    """AdamW that lets biases and the scales of normalisations be as large as they like."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    free = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": free, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.lr)


def schedule(share: float, warmup: float) -> float:
    """The factor of the learning rate when this share of the run is done: up in a line, down along half a cosine.

    >>> [round(schedule(share, 0.2), 3) for share in (0.1, 0.2, 0.6, 1.0)]
    [0.5, 1.0, 0.5, 0.0]
    """
    if share < warmup:
        return share / warmup
    return 0.5 * (1 + math.cos(math.pi * (share - warmup) / (1 - warmup)))


@contextmanager
def sigterm() -> Iterator[Callable[[], bool]]:
    """Within it SIGTERM is only noted; the function says whether it came. In the main thread only."""
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGTERM, before)
