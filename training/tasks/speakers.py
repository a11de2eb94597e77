"""Speakers: who speaks, and whether two recordings are of the same voice, also of voices that were never heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from training.errors import DataError
from training.losses.angular_margin import angular_margin_loss
from training.metrics.verification import equal_error_rate, min_detection_cost, pairs
from training.tasks.classification import classes_of
from training.tasks.labels import label_of, row_label
from training.tasks.task import Answer, Material, Task, TaskConfig

if TYPE_CHECKING:
    from training.collate import Batch

DECIMALS = 5
"""Of the embeddings in answers."""


class SpeakersConfig(TaskConfig):
    """Embeddings of voices, learnt by telling the speakers of train apart."""

    name: Literal["speakers"] = "speakers"

    label: str = "speaker"
    """The label that names the voice."""

    array: str = "log_mel"
    """The array that the model hears; features, time first."""

    margin: float = Field(0.2, ge=0, lt=1)
    """By how much, in radians, the right speaker must be nearer than the others (AAM-softmax, Deng et al. 2019)."""

    scale: float = Field(30.0, gt=0)
    """What cosines are multiplied by; less where speakers are few."""

    @property
    def arrays(self) -> list[str]:
        return [self.array]


class Speakers(Task):
    """Learns embeddings from the speakers of train. Models have `embed`, and `compare` with the speakers of train.

    Figures come from all pairs of embeddings: the equal error rate, and the least detection cost. Where an example's
    speaker is one of train, `accuracy` says how often that one is nearest; a speaker that train does not have costs
    no loss, and has no accuracy.
    """

    Config = SpeakersConfig
    metric = "equal_error_rate"
    less_is_better = True
    quick = False

    def __init__(self, config: SpeakersConfig, learnt: Mapping[str, Any]) -> None:
        super().__init__(config, learnt)
        self.config: SpeakersConfig
        self.classes: list[Any] = list(learnt["classes"])
        self._number = {name: number for number, name in enumerate(self.classes)}

    @classmethod
    def learn(cls, config: SpeakersConfig, material: Material) -> dict[str, Any]:
        rows = material.rows(["speaker" if config.label == "speaker" else "labels"])
        return {"classes": classes_of(config.label, (row_label(row, config.label) for row in rows))}

    def outputs(self, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Embeddings (batch, size), and the cosines to the speakers of train (batch, classes)."""
        if not hasattr(model, "embed") or not hasattr(model, "compare"):
            raise DataError("the task speakers needs a model with embeddings: ecapa_tdnn")
        network: Any = model
        embedded: Tensor = network.embed(batch.arrays[self.config.array], batch.lengths[self.config.array])
        return embedded, network.compare(embedded)

    def losses(self, outputs: tuple[Tensor, Tensor], batch: Batch) -> Tensor:
        _, cosines = outputs
        numbers = [self._number.get(name, -1) for name in label_of(batch, self.config.label)]
        targets = torch.tensor(numbers, device=cosines.device)
        found = angular_margin_loss(cosines, targets.clamp(min=0), self.config.margin, self.config.scale)
        return found * (targets >= 0)

    def answers(self, outputs: tuple[Tensor, Tensor], batch: Batch) -> list[Answer]:
        embedded, cosines = outputs
        best = zip(cosines.argmax(1).tolist(), cosines.amax(1).tolist(), strict=True)
        vectors = np.round(embedded.float().cpu().numpy().astype(np.float64), DECIMALS).tolist()
        truths = label_of(batch, self.config.label)
        return [
            {"truth": truth, "answer": self.classes[number], "cosine": cosine, "embedding": vector}
            for truth, (number, cosine), vector in zip(truths, best, vectors, strict=True)
        ]

    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        known = [answer["truth"] == answer["answer"] for answer in answers if answer["truth"] in self._number]
        vectors = np.array([answer["embedding"] for answer in answers])
        scores, same = pairs(vectors, [str(answer["truth"]) for answer in answers])
        figures = {"equal_error_rate": equal_error_rate(scores, same), "min_dcf": min_detection_cost(scores, same)}
        return figures | ({"accuracy": sum(known) / len(known)} if known else {})

    def say(self, outputs: tuple[Tensor, Tensor]) -> list[dict[str, Any]]:
        found = []
        for vector, row in zip(*outputs, strict=True):
            cosine, number = row.max(0)
            name = self.classes[int(number)]
            summary = f"nearest to {name}, cosine {float(cosine):.3f}"
            found.append({"label": name, "cosine": float(cosine), "embedding": vector.tolist(), "summary": summary})
        return found

    def errors(self, answers: Sequence[Answer]) -> list[Answer]:
        return [a for a in answers if a["truth"] in self._number and a["truth"] != a["answer"]]

    def explain(self, answer: Answer) -> str:
        return f"{answer['truth']} heard as {answer['answer']} (cosine {answer['cosine']:.2f})"
