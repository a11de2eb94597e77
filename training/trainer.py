"""The trainer: one plain loop over epochs and batches, the same for every task.

Equal configurations, stores and seeds give equal weights on one machine with equally many threads and ranks, and
a run that was stopped and resumed gives the same weights as one that was not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from itertools import islice
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from training import checkpoint, distributed, resuming
from training.answers import assess
from training.checkpoint import About
from training.collate import Batch
from training.config import TrainConfig
from training.errors import Interrupted, NonFiniteLoss
from training.mixup import Mixed, mix
from training.optimizing import adamw, schedule
from training.progress import Progress, Watch
from training.run_folder import RunFolder
from training.stopping import sigterm
from training.tasks.task import Task


class Batches(Protocol):
    """What the trainer needs of a loader: a `for` loop goes to the end of an epoch, `len` counts its batches.

    `epoch` is that of the batch that comes next: behind the last one of an epoch, the next epoch.
    """

    @property
    def epoch(self) -> int: ...

    def __iter__(self) -> Iterator[Batch]: ...

    def __len__(self) -> int: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


class Learning(nn.Module):
    """The losses of a batch as one module, whatever methods of the model a task calls; (batch,) each."""

    def __init__(self, task: Task, model: nn.Module, autocast: Callable[[], AbstractContextManager[Any]]) -> None:
        super().__init__()
        self.task, self.model, self.autocast = task, model, autocast

    def forward(self, given: Batch | Mixed) -> Tensor:
        batch = given.batch if isinstance(given, Mixed) else given
        with self.autocast():
            outputs = self.task.outputs(self.model, batch)
        losses = self.task.losses(outputs, batch)
        if isinstance(given, Mixed):
            losses = torch.lerp(self.task.losses(outputs, given.other), losses, given.share.to(losses.dtype))
        return losses


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
        self.progress, self._saved = Progress(), time.monotonic()

    def fit(self, train: Batches, valid: Iterable[Batch]) -> None:
        """Trains to the last epoch, from wherever `progress` stands.

        NonFiniteLoss names the batch; Interrupted after SIGTERM, with everything in the last checkpoint.
        """
        with sigterm() as came:
            try:
                while not self._done():
                    self._epoch(train, valid, came)
            except Interrupted:
                self._save(train)
                raise

    def _epoch(self, train: Batches, valid: Iterable[Batch], came: Callable[[], bool]) -> None:
        progress, first, started = self.progress, self.progress.step, time.monotonic()
        if train.epoch == progress.epoch:  # it is ahead where a stop came behind the last batch
            steps = -(-len(train) // self.config.accumulate)
            for batches in groups(train, self.config.accumulate):
                self._step(batches, steps)
                self.watch.step(progress, steps)
                self._heed(came)
                if distributed.any_of(time.monotonic() - self._saved > 60 * self.config.checkpoint_minutes):
                    self._save(train)
        trained = time.monotonic() - started
        distributed.share_buffers(self.model)
        answers, valid_loss = assess(self.task, self.model, self._heeding(valid, came))
        figures = self.task.metrics(answers)
        progress.compare((self.task.merit(figures), -valid_loss))
        line = {
            "epoch": progress.epoch + 1,
            "step": progress.step,
            "train_loss": progress.loss / progress.weight,
            "valid_loss": valid_loss,
            **{f"valid_{name}": value for name, value in figures.items()},
            "padding": round(1 - progress.frames / progress.padded, 4),
            "steps_per_second": round((progress.step - first) / max(trained, 1e-9), 2),
            "seconds": round(time.monotonic() - started, 2),
        }
        self._finish(line, train)
        if not self._done():
            self._heed(came)

    def _step(self, batches: Sequence[Batch], steps: int) -> None:
        """Forward and backward for some batches, and one step of the optimizer."""
        progress, config = self.progress, self.config
        share = (progress.epoch + (progress.step_in_epoch + 0.5) / steps) / config.epochs
        for group in self.optimizer.param_groups:
            group["lr"] = config.optimizer.lr * schedule(share, config.schedule.warmup, config.schedule.name)
        if len(batches) > 1:  # otherwise spread does
            distributed.share_buffers(self.model)
        self.model.train()
        self.optimizer.zero_grad()
        sums, finite = torch.zeros(4, dtype=torch.float64), []
        for number, batch in enumerate(batches, 1):
            moved = batch.to(self.device)
            with distributed.averaging(self.learning, number == len(batches)):
                total = (self.learning(self._mixed(moved)) * moved.weight).sum()
                torch.autograd.backward(total)
            finite.append(bool(torch.isfinite(total)))
            sums += torch.tensor([total.item(), batch.weight.sum().item(), *padding_of(batch)])
        loss, weight, frames, padded = distributed.add_up(sums).tolist()
        norm = self._scale_gradients(distributed.world() / weight)
        if not (torch.isfinite(norm) and torch.isfinite(sums[0])):
            raise NonFiniteLoss(progress.step, keys_at_fault(batches, finite))
        self.optimizer.step()
        progress.add(len(batches) * distributed.world(), loss, weight, frames, padded)

    def _mixed(self, batch: Batch) -> Batch | Mixed:
        config = self.config
        if config.mixup is None:
            return batch
        return mix(batch, config.task.arrays[0], config.mixup.alpha, config.seed, self.progress.epoch)

    def _scale_gradients(self, factor: float) -> Tensor:
        """Gradients of summed losses become those of their mean, clipped; their length before it was clipped.

        The processes hold the mean of theirs, hence the `factor`: their number over the weight of all.
        """
        distributed.require_gradients(self.model)
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        torch._foreach_mul_(gradients, factor)
        return nn.utils.clip_grad_norm_(self.model.parameters(), self.config.optimizer.clip_norm)

    def _finish(self, line: dict[str, Any], train: Batches) -> None:
        """The end of an epoch: its line, the checkpoint to resume from, the best weights so far."""
        if distributed.rank() == 0:
            self.run.log(line)
            self.watch.epoch(line)
        self.progress.next_epoch()
        self._save(train)
        self._keep_best()

    def _done(self) -> bool:
        waited_enough = self.config.patience is not None and self.progress.waited >= self.config.patience
        return self.progress.epoch >= self.config.epochs or waited_enough

    def _heed(self, came: Callable[[], bool]) -> None:
        """Interrupted where SIGTERM came to any of the processes."""
        if distributed.any_of(came()):
            raise Interrupted(f"{self.run.path}: stopped after step {self.progress.step}; --resume goes on from there")

    def _heeding(self, batches: Iterable[Batch], came: Callable[[], bool]) -> Iterator[Batch]:
        for batch in batches:
            self._heed(came)
            yield batch

    def resume(self, train: Batches) -> None:
        """Goes back to where the last checkpoint was written: weights, optimizer, random numbers, batches."""
        tensors, about = checkpoint.read(self.run.last)
        self.model.load_state_dict(checkpoint.below("model.", tensors))
        resuming.restore_optimizer(self.optimizer, tensors, about.state["groups"])
        resuming.restore_random(self.device, tensors)
        train.load_state_dict(about.state["batches"])
        found = about.state["progress"]
        self.progress = Progress(**{**found, "best": tuple(found["best"]) if found["best"] else None})
        self.progress.step_in_epoch = self.progress.batches // (distributed.world() * self.config.accumulate)
        self._keep_best()  # a kill may have come between the two files

    def _save(self, train: Batches) -> None:
        random = resuming.random_state(self.device)
        if distributed.rank() == 0:
            optimizer, groups = resuming.optimizer_state(self.optimizer)
            state = {"progress": asdict(self.progress), "groups": groups, "batches": train.state_dict()}
            checkpoint.write(self.run.last, self._weights() | optimizer | random, replace(self.about, state=state))
        self._saved = time.monotonic()
        distributed.wait()

    def _keep_best(self) -> None:
        """Keeps the weights, where training stands behind the best epoch so far. `epoch` is its number, from 0."""
        progress = self.progress
        if distributed.rank() == 0 and progress.epoch and not progress.batches and not progress.waited:
            state = {"progress": asdict(replace(progress, epoch=progress.epoch - 1))}
            checkpoint.write(self.run.best, self._weights(), replace(self.about, state=state))
        distributed.wait()

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bf16")

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
    return list(dict.fromkeys(key for keys in wrong or [keys for keys, _ in found] for key in keys))


def padding_of(batch: Batch) -> tuple[float, float]:
    """The frames of a batch without and with padding, by the array that pads most; weight zero is all padding."""
    found = [
        (float((batch.lengths[name] * (batch.weight > 0)).sum()), float(array.shape[0] * array.shape[1]))
        for name, array in batch.arrays.items()
    ]
    return min(found, key=lambda pair: pair[0] / max(pair[1], 1.0))
