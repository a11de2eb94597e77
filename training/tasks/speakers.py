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
from training.tasks.labels import classes_in, identity, label_of
from training.tasks.task import Answer, Material, Task, TaskConfig

if TYPE_CHECKING:
    from training.collate import Batch

MOST_COMPARED = 4000
"""Answers whose pairs make up the figures of verification: 8 million pairs, in 400 MB."""


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

    The equal error rate and the least detection cost come from all pairs of embeddings, or from those of 4,000 answers
    that lie evenly among more. `accuracy` says how often the nearest speaker is the right one, of the examples whose
    speaker is one of train; a speaker that train does not have costs no loss.
    """

    Config = SpeakersConfig
    metric = "equal_error_rate"
    less_is_better = True
    mixes = True
    quick = False
    needs = ("embed", "compare")
    suited = "ecapa_tdnn"

    def __init__(self, config: SpeakersConfig, learnt: Mapping[str, Any]) -> None:
        super().__init__(config, learnt)
        self.config: SpeakersConfig
        self.classes: list[Any] = list(learnt["classes"])
        self._number = {identity(name): number for number, name in enumerate(self.classes)}

    @classmethod
    def learn(cls, config: SpeakersConfig, material: Material) -> dict[str, Any]:
        return {"classes": classes_in(material, config.label)}

    def outputs(self, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Embeddings (batch, size), and the cosines to the speakers of train (batch, classes)."""
        network: Any = model
        embedded: Tensor = network.embed(batch.arrays[self.config.array], batch.lengths[self.config.array])
        return embedded, network.compare(embedded)

    def losses(self, outputs: tuple[Tensor, Tensor], batch: Batch) -> Tensor:
        _, cosines = outputs
        numbers = [self._number.get(identity(name), -1) for name in self.truths(batch)]
        targets = torch.tensor(numbers, device=cosines.device)
        found = angular_margin_loss(cosines, targets.clamp(min=0), self.config.margin, self.config.scale)
        return found * (targets >= 0)

    def answers(self, outputs: tuple[Tensor, Tensor], batch: Batch) -> list[Answer]:
        embedded, cosines = outputs
        nearest, best = cosines.float().max(1)
        columns = self.truths(batch), best.tolist(), nearest.tolist(), embedded.float().cpu().numpy()
        return [
            {"truth": truth, "answer": self.classes[number], "cosine": cosine, "embedding": vector}
            for truth, number, cosine, vector in zip(*columns, strict=True)
        ]

    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        known = [answer["truth"] == answer["answer"] for answer in answers if self._knows(answer)]
        step = max(1.0, len(answers) / MOST_COMPARED)
        some = [answers[int(place)] for place in np.arange(0, len(answers), step)]
        vectors = np.stack([answer["embedding"] for answer in some])
        scores, same = pairs(vectors, [repr(answer["truth"]) for answer in some])
        return {
            "equal_error_rate": equal_error_rate(scores, same),
            "min_dcf": min_detection_cost(scores, same),
            "accuracy": sum(known) / len(known) if known else float("nan"),
        }

    def say(self, outputs: tuple[Tensor, Tensor]) -> list[dict[str, Any]]:
        found = []
        for vector, row in zip(*outputs, strict=True):
            cosine, number = row.max(0)
            name = self.classes[int(number)]
            summary = f"nearest to {name}, cosine {float(cosine):.3f}"
            found.append({"label": name, "cosine": float(cosine), "embedding": vector.tolist(), "summary": summary})
        return found

    def errors(self, answers: Sequence[Answer]) -> list[Answer]:
        return [answer for answer in answers if self._knows(answer) and answer["truth"] != answer["answer"]]

    def shown(self, answer: Answer) -> Answer:
        return {name: value for name, value in answer.items() if name != "embedding"}

    def explain(self, answer: Answer) -> str:
        return f"{answer['truth']} heard as {answer['answer']} (cosine {answer['cosine']:.2f})"

    def truths(self, batch: Batch) -> list[Any]:
        """Who speaks in each example; DataError, with the key, where nobody is named."""
        found = label_of(batch, self.config.label)
        for key, name in zip(batch.keys, found, strict=True):
            if name is None or isinstance(name, list):
                raise DataError(f"{key}: label {self.config.label!r} is {name!r}; it must be one value")
        return found

    def _knows(self, answer: Answer) -> bool:
        """Whether the speaker is one of train."""
        return identity(answer["truth"]) in self._number
