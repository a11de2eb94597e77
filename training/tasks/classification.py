"""Classification: one label for a whole recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from features.example import Label
from training.errors import DataError
from training.metrics.calibration import expected_calibration_error
from training.metrics.classification import accuracy, confusion, macro_f1
from training.pictures import draw_confusion
from training.tasks.labels import classes_in, identity, label_of
from training.tasks.task import Answer, Material, Task, TaskConfig

if TYPE_CHECKING:
    from training.collate import Batch

TOP = 5
"""Classes that are said of a file."""
MOST_DRAWN = 100
"""Classes that a confusion is reported of; that of more nobody can read."""


class ClassificationConfig(TaskConfig):
    """One label for a whole recording."""

    name: Literal["classification"] = "classification"

    label: str
    """The label that is learnt, by its name in the store, or `speaker`. Its values in train are the classes."""

    array: str = "log_mel"
    """The array that the model hears, time first: features, or a waveform."""

    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """The share of the target that is spread evenly over all classes."""

    @property
    def arrays(self) -> list[str]:
        return [self.array]


class Classification(Task):
    """Learns one label of a recording from one array. `classes` are the label's values, in the order of the scores."""

    Config = ClassificationConfig
    metric = "accuracy"
    mixes = True

    def __init__(self, config: ClassificationConfig, learnt: Mapping[str, Any]) -> None:
        super().__init__(config, learnt)
        self.config: ClassificationConfig
        self.classes: list[Label] = list(learnt["classes"])
        self._number = {identity(value): number for number, value in enumerate(self.classes)}

    @classmethod
    def learn(cls, config: ClassificationConfig, material: Material) -> dict[str, Any]:
        return {"classes": classes_in(material, config.label)}

    def outputs(self, model: nn.Module, batch: Batch) -> Tensor:
        name = self.config.array
        scores: Tensor = model(batch.arrays[name], batch.lengths[name])
        return scores

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        target = torch.tensor(self.targets(batch), device=outputs.device)
        return cross_entropy(outputs.float(), target, reduction="none", label_smoothing=self.config.label_smoothing)

    def answers(self, outputs: Tensor, batch: Batch) -> list[Answer]:
        chances, best = outputs.float().softmax(1).max(1)
        return [
            {"truth": self.classes[truth], "answer": self.classes[answer], "probability": chance}
            for truth, answer, chance in zip(self.targets(batch), best.tolist(), chances.tolist(), strict=True)
        ]

    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        matrix = self.confusion(answers)
        return {"accuracy": accuracy(matrix), "macro_f1": macro_f1(matrix)}

    def say(self, outputs: Tensor) -> list[dict[str, Any]]:
        found = []
        for row in outputs.float().softmax(1):
            chances, numbers = row.topk(min(TOP, len(self.classes)))
            top = [
                {"label": self.classes[number], "probability": chance}
                for number, chance in zip(numbers.tolist(), chances.tolist(), strict=True)
            ]
            others = ", ".join(f"{other['label']} {other['probability']:.3f}" for other in top[1:])
            summary = f"{top[0]['label']} {top[0]['probability']:.3f}  ({others})"
            found.append({**top[0], "top": top, "summary": summary})
        return found

    def report(self, answers: Sequence[Answer]) -> dict[str, Any]:
        right = np.array([answer["answer"] == answer["truth"] for answer in answers])
        error = expected_calibration_error(np.array([answer["probability"] for answer in answers]), right)
        drawn = {"confusion": self.confusion(answers).tolist()} if len(self.classes) <= MOST_DRAWN else {}
        return {"expected_calibration_error": error, "classes": self.classes, **drawn}

    def draw(self, report: Mapping[str, Any], folder: Path) -> list[Path]:
        if "confusion" not in report:
            return []
        title = f"{report['split']}: accuracy {report['accuracy']:.4f} of {report['examples']}"
        place = folder / f"confusion-{report['split']}.png"
        draw_confusion(report["confusion"], report["classes"], place, title)
        return [place]

    def errors(self, answers: Sequence[Answer]) -> list[Answer]:
        return [answer for answer in answers if answer["answer"] != answer["truth"]]

    def explain(self, answer: Answer) -> str:
        return f"{answer['truth']} heard as {answer['answer']} ({answer['probability']:.2f})"

    def confusion(self, answers: Sequence[Answer]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """How often each class (row) was answered as each class (column)."""
        truth, answer = ([self._number[identity(item[name])] for item in answers] for name in ("truth", "answer"))
        return confusion(truth, answer, len(self.classes))

    def targets(self, batch: Batch) -> list[int]:
        """The class numbers of a batch; DataError, with the key, for a value that train does not have."""
        values = label_of(batch, self.config.label)
        return [self._target(key, value) for key, value in zip(batch.keys, values, strict=True)]

    def _target(self, key: str, value: Any) -> int:
        if isinstance(value, list) or identity(value) not in self._number:
            known = ", ".join(map(str, self.classes[:20]))
            raise DataError(
                f"{key}: label {self.config.label!r} is {value!r}, which no recording in train has: {known}"
            )
        return self._number[identity(value)]
