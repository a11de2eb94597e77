"""SIGTERM, which says that a machine is wanted for something else: training ends in order, with a checkpoint."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

GRACE_SECONDS = 60
"""What a process that reads batches ahead lives on after SIGTERM."""


@contextmanager
def sigterm() -> Iterator[Callable[[], bool]]:
    """Within it SIGTERM is only noted; the function says whether it came. In the main thread only."""
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGTERM, before)


def outlive_sigterm(worker: int) -> None:
    """Run in a worker of a DataLoader when it starts: SIGTERM ends it a while later, and the trainer sooner.

    Schedulers and torchrun send SIGTERM to all processes at once. A worker that it ended would end the step under way
    with an error.
    """
    signal.signal(signal.SIGTERM, _later)


def _later(number: int, frame: FrameType | None) -> None:
    signal.alarm(GRACE_SECONDS)
