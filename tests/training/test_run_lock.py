"""The folder of a run is held by one process, and let go of with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from training.errors import TrainingError
from training.run_lock import alone

HOLD = "import sys, time, pathlib\nfrom training.run_lock import alone\n"
HOLD += "with alone(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(600)"


def test_another_process_is_named_until_it_is_gone(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(TrainingError, match=f"process {other.pid} on .* trains here"), alone(tmp_path):
            pass
    finally:
        other.send_signal(signal.SIGKILL)
        other.communicate()
    with alone(tmp_path):
        pass


def test_a_forked_child_does_not_hold_it(tmp_path):
    """As the processes that read batches, which outlive a killed trainer for a while."""
    both = "os.fork(); os.write(1, b'held %d\\n' % os.getpid())"  # one write, so that the lines stay apart
    script = HOLD.replace("print('held', flush=True)", both)
    command = [sys.executable, "-c", f"import os\n{script}", str(tmp_path)]
    other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    pids = {int(other.stdout.readline().split()[1]) for _ in "ab"}
    try:
        other.kill()
        other.wait()
        with alone(tmp_path):
            pass
    finally:
        for pid in pids - {other.pid}:
            os.kill(pid, signal.SIGKILL)
        other.stdout.close()
