"""Detection: which events sound when, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, max_pool1d

from training.errors import DataError
from training.metrics.detection import Counts, count
from training.tasks.task import Answer, Material, Task, TaskConfig

if TYPE_CHECKING:
    from training.collate import Batch


class DetectionConfig(TaskConfig):
    """Events with their times: a target for each frame, as the stage frame_targets makes them."""

    name: Literal["detection"] = "detection"

    array: str = "log_mel"
    """The features that the model hears."""

    targets: str = "targets"
    """The targets of their frames, one column for each class."""

    threshold: float = Field(0.5, gt=0, lt=1)
    """The probability from which on an event is answered."""

    segment_seconds: float = Field(1.0, gt=0)
    """Length of the segments over which events are counted."""

    @property
    def arrays(self) -> list[str]:
        return [self.array, self.targets]


class Detection(Task):
    """Learns the events of each frame. Models have `frames`, scores in time, and `frame_stride`, their distance."""

    Config = DetectionConfig
    metric = "segment_f1"

    def __init__(self, config: DetectionConfig, learnt: Mapping[str, Any]) -> None:
        super().__init__(config, learnt)
        self.config: DetectionConfig
        self.classes: list[str] = list(learnt["classes"])

    @classmethod
    def learn(cls, config: DetectionConfig, material: Material) -> dict[str, Any]:
        heard, targets = (material.specs[name] for name in config.arrays)
        if heard.rate != targets.rate:
            raise DataError(f"{targets.name} has {targets.rate} frames a second, and {heard.name} {heard.rate}")
        made = [stage["frame_targets"] for stage in material.chain if "frame_targets" in stage]
        named = next((list(stage["classes"]) for stage in made if stage["as"] == config.targets), None)
        return {"classes": named or [f"event {n}" for n in range(targets.width or 0)], "frame_rate": heard.rate}

    def outputs(self, model: nn.Module, batch: Batch) -> Tensor:
        """Scores (batch, frames / stride, classes)."""
        if not hasattr(model, "frames"):
            raise DataError("the task detection needs a model that scores frames: conv_net")
        network: Any = model
        self._stride: int = network.frame_stride
        scores: Tensor = network.frames(batch.arrays[self.config.array], batch.lengths[self.config.array])
        return scores

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        targets, real = self.targets(batch, outputs.shape[1])
        each = binary_cross_entropy_with_logits(outputs.float(), targets, reduction="none").mean(2)
        return (each * real).sum(1) / real.sum(1)

    def answers(self, outputs: Tensor, batch: Batch) -> list[Answer]:
        targets, real = self.targets(batch, outputs.shape[1])
        chances = outputs.float().sigmoid()
        found = []
        for truth, chance, steps in zip(targets, chances, real.sum(1).int().tolist(), strict=True):
            pair = truth[:steps].bool().cpu().numpy(), chance[:steps].cpu().numpy()
            rate, segment = self.learnt["frame_rate"] / self._stride, self.config.segment_seconds
            counts = count(*pair, 1000, round(1000 * rate), segment, self.config.threshold)
            found.append({"counts": list(astuple(counts)), "events": self.events(chance[:steps])})
        return found

    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        total = reduce(add, (Counts(*answer["counts"]) for answer in answers))
        return {"segment_f1": total.f1, "error_rate": total.error_rate}

    def say(self, outputs: Tensor) -> list[dict[str, Any]]:
        found = [self.events(chances) for chances in outputs.float().sigmoid()]
        words = ["; ".join(f"{e['label']} {e['start']:.2f} to {e['end']:.2f} s" for e in events) for events in found]
        return [{"events": e, "summary": said or "no event"} for e, said in zip(found, words, strict=True)]

    def targets(self, batch: Batch, steps: int) -> tuple[Tensor, Tensor]:
        """The targets of so many steps, (batch, steps, classes): an event of any frame counts; and which are real."""
        given, lengths = batch.arrays[self.config.targets], batch.lengths[self.config.array]
        pooled = max_pool1d(given.transpose(1, 2), self._stride, ceil_mode=True).transpose(1, 2)[:, :steps]
        real = torch.arange(steps, device=given.device) < -(-lengths // self._stride)[:, None]
        return pooled, real.float()

    def events(self, chances: Tensor) -> list[dict[str, Any]]:
        """Where each class is above the threshold, in seconds; (steps, classes)."""
        step = self._stride / self.learnt["frame_rate"]
        found = []
        for number, name in enumerate(self.classes):
            active = (chances[:, number] >= self.config.threshold).tolist()
            edges = [n for n, (a, b) in enumerate(zip([False, *active], [*active, False], strict=True)) if a != b]
            pairs = zip(edges[::2], edges[1::2], strict=True)
            found += [{"label": name, "start": start * step, "end": end * step} for start, end in pairs]
        return sorted(found, key=lambda event: event["start"])
