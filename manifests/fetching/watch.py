"""Watch: who hears how far a fetch is, and what it has to say."""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    """What a fetch reports to."""

    def say(self, text: str) -> None:
        """A line for whoever waits."""

    def advance(self, doing: str, done: int, total: int | None) -> None:
        """What is being done, the bytes of it that are behind us, and all of them where that is known."""


class Unwatched:
    """Nobody waits."""

    def say(self, text: str) -> None:
        pass

    def advance(self, doing: str, done: int, total: int | None) -> None:
        pass
