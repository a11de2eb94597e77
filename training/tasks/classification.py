"""Classification: one label for a whole recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from features.example import Label
from training.config import ClassificationConfig
from training.errors import DataError
from training.metrics.classification import accuracy, confusion, macro_f1
from training.tasks.task import Answer, Task

if TYPE_CHECKING:
    from training.collate import Batch


class Classification(Task):
    """Learns one label of a recording from one array. `classes` are the label's values, in the order of the scores."""

    metric = "accuracy"

    def __init__(self, config: ClassificationConfig, classes: Sequence[Label]) -> None:
        if len(classes) < 2:
            raise DataError(f"label {config.label!r} has {len(classes)} values in train; two are needed to tell apart")
        self.config, self.classes = config, list(classes)
        self._number = {_identity(value): number for number, value in enumerate(classes)}

    @classmethod
    def from_labels(cls, config: ClassificationConfig, values: Iterable[Label | None]) -> Classification:
        """The task whose classes are the values that occur; DataError when a recording has none."""
        found = set()
        for value in values:
            if value is None or isinstance(value, list):
                raise DataError(f"label {config.label!r} is {value!r} for a recording in train; it must be one value")
            found.add(value)
        return cls(config, sorted(found, key=lambda value: (isinstance(value, str), value)))

    def outputs(self, model: nn.Module, batch: Batch) -> Tensor:
        name = self.config.array
        scores: Tensor = model(batch.arrays[name], batch.lengths[name])
        return scores

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        target = torch.tensor(self.targets(batch))
        return cross_entropy(outputs, target, reduction="none", label_smoothing=self.config.label_smoothing)

    def answers(self, outputs: Tensor, batch: Batch) -> list[Answer]:
        probabilities = outputs.softmax(1)
        best = probabilities.argmax(1).tolist()
        return [
            {
                "key": key,
                "truth": self.classes[truth],
                "answer": self.classes[answer],
                "probability": float(row[answer]),
            }
            for key, truth, answer, row in zip(batch.keys, self.targets(batch), best, probabilities, strict=True)
        ]

    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        matrix = self.confusion(answers)
        return {"accuracy": accuracy(matrix), "macro_f1": macro_f1(matrix)}

    def confusion(self, answers: Sequence[Answer]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """How often each class (row) was answered as each class (column)."""
        truth, answer = ([self._number[_identity(item[name])] for item in answers] for name in ("truth", "answer"))
        return confusion(truth, answer, len(self.classes))

    def describe(self) -> dict[str, Any]:
        return {**self.config.model_dump(mode="json"), "classes": self.classes}

    def targets(self, batch: Batch) -> list[int]:
        """The class numbers of a batch; DataError, with the key, for a value that train does not have."""
        return [self._target(key, value) for key, value in zip(batch.keys, self.labels(batch), strict=True)]

    def labels(self, batch: Batch) -> list[Any]:
        """The values of the label in a batch."""
        if self.config.label == "speaker":
            return list(batch.speakers)
        return [labels.get(self.config.label) for labels in batch.labels]

    def _target(self, key: str, value: Any) -> int:
        if isinstance(value, list) or _identity(value) not in self._number:
            known = ", ".join(map(str, self.classes[:20]))
            raise DataError(
                f"{key}: label {self.config.label!r} is {value!r}, which no recording in train has: {known}"
            )
        return self._number[_identity(value)]


def _identity(value: Any) -> tuple[type, Any]:
    """What tells label values apart: 1, True and 1.0 are equal in Python, and three labels."""
    return type(value), value
