"""What can go wrong here.

TrainingError                 base
├── DataError                 a store that holds nothing to train on, or not what the configuration names
├── NonFiniteLoss             the loss of a batch, or its gradient, is no number; the message names its keys
├── CheckpointError           a file that is no checkpoint, or one whose features are not those of the store
├── PredictError              a file that the checkpoint's chain cannot use
├── LanguageModelError        a text that no model can be made of, or a file that is no ARPA
├── ExportError               a model that cannot be written for others, or would not answer there as it does here
└── Interrupted               SIGTERM came; the last checkpoint is written
"""

from __future__ import annotations


class TrainingError(ValueError):
    """Base of every error that this package raises on purpose."""

    exit_code = 1


class DataError(TrainingError):
    """A store that holds nothing to train on, or not what the configuration names."""

    exit_code = 2


class NonFiniteLoss(TrainingError):
    """The loss of a batch, or its gradient, is no number. `keys` are those of the batch."""

    def __init__(self, step: int, keys: list[str]) -> None:
        super().__init__(f"step {step}: the loss or its gradient is no finite number; the batch held {', '.join(keys)}")
        self.step, self.keys = step, keys


class CheckpointError(TrainingError):
    """A file that is no checkpoint of ours, or one that does not fit what it is used with."""


class PredictError(TrainingError):
    """A file that the checkpoint's chain cannot use."""


class LanguageModelError(TrainingError):
    """A text that no model can be made of, or a file that is no ARPA; the message says where."""

    exit_code = 2


class ExportError(TrainingError):
    """A model that cannot be written for other programs, or that would not answer there as it does here."""


class Interrupted(TrainingError):
    """SIGTERM came. The last checkpoint is written, and --resume goes on from it."""

    exit_code = 143  # what a shell reports of a process that SIGTERM ended
