"""Notify: tells a command how a build ended."""

from __future__ import annotations

import logging
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.recipe import Notify

SECONDS = 15
"""An interrupted build has 30 s to end, this included."""

STANDARD_ERROR = 2
_log = logging.getLogger(__name__)


def notify(wanted: Notify, success: bool, note: bytes) -> None:
    """Runs the command with the note on its standard input, when it is to hear of such an end.

    What it prints goes to standard error. Its own failure is a warning: the build is what it is.
    """
    if ("success" if success else "failure") not in wanted.on:
        return
    try:
        done = subprocess.run(wanted.command, input=note, stdout=STANDARD_ERROR, timeout=SECONDS, check=False)
    except OSError as error:
        _log.warning("notify: %s cannot be run: %s", wanted.command[0], error.strerror)
    except subprocess.TimeoutExpired:
        _log.warning("notify: %s took more than %g s and was stopped", wanted.command[0], SECONDS)
    else:
        if done.returncode:
            _log.warning("notify: %s exited with %d", wanted.command[0], done.returncode)
