"""Crashes: an operation in a process of its own that is killed at its n-th change of the file system."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

CHANGED_BY = {"os.link", "os.rename", "os.remove"}
"""Audit events of what gives a file its name, or takes it away: link, replace, unlink."""


def killed_at(change: int, operation: Callable[[], object]) -> bool:
    """Runs the operation in a fork that is killed just before that change; False when it came to its end."""
    child = os.fork()
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
