"""What a model's configuration answers: the model itself, for the sizes that the store and the task have."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from training.section import Section


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a model must fit: the array that it hears, and what it answers.

    `width` is bins of features, or channels of a waveform; `rate` is frames or samples a second; `outputs` is the
    number of classes, symbols, or channels of the answer.
    """

    width: int
    rate: float
    outputs: int


class ModelConfig(Section):
    """Base of the configuration of a model, which stands in the file of the model. `name` tells them apart in YAML.

    `scores_clips` says whether the model answers one score for each class and clip.
    """

    scores_clips: ClassVar[bool] = True

    name: str

    @abstractmethod
    def build(self, sizes: Sizes) -> nn.Module:
        """The model with fresh weights; DataError where it cannot have such sizes."""
