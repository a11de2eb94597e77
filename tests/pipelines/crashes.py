"""Crashes: an operation in a process of its own that is killed at its n-th change of the file system."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable

PATIENCE_SECONDS = 20
"""Until a fork that has not begun is done again."""

CHANGED_BY = {"os.link", "os.rename", "os.remove"}
"""Audit events of what gives a file its name, or takes it away: link, replace, unlink."""


def killed_at(change: int, operation: Callable[[], object]) -> bool:
    """Runs the operation in a fork that is killed just before that change; False when it came to its end."""
    child = forked()
    if child == 0:
        left = change

        def watch(event: str, _: object) -> None:
            nonlocal left
            if event in CHANGED_BY:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        code = 1
        try:
            operation()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the operation failed"
    return os.WIFSIGNALED(status)


def forked() -> int:
    """os.fork, done again where the child does not come out of it.

    In Python 3.11 a child waits for ever when another thread of the parent starts or ends at that very moment
    (PyOS_AfterFork_Child takes a lock that this thread holds); such a child has done nothing yet.
    """
    while True:
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ours)
            os.write(theirs, b"!")
            os.close(theirs)
            return 0
        os.close(theirs)
        came, _, _ = select.select([ours], [], [], PATIENCE_SECONDS)
        os.close(ours)
        if came:
            return child
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
