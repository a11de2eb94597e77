"""Detection: which events sound when, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, max_pool1d

from training.errors import DataError
from training.metrics.detection import Counts, count
from training.tasks.task import Answer, Material, Task, TaskConfig, in_words, require_together

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


class Scored(NamedTuple):
    """The scores of a batch in time."""

    scores: Tensor
    """(batch, steps, classes)."""

    stride: int
    """Frames from one step to the next."""


class Detection(Task):
    """Learns the events of each frame. Models have `frames`, scores in time, and `frame_stride`, their distance."""

    Config = DetectionConfig
    metric = "segment_f1"
    needs = ("frames", "frame_stride")
    suited = "conv_net"

    def __init__(self, config: DetectionConfig, learnt: Mapping[str, Any]) -> None:
        super().__init__(config, learnt)
        self.config: DetectionConfig
        self.classes: list[str] = list(learnt["classes"])
        self.frame_rate = float(learnt["frame_rate"])

    @classmethod
    def learn(cls, config: DetectionConfig, material: Material) -> dict[str, Any]:
        heard, targets = (material.specs[name] for name in config.arrays)
        if heard.kind != "features" or targets.kind != "features" or not heard.rate or heard.rate != targets.rate:
            raise DataError(
                f"detection needs features and targets of the same frames, got {in_words(heard)} and "
                f"{in_words(targets)}; frame_targets makes them, and a rate is known where the recipe has resample"
            )
        made = [stage["frame_targets"] for stage in material.chain if "frame_targets" in stage]
        named = next((list(stage["classes"]) for stage in made if stage["as"] == config.targets), None)
        return {"classes": named or [f"event {n}" for n in range(targets.width or 0)], "frame_rate": heard.rate}

    def outputs(self, model: nn.Module, batch: Batch) -> Scored:
        network: Any = model
        scores = network.frames(batch.arrays[self.config.array], batch.lengths[self.config.array])
        return Scored(scores, network.frame_stride)

    def losses(self, outputs: Scored, batch: Batch) -> Tensor:
        targets, real = self.targets(outputs, batch)
        each = binary_cross_entropy_with_logits(outputs.scores.float(), targets, reduction="none").mean(2)
        return (each * real).sum(1) / real.sum(1)

    def answers(self, outputs: Scored, batch: Batch) -> list[Answer]:
        targets, real = self.targets(outputs, batch)
        segment, threshold = self.config.segment_seconds, self.config.threshold
        found = []
        for truth, chances, steps in zip(targets, outputs.scores.float().sigmoid(), real.sum(1).tolist(), strict=True):
            pair = truth[:steps].bool().cpu().numpy(), chances[:steps].cpu().numpy()
            # a step is `stride` frames; a thousand of them to a "sample" keep rates that are no whole numbers
            counts = count(*pair, 1000 * outputs.stride, round(1000 * self.frame_rate), segment, threshold)
            events = self.events(chances[:steps], outputs.stride)
            found.append({"counts": list(astuple(counts)), "events": events})
        return found

    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        total = Counts(*np.sum([answer["counts"] for answer in answers], axis=0).tolist())
        return {"segment_f1": total.f1, "error_rate": total.error_rate}

    def say(self, outputs: Scored) -> list[dict[str, Any]]:
        found = [self.events(chances, outputs.stride) for chances in outputs.scores.float().sigmoid()]
        return [{"events": events, "summary": told(events)} for events in found]

    def errors(self, answers: Sequence[Answer]) -> list[Answer]:
        return [answer for answer in answers if answer["counts"][1] or answer["counts"][2]]

    def explain(self, answer: Answer) -> str:
        _, added, missed, _ = answer["counts"]
        return f"{missed} segments missed, {added} too many; heard {told(answer['events'])}"

    def targets(self, outputs: Scored, batch: Batch) -> tuple[Tensor, Tensor]:
        """The targets of each step, (batch, steps, classes): an event of any of its frames counts; and which are real.

        DataError, with the key, where features and targets are not of the same frames.
        """
        require_together(batch, self.config.array, self.config.targets)
        given, lengths = batch.arrays[self.config.targets], batch.lengths[self.config.array]
        steps = outputs.scores.shape[1]
        pooled = max_pool1d(given.transpose(1, 2), outputs.stride, ceil_mode=True).transpose(1, 2)[:, :steps]
        real = torch.arange(steps, device=given.device) < -(-lengths.clamp(min=1) // outputs.stride)[:, None]
        return pooled, real

    def events(self, chances: Tensor, stride: int) -> list[dict[str, Any]]:
        """Where each class is above the threshold, in seconds, first come first; `chances` are (steps, classes)."""
        step = stride / self.frame_rate
        found = []
        for number, name in enumerate(self.classes):
            active = np.pad((chances[:, number] >= self.config.threshold).int().cpu().numpy(), 1)
            starts, ends = (np.flatnonzero(np.diff(active) == way) for way in (1, -1))
            found += [
                {"label": name, "start": round(start * step, 6), "end": round(end * step, 6)}
                for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
            ]
        return sorted(found, key=lambda event: event["start"])


def told(events: Sequence[Mapping[str, Any]]) -> str:
    """Events as a person reads them."""
    return "; ".join(f"{e['label']} {e['start']:.2f} to {e['end']:.2f} s" for e in events) or "no event"
