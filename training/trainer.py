"""The trainer: one plain loop over epochs and batches, the same for every task.

Equal configurations, stores and seeds give equal weights on one machine with equally many threads and ranks, and
a run that was stopped and resumed gives the same weights as one that was not.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from training import checkpoint, distributed
from training.answers import assess
from training.checkpoint import About
from training.collate import Batch
from training.config import TrainConfig
from training.errors import Interrupted, NonFiniteLoss
from training.optimizing import adamw, schedule
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
    """Where training stands: finished epochs, steps in the epoch under way and over all, that epoch's sums over all
    ranks (of losses, weights, and of stored and of padded seconds or frames), the best so far: (metric, -loss), so
    that the lower loss wins between equal metrics, and the epochs since it was found.
    """

    epoch: int = 0
    step_in_epoch: int = 0
    step: int = 0
    loss: float = 0.0
    weight: float = 0.0
    frames: float = 0.0
    padded: float = 0.0
    best: tuple[float, float] | None = None
    waited: int = 0


class Watch:
    """Hears how training goes; says nothing. Subclasses show it."""

    def step(self, progress: Progress, steps: int) -> None:
        """A step was taken, of so many in the epoch."""

    def epoch(self, figures: dict[str, Any]) -> None:
        """An epoch was finished; `figures` is its line in metrics.jsonl."""


class Learning(nn.Module):
    """The losses of a batch as one module, whatever methods of the model a task calls; (batch,) each."""

    def __init__(self, task: Task, model: nn.Module, autocast: Callable[[], AbstractContextManager[Any]]) -> None:
        super().__init__()
        self.task, self.model, self.autocast = task, model, autocast

    def forward(self, batch: Batch) -> Tensor:
        with self.autocast():
            outputs = self.task.outputs(self.model, batch)
        return self.task.losses(outputs, batch)


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
        self.device = next(model.parameters()).device
        self.optimizer = adamw(model, config.optimizer)
        self.learning = distributed.spread(Learning(task, model, self._autocast))
        self.progress = Progress()

    def fit(self, train: Batches, valid: Iterable[Batch]) -> None:
        """Trains to the last epoch, from wherever `progress` stands.

        NonFiniteLoss names the batch; Interrupted after SIGTERM, with everything in the last checkpoint.
        """
        with sigterm() as came:
            while self.progress.epoch < self.config.epochs and not self._waited_enough():
                self._epoch(train, valid, came)

    def _epoch(self, train: Batches, valid: Iterable[Batch], stop: Callable[[], bool]) -> None:
        progress, started = self.progress, time.monotonic()
        steps, first = -(-len(train) // self.config.accumulate), progress.step
        for batches in groups(train, self.config.accumulate):
            self._step(batches, steps)
            self.watch.step(progress, steps)
            if distributed.any_of(stop()) and progress.step_in_epoch < steps:
                self._save(train)
                raise self._interrupted()
        trained = time.monotonic() - started
        answers, valid_loss = assess(self.task, self.model, valid)
        figures = self.task.metrics(answers)
        line = {
            "epoch": progress.epoch + 1,
            "step": progress.step,
            "train_loss": progress.loss / progress.weight,
            "valid_loss": valid_loss,
            **{f"valid_{name}": value for name, value in figures.items()},
            "padding": round(1 - progress.frames / progress.padded, 4),
            "steps_per_second": round((progress.step - first) / trained, 2),
            "seconds": round(time.monotonic() - started, 2),
        }
        self._finish(line, (self.task.merit(figures), -valid_loss), train)
        if distributed.any_of(stop()) and progress.epoch < self.config.epochs:
            raise self._interrupted()

    def _step(self, batches: Sequence[Batch], steps: int) -> None:
        """Forward and backward for some batches, and one step of the optimizer."""
        progress, config = self.progress, self.config
        share = (progress.epoch + (progress.step_in_epoch + 0.5) / steps) / config.epochs
        for group in self.optimizer.param_groups:
            group["lr"] = config.optimizer.lr * schedule(share, config.schedule.warmup, config.schedule.name)
        self.model.train()
        self.optimizer.zero_grad()
        sums, finite = torch.zeros(4, dtype=torch.float64), []
        for number, batch in enumerate(batches):
            moved = batch.to(self.device)
            with self._together(number + 1 == len(batches)):
                total = (self.learning(moved) * moved.weight).sum()
                torch.autograd.backward(total)
            finite.append(bool(torch.isfinite(total)))
            sums += torch.tensor([total.item(), batch.weight.sum().item(), *padding_of(batch)])
        loss, weight, frames, padded = distributed.add_up(sums).tolist()
        norm = self._scale_gradients(distributed.world() / weight)
        if not (torch.isfinite(norm) and torch.isfinite(sums[0])):
            raise NonFiniteLoss(progress.step, keys_at_fault(batches, finite))
        self.optimizer.step()
        progress.step_in_epoch, progress.step = progress.step_in_epoch + 1, progress.step + 1
        progress.loss, progress.weight = progress.loss + loss, progress.weight + weight
        progress.frames, progress.padded = progress.frames + frames, progress.padded + padded

    def _scale_gradients(self, factor: float) -> Tensor:
        """Gradients of summed losses become those of their mean, clipped; their length before it was clipped.

        The processes hold the mean of theirs, hence the `factor`: their number over the weight of all.
        """
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        torch._foreach_mul_(gradients, factor)
        return nn.utils.clip_grad_norm_(self.model.parameters(), self.config.optimizer.clip_norm)

    def _finish(self, line: dict[str, Any], result: tuple[float, float], train: Batches) -> None:
        """The end of an epoch: its line, the best weights so far, the checkpoint to resume from."""
        progress = self.progress
        progress.waited += 1
        if progress.best is None or result > progress.best:
            progress.best, progress.waited = result, 0
            if distributed.rank() == 0:
                about = replace(self.about, state={"progress": asdict(progress)})
                checkpoint.write(self.run.best, self._weights(), about)
        if distributed.rank() == 0:
            self.run.log(line)
            self.watch.epoch(line)
        progress.epoch, progress.step_in_epoch = progress.epoch + 1, 0
        progress.loss = progress.weight = progress.frames = progress.padded = 0.0
        self._save(train)

    def _waited_enough(self) -> bool:
        return self.config.patience is not None and self.progress.waited >= self.config.patience

    def resume(self, train: Batches) -> None:
        """Goes back to where the last checkpoint was written: weights, optimizer, random numbers, batches."""
        tensors, about = checkpoint.read(self.run.last)
        self.model.load_state_dict(checkpoint.below("model.", tensors))
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in checkpoint.below("optimizer.", tensors).items():
            number, _, part = name.partition(".")
            state.setdefault(int(number), {})[part] = tensor
        self.optimizer.load_state_dict({"state": state, "param_groups": about.state["groups"]})
        random = tensors.get(f"rng.{distributed.rank()}")
        if random is not None:  # with more ranks than before, the new ones go on from the seed
            torch.set_rng_state(random)
        train.load_state_dict(about.state["batches"])
        found = about.state["progress"]
        self.progress = Progress(**{**found, "best": tuple(found["best"]) if found["best"] else None})

    def _save(self, train: Batches) -> None:
        random = distributed.gather([torch.get_rng_state()])
        if distributed.rank() == 0:
            kept = self.optimizer.state_dict()
            tensors = self._weights() | {f"rng.{number}": state for number, state in enumerate(random)}
            for number, parts in kept["state"].items():
                tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in parts.items()}
            state = {"progress": asdict(self.progress), "groups": kept["param_groups"], "batches": train.state_dict()}
            checkpoint.write(self.run.last, tensors, replace(self.about, state=state))
        distributed.wait()

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bf16")

    def _together(self, last: bool) -> AbstractContextManager[Any]:
        """Within it gradients are averaged over the processes, where this is the last batch of a step."""
        wrapped = self.learning
        return nullcontext() if last or not isinstance(wrapped, DistributedDataParallel) else wrapped.no_sync()

    def _interrupted(self) -> Interrupted:
        return Interrupted(f"{self.run.path}: stopped after step {self.progress.step}; --resume goes on from there")

    def _weights(self) -> dict[str, Tensor]:
        return {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}


def groups(batches: Iterable[Batch], size: int) -> Iterator[list[Batch]]:
    """The batches in lists of `size`, the last one maybe shorter."""
    source = iter(batches)
    while found := list(islice(source, size)):
        yield found


def keys_at_fault(batches: Sequence[Batch], finite: Sequence[bool]) -> list[str]:
    """The keys of the batches of all processes whose loss is no number, or of all where only the gradient is none."""
    found = distributed.gather([(batch.keys, fine) for batch, fine in zip(batches, finite, strict=True)])
    wrong = [keys for keys, fine in found if not fine]
    return [key for keys in wrong or [keys for keys, _ in found] for key in keys]


def padding_of(batch: Batch) -> tuple[float, float]:
    """The frames of a batch without and with padding, by the array that pads most."""
    found = [(float(batch.lengths[n].sum()), float(a.shape[0] * a.shape[1])) for n, a in batch.arrays.items()]
    return min(found, key=lambda pair: pair[0] / max(pair[1], 1.0))


@contextmanager
def sigterm() -> Iterator[Callable[[], bool]]:
    """Within it SIGTERM is only noted; the function says whether it came. In the main thread only."""
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGTERM, before)
