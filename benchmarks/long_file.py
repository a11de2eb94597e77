"""A long file to text, figures: `python -m benchmarks.long_file --store STORE --run RUN --work FOLDER --hours 2`.

The recordings of test, one behind the other and again from the start, make a FLAC file of that length, which
`wavemill predict` transcribes in a process of its own: seconds, the peak of its memory, and how many words it found.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.wavemill_runs import row
from manifests.store import Store
from training.loader import load

PAUSE_SECONDS = 0.5
PEAK = "import resource, sys; from wavemill import cli; cli.main(sys.argv[1:], standalone_mode=False); "
PEAK += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"


def recordings(store: Path, rate: int) -> Iterator[NDArray[np.float32]]:
    """The test recordings of a store, each with a pause behind it."""
    for batch in load(store, "test", arrays=["audio"], batch_size=1, shuffle=False):
        samples = batch.arrays["audio"][0, :, 0].numpy()
        yield np.concatenate([samples, np.zeros(round(PAUSE_SECONDS * rate), np.float32)])


def write(store: Path, path: Path, seconds: float) -> None:
    """Writes the file, piece by piece."""
    rate = next(round(spec.rate or 0) for spec in Store.open(store).generation.arrays if spec.name == "audio")
    path.parent.mkdir(parents=True, exist_ok=True)
    left = round(seconds * rate)
    with soundfile.SoundFile(path, "w", rate, 1, "PCM_16") as sink:
        for samples in cycle(list(recordings(store, rate))):
            sink.write(samples[:left])
            left -= len(samples)
            if left <= 0:
                return


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", type=Path, required=True, help="Of a recipe that keeps audio.")
    options.add_argument("--run", type=Path, required=True, help="A recogniser of it.")
    options.add_argument("--work", type=Path, required=True, help="Where files are written.")
    options.add_argument("--hours", type=float, nargs="+", default=[2.0])
    chosen = options.parse_args()
    row("hours", "seconds", "peak memory", "words")
    row(*["---"] * 4)
    for hours in chosen.hours:
        path = chosen.work / f"{hours:g}-hours.flac"
        write(chosen.store, path, 3600 * hours)
        command = [sys.executable, "-c", PEAK, "predict", str(chosen.run), str(path), "--out", str(chosen.work)]
        began = time.monotonic()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        taken, peak = time.monotonic() - began, int(done.stderr.splitlines()[-1]) / 1024
        words = len(json.loads((chosen.work / f"{path.stem}.json").read_text("utf-8"))["words"])
        row(f"{hours:g}", f"{taken:.0f}", f"{peak:.0f} MiB", words)


if __name__ == "__main__":
    main()
