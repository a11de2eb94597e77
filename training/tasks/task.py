"""Task: what a model's outputs mean. One class per family; the trainer, evaluate and predict know only this."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from manifests.spec import ArraySpec
from training.errors import DataError
from training.models.model import Sizes
from training.section import Section

if TYPE_CHECKING:
    from training.collate import Batch
    from training.decoding.decoder import Decoding
    from training.fitted import Fitted
    from training.models.model import ModelConfig

Answer = dict[str, Any]


class TaskConfig(Section):
    """Base of the configuration of a task. `name` tells them apart in YAML."""

    name: str

    @property
    @abstractmethod
    def arrays(self) -> list[str]:
        """The arrays of an example that the task takes; the first one is what the model hears."""


@dataclass(frozen=True)
class Material:
    """What a task may look at before training: the specs of the arrays as a model gets them, and the train split.

    `rows(columns)` streams these columns of the index for each example of train. `fitted` is what the store's stages
    were fitted to, JSON text by the stage's label, and `chain` those stages with the ones at load. `batches()` reads
    the examples themselves, in their stored order, each time from the start.
    """

    specs: Mapping[str, ArraySpec]
    rows: Callable[[Sequence[str]], Iterable[Mapping[str, Any]]]
    fitted: Mapping[str, str]
    chain: Sequence[Mapping[str, Any]] = ()
    batches: Callable[[], Iterable[Batch]] = tuple


class Task(ABC):
    """A family of tasks: what is asked of a model, how its outputs are scored, and what they say.

    `metric` names the one of `metrics` by which the best checkpoint is chosen; more is better, unless `less_is_better`.
    `learnt` is what is known from the train split (JSON), such as the classes; with the configuration it makes the
    task again. `needs` are what a model must have besides `forward`, as `suited` models do.
    """

    Config: ClassVar[type[TaskConfig]]
    metric: ClassVar[str]
    less_is_better: ClassVar[bool] = False
    quick: ClassVar[bool] = True  # whether `metrics` may be asked a thousand times, for intervals
    mixes: ClassVar[bool] = False  # whether a loss can ask for two answers at once, see training.mixup
    needs: ClassVar[Sequence[str]] = ()
    suited: ClassVar[str] = ""
    always_writes: ClassVar[bool] = True  # whether a task that answers with files does where no folder is named

    def __init__(self, config: Any, learnt: Mapping[str, Any]) -> None:
        self.config, self.learnt = config, dict(learnt)

    @classmethod
    @abstractmethod
    def learn(cls, config: Any, material: Material) -> dict[str, Any]:
        """What is to be known from the train split; DataError where it holds nothing to learn."""

    @abstractmethod
    def outputs(self, model: nn.Module, batch: Batch) -> Any:
        """What the model makes of a batch."""

    @abstractmethod
    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        """The loss of each example: (batch,). The trainer weighs and averages them."""

    @abstractmethod
    def answers(self, outputs: Any, batch: Batch) -> list[Answer]:
        """For each example what the model says, beside the truth; `shown` leaves JSON of it."""

    @abstractmethod
    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        """Figures of merit over answers, of which there is one at least; nan where one cannot be taken."""

    def say(self, outputs: Any) -> list[dict[str, Any]]:
        """What the model says of each example that comes without a truth, as JSON with a `summary` in words.

        For tasks that leave `predict` as it is.
        """
        raise NotImplementedError

    def examine(self, outputs: Any, batch: Batch) -> list[Answer]:
        """What `evaluate` adds to the answers, since it takes too long for every epoch."""
        return [{} for _ in range(len(batch))]

    def predict(self, fitted: Fitted, path: Path, out: Path | None) -> list[dict[str, Any]]:
        """What the model says of a file, for each example that the store's chain makes of it; see `say`.

        `out` is the folder for tasks that answer with files. PredictError, with the reason, where the file cannot be
        used.
        """
        from training.predict import hear

        return hear(fitted, path)

    def decode_with(self, decoding: Decoding) -> None:
        """Decodes as this says from now on; DataError for a task whose answers are not decoded."""
        raise DataError(f"{self.config.name} decodes nothing: a beam and a language model are for recognition")

    def writes(self, path: Path) -> str | None:
        """The name of the file that `predict` writes for another; None for tasks that answer without files."""
        return None

    def build(self, model: ModelConfig, specs: Mapping[str, ArraySpec]) -> nn.Module:
        """The model of a configuration, for these arrays; DataError where it is none for this task."""
        if not self.needs and not model.scores_clips:
            raise DataError(
                f"model: {model.name} does not score clips, which the task {self.config.name} needs; take conv_net"
            )
        built = model.build(self.sizes(specs))
        missing = [name for name in self.needs if not hasattr(built, name)]
        if missing:
            raise DataError(
                f"model: {model.name} has no {' and no '.join(missing)}, which the task {self.config.name} needs; "
                f"take {self.suited}"
            )
        return built

    def sizes(self, specs: Mapping[str, ArraySpec]) -> Sizes:
        """What a model must fit; DataError where the array is not of the kind that the task takes."""
        spec = specs[self.config.arrays[0]]
        if spec.kind == "tokens" or spec.width is None:
            raise DataError(f"{spec.name} is no array of features or samples; {self.config.name} needs one")
        return Sizes(spec.width, spec.rate or 0.0, self.width)

    @property
    def width(self) -> int:
        """The number of outputs of a model."""
        return len(self.learnt["classes"])

    def merit(self, figures: Mapping[str, float]) -> float:
        """What is compared to choose a checkpoint: more is better. A figure that could not be taken is the worst."""
        value = figures[self.metric]
        return -math.inf if math.isnan(value) else -value if self.less_is_better else value

    def report(self, answers: Sequence[Answer]) -> dict[str, Any]:
        """What evaluate adds to the figures, as JSON: a confusion, figures by class."""
        return {}

    def draw(self, report: Mapping[str, Any], folder: Path) -> list[Path]:
        """Writes the pictures of a report into the folder of the run; where they are."""
        return []

    def errors(self, answers: Sequence[Answer]) -> list[Answer]:
        """The answers that are wrong; none where a task has no line between right and wrong."""
        return []

    def shown(self, answer: Answer) -> Answer:
        """What a report keeps of an answer, as JSON."""
        return answer

    @abstractmethod
    def explain(self, answer: Answer) -> str:
        """One answer that `shown` left, in words; its key and its loss stand beside it."""

    def describe(self) -> dict[str, Any]:
        """JSON for the checkpoint: the configuration, and what was learnt from the data before training."""
        return {"config": self.config.model_dump(mode="json"), "learnt": self.learnt}


def in_words(spec: ArraySpec) -> str:
    """An array as an error names it."""
    return f"{spec.name} ({spec.kind}, {spec.rate:g} a second)" if spec.rate else f"{spec.name} ({spec.kind}, no rate)"


def require_together(batch: Batch, heard: str, wanted: str) -> None:
    """DataError, with the key, unless two arrays of each example are of one length."""
    for key, one, other in zip(batch.keys, batch.lengths[heard].tolist(), batch.lengths[wanted].tolist(), strict=True):
        if one != other:
            raise DataError(f"{key}: {heard} has a length of {one}, and {wanted} of {other}; they must go together")
