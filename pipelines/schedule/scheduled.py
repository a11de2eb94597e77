"""Scheduled: what a recipe says about when it is built, read without a look at its corpora.

The recipe as a whole is read by the build itself: a mount that is gone for a minute, or a variable that is set
only where the build runs, must not keep a loop from starting or a unit from being written.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipelines.environment import variables
from pipelines.recipe import Limits, Name, Schedule
from pipelines.schedule.cron import Cron
from pipelines.schedule.zones import zone
from pipelines.yaml_source import read_yaml


class _Part(BaseModel):
    """The part of a recipe that is read here."""

    model_config = ConfigDict(extra="ignore")

    name: Name
    schedule: Schedule
    limits: Limits = Limits()


@dataclass(frozen=True)
class ScheduledBuild:
    """A recipe with its schedule.

    `folder` is where the build runs: relative paths in the recipe start there. `workers` are builder
    processes, `memory_bytes` the address space of each; `variables` is what the recipe reads of the environment.
    """

    name: str
    recipe: Path
    folder: Path
    schedule: Schedule
    memory_bytes: int
    variables: tuple[str, ...]
    workers: int | None = None

    @classmethod
    def read(cls, path: str | Path, workers: int | None = None) -> ScheduledBuild:
        """What a recipe says, for a build in the current directory; ConfigError with every mistake in that part."""
        text = Path(path).read_text("utf-8", errors="replace") if os.path.isfile(path) else ""
        known = variables(text)
        unset = {name: f"${{{name}}}" for name, optional in known.items() if not optional and name not in os.environ}
        part = read_yaml(path, environ=os.environ | unset).validate(_Part)
        return cls(
            name=part.name,
            recipe=Path(path).absolute(),
            folder=Path.cwd(),
            schedule=part.schedule,
            memory_bytes=part.limits.memory,
            variables=tuple(known),
            workers=workers,
        )

    @property
    def cron(self) -> Cron:
        return Cron.parse(self.schedule.cron)

    @property
    def identifier(self) -> str:
        """The name as units and Kubernetes take it: small letters, digits and -, at most the 52 of a CronJob."""
        return re.sub("[^a-z0-9]+", "-", f"wavemill-{self.name.lower()}")[:52].strip("-")

    def next(self, after: datetime) -> datetime:
        """When the build is due next, in the schedule's time zone."""
        return self.cron.next(after, zone(self.schedule.timezone))

    def command(self) -> list[str]:
        """The build, by this very installation."""
        # -P: the folder that it runs in may have a features.py of its own
        return [sys.executable, "-P", "-m", "wavemill", *self.arguments(self.recipe)]

    def arguments(self, recipe: Path) -> list[str]:
        """What follows the command `wavemill`."""
        return ["build", str(recipe), *(["--workers", str(self.workers)] if self.workers else [])]
