"""TensorBoard: the curves of a run beside those of others, as they grow; `tensorboard --logdir RUNS` shows them.

It needs the extra `tensorboard`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.errors import TrainingError
from training.progress import Progress, Watch

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

EVERY = 10
"""Steps between two points of the curve within epochs."""


class TensorBoard(Watch):
    """Writes scalars into a folder: within epochs the mean loss so far, behind each its line of metrics.jsonl.

    All of them over steps. A run that goes on from a checkpoint hides what had been written for later steps.
    TrainingError where TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import_module("torch.utils.tensorboard")  # the writer is opened at the first step
        except ImportError as error:
            raise TrainingError(
                "--tensorboard needs the extra tensorboard: pip install 'wavemill[tensorboard]'"
            ) from error
        self.folder = folder
        self._writer: SummaryWriter | None = None

    def step(self, progress: Progress, steps: int) -> None:
        writer = self._opened(progress.step)
        if progress.step % EVERY == 0:
            writer.add_scalar("loss within the epoch", progress.loss / progress.weight, progress.step)

    def epoch(self, figures: dict[str, Any]) -> None:
        writer = self._opened(figures["step"])
        for name, value in figures.items():
            if isinstance(value, float) or name == "epoch":
                writer.add_scalar(_tag(name), value, figures["step"])
        writer.flush()

    def close(self) -> None:
        """Writes what is left."""
        if self._writer is not None:
            self._writer.close()

    def _opened(self, step: int) -> SummaryWriter:
        from torch.utils.tensorboard import SummaryWriter

        if self._writer is None:
            self._writer = SummaryWriter(str(self.folder), purge_step=step)
        return self._writer


def _tag(name: str) -> str:
    """train_loss as train/loss, so that figures of a split stand together."""
    split, _, rest = name.partition("_")
    return f"{split}/{rest}" if split in ("train", "valid") else f"epoch/{name}"
