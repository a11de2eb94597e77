"""What can go wrong here.

PipelineError                 a build, or anything about it, that failed
├── ConfigError               mistakes in a YAML file or in what overrides it: all of them at once
│   └── RecipeError           the same, in a recipe
├── ClusterError              a cluster that --cluster names, and that cannot be used
├── BuildError                a build that could not go on: a bug in a stage, a full disk, a dead builder
│   └── UnfitError            a machine that must not take part in a build
├── GateError                 a build whose result is not accepted: too much was rejected or dropped
├── LeavingError              a recording that another toolkit's manifest cannot say
└── LockedError               somebody else is building this store
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


class PipelineError(ValueError):
    """Base of every error that this package raises on purpose."""

    exit_code = 1


class LeavingError(PipelineError):
    """A recording that the manifest of another toolkit cannot say; the message opens with the recording's key."""


class PluginError(PipelineError):
    """A plugin that cannot be used; the message opens with the file, and its line where it has one."""

    exit_code = 2


Steps = tuple[str | int, ...]
"""The way to a value: the keys and list positions that lead there from the top."""


def format_steps(steps: Steps) -> str:
    """A path as messages name it.

    >>> format_steps(("stages", 3, "log_mel", "n_mels"))
    'stages[3].log_mel.n_mels'
    """
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[\w-]+", step):
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]"
    return text


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written: `path` and, counted from 1, `line` and `column`.

    What came from the command line has no line; there `path` is the option as typed.
    """

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it stands, which key it is about (`stages[3].log_mel.n_mels`, or ""), and what is wrong."""

    place: Place
    where: str
    message: str

    def __str__(self) -> str:
        if not self.where:
            return f"{self.place}: {self.message}"
        # a line and a column need no colon after them; an option as typed does
        return f"{self.place}{':' if self.place.line is None else ''} {self.where}: {self.message}"


class ConfigError(PipelineError):
    """Every mistake that was found, one per line: those in overrides first, then in the order of the file."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=_order)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RecipeError(ConfigError):
    """A recipe that cannot be used as it is."""


class ClusterError(PipelineError):
    """A cluster that cannot be used as it was named."""

    exit_code = 2


class BuildError(PipelineError):
    """A build that could not go on. What it had finished is kept, and found again by the next build."""


class UnfitError(BuildError):
    """A machine that would give other bits, or see other files, than the one that planned."""


class GateError(PipelineError):
    """A build whose result is not accepted; the store is as it was. `candidate` names what was built, if anything."""

    exit_code = 3

    def __init__(self, message: str, candidate: str | None = None) -> None:
        super().__init__(message)
        self.candidate = candidate


class LockedError(PipelineError):
    """Somebody else is building this store; the message says who."""

    exit_code = 11


def _order(problem: Problem) -> tuple[int, int, str]:
    return problem.place.line or 0, problem.place.column or 0, problem.place.path
