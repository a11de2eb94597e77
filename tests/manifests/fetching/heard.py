"""A watch that keeps what it hears."""

from __future__ import annotations


class Heard:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.done: dict[str, list[tuple[int, int | None]]] = {}

    def say(self, text: str) -> None:
        self.said.append(text)

    def advance(self, doing: str, done: int, total: int | None) -> None:
        self.done.setdefault(doing, []).append((done, total))
