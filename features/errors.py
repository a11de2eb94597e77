"""What can go wrong here.

FeatureError                  a mistake of the person who wrote the chain
├── ChainError                stages that do not fit together, found before anything runs
├── SpeechError               text that cannot be spoken: no synthesizer, an unknown voice
└── StageCrash                a bug in a stage: any exception that is not a verdict

A recording that cannot be used is no exception: it is a verdict (features.stage.Rejected).
"""

from __future__ import annotations


class FeatureError(ValueError):
    """Base of every error that this package raises on purpose."""

    exit_code = 2


class ChainError(FeatureError):
    """Stages that do not fit together.

    `parameter` is the one to change, when it is known; `index` the stage's position in its chain.
    """

    index: int | None = None

    def __init__(self, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class SpeechError(FeatureError):
    """Text that cannot be spoken as told."""


class StageCrash(FeatureError):
    """An exception that a stage did not expect: `key` and `stage` say where."""

    exit_code = 1

    def __init__(self, key: str, stage: str, error: BaseException) -> None:
        super().__init__(f"{key}: stage {stage} failed with {type(error).__name__}: {error}")
        self.key, self.stage = key, stage
