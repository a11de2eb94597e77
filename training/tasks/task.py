"""Task: what a model's outputs mean. One class per family; the trainer, evaluate and predict know only this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

if TYPE_CHECKING:
    from training.collate import Batch

Answer = dict[str, Any]


class Task(ABC):
    """A family of tasks. `metric` names the one of `metrics` by which the best checkpoint is chosen; more is better."""

    metric: ClassVar[str]

    @abstractmethod
    def outputs(self, model: nn.Module, batch: Batch) -> Tensor:
        """What the model makes of a batch; the first dimension is the batch's."""

    @abstractmethod
    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        """The loss of each example: (batch,). The trainer weighs and averages them."""

    @abstractmethod
    def answers(self, outputs: Tensor, batch: Batch) -> list[Answer]:
        """For each example its key, its truth and what the model says, as JSON."""

    @abstractmethod
    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        """Figures of merit over answers."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """JSON for the checkpoint: the configuration, and what was learnt from the data before training."""
