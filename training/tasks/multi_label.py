"""Multi-label: which of many things are true of a recording, each yes or no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from training.errors import DataError
from training.metrics.multi_label import average_precision, macro_f1, mean_average_precision, micro_f1
from training.tasks.labels import label_of, row_label
from training.tasks.task import Answer, Material, Task, TaskConfig

if TYPE_CHECKING:
    from training.collate import Batch


class MultiLabelConfig(TaskConfig):
    """Several labels, or a label with several values, each of which is true or not."""

    name: Literal["multi_label"] = "multi_label"

    labels: tuple[str, ...] = Field(min_length=1)
    """The labels that are learnt, each a single value or a list of them. Every value is a class: `rock` where one label
    is named here, `size=small` where several are."""

    array: str = "log_mel"
    """The array that the model hears, time first: features, or a waveform."""

    min_count: int = Field(1, ge=1)
    """Classes that fewer recordings of train have are not learnt."""

    threshold: float = Field(0.5, gt=0, lt=1)
    """The probability from which on a class is answered."""

    @property
    def arrays(self) -> list[str]:
        return [self.array]


class MultiLabel(Task):
    """Learns which classes are true of a recording. `classes` are those that occur in train, sorted.

    `shares` says of how many recordings of train each is true. `evaluate` adds the baseline that they give: the best F1
    of an answer that is always the same.
    """

    Config = MultiLabelConfig
    metric = "mean_average_precision"
    mixes = True

    def __init__(self, config: MultiLabelConfig, learnt: Mapping[str, Any]) -> None:
        super().__init__(config, learnt)
        self.config: MultiLabelConfig
        self.classes: list[str] = list(learnt["classes"])

    @classmethod
    def learn(cls, config: MultiLabelConfig, material: Material) -> dict[str, Any]:
        counts: Counter[str] = Counter()
        total = 0
        for row in material.rows(["labels", "speaker"]):
            counts.update(classes_of({name: row_label(row, name) for name in config.labels}))
            total += 1
        kept = sorted(name for name, count in counts.items() if count >= config.min_count)
        if not kept:
            raise DataError(f"labels {', '.join(config.labels)}: no value stands {config.min_count} times in train")
        return {"classes": kept, "shares": [counts[name] / total for name in kept]}

    def outputs(self, model: nn.Module, batch: Batch) -> Tensor:
        scores: Tensor = model(batch.arrays[self.config.array], batch.lengths[self.config.array])
        return scores

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        target = torch.from_numpy(self.targets(batch)).to(outputs.device, torch.float32)
        return binary_cross_entropy_with_logits(outputs.float(), target, reduction="none").mean(1)

    def answers(self, outputs: Tensor, batch: Batch) -> list[Answer]:
        chances = outputs.float().sigmoid().cpu().numpy()
        truths = [[self.classes[n] for n in np.flatnonzero(row)] for row in self.targets(batch)]
        rounded = [[round(float(chance), 6) for chance in row] for row in chances]
        return [{"truth": t, "probabilities": found} for t, found in zip(truths, rounded, strict=True)]

    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        truth, chances = self.table(answers)
        return {
            "mean_average_precision": mean_average_precision(truth, chances),
            "micro_f1": micro_f1(truth, chances, self.config.threshold),
            "macro_f1": macro_f1(truth, chances, self.config.threshold),
        }

    def report(self, answers: Sequence[Answer]) -> dict[str, Any]:
        truth, chances = self.table(answers)
        always = np.tile(best_constant(self.learnt["shares"]), (len(answers), 1))
        precision = dict(zip(self.classes, average_precision(truth, chances).tolist(), strict=True))
        return {"baseline_micro_f1": micro_f1(truth, always.astype(float)), "average_precision": precision}

    def say(self, outputs: Tensor) -> list[dict[str, Any]]:
        found = []
        for row in outputs.float().sigmoid().tolist():
            ranked = sorted(zip(self.classes, row, strict=True), key=lambda pair: -pair[1])
            there = [name for name, chance in ranked if chance >= self.config.threshold]
            chances = [{"label": name, "probability": chance} for name, chance in ranked]
            found.append({"labels": there, "top": chances, "summary": ", ".join(there) or "none of the labels"})
        return found

    def explain(self, answer: Answer) -> str:
        pairs = zip(self.classes, answer["probabilities"], strict=True)
        heard = [name for name, chance in pairs if chance >= self.config.threshold]
        return f"{', '.join(answer['truth']) or 'nothing'} heard as {', '.join(heard) or 'nothing'}"

    def targets(self, batch: Batch) -> NDArray[np.bool_]:
        """Which classes are true of each example: (batch, classes). Values that train does not have count for none."""
        columns = {name: label_of(batch, name) for name in self.config.labels}
        there = [classes_of({name: column[n] for name, column in columns.items()}) for n in range(len(batch))]
        return np.array([[name in values for name in self.classes] for values in there], np.bool_)

    def table(self, answers: Sequence[Answer]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Truth and probabilities, (answers, classes) each."""
        there = [set(answer["truth"]) for answer in answers]
        truth = np.array([[name in values for name in self.classes] for values in there], np.bool_)
        return truth, np.array([answer["probabilities"] for answer in answers], np.float64)


def classes_of(labels: Mapping[str, Any]) -> set[str]:
    """The classes that are true of a recording with these labels.

    >>> sorted(classes_of({"tags": ["rock", "live"]}))
    ['live', 'rock']
    >>> sorted(classes_of({"tags": ["rock", "live"], "size": "small", "roast": None}))
    ['size=small', 'tags=live', 'tags=rock']
    """
    found = set()
    for name, value in labels.items():
        values = value if isinstance(value, list) else [] if value is None else [value]
        found |= {f"{name}={one}" if len(labels) > 1 else str(one) for one in values}
    return found


def best_constant(shares: Sequence[float]) -> NDArray[np.bool_]:
    """The classes to answer always, when each is true of such a share of recordings: those that give the best micro F1.

    >>> best_constant([0.1, 0.6, 0.4]).tolist()
    [False, True, True]
    """
    order = np.argsort(-np.asarray(shares), kind="stable")
    hits, answered = np.cumsum(np.asarray(shares)[order]), np.arange(1, len(order) + 1)
    number = int(np.argmax(2 * hits / (answered + sum(shares)))) + 1
    return np.isin(np.arange(len(order)), order[:number])
