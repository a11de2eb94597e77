"""Interrupts: a build that is asked to stop (SIGTERM, SIGINT) ends in order, and in any case soon."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
SAME_SECONDS = 1.0
"""One request may come twice, to the process and to its group, as a terminal and timeout(1) send it."""

GRACE_SECONDS = 28
"""After this the kernel ends the process, whatever it is doing: schedulers often wait for 30 s."""


class Interrupted(SystemExit):
    """Somebody asked this process to end. The exit code is the shell's: 143 for SIGTERM, 130 for SIGINT."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = signal.Signals(number)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM or SIGINT raises Interrupted in the main thread; a second one ends the process at once.

    The first one also sets an alarm, which is not taken back: who was interrupted must end.
    """
    asked: float | None = None

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        now = time.monotonic()
        if asked is None:
            asked = now
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(GRACE_SECONDS)
            raise Interrupted(number)
        if now - asked > SAME_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        if asked is None:
            for number, handler in before.items():
                signal.signal(number, handler)
