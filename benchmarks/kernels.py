"""Where the time of a clip goes, kernel by kernel: `python -m benchmarks.kernels CLIP .. [--rounds 9]`

Each kernel of decode > log_mel > float16 > checksum runs alone on 16 kHz clips, in the memory and with the one thread
that a builder has. Beside it stands how many times as long it takes as to copy as many bytes as it reads and writes: a
kernel that is bound by memory has about 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, median

import numpy as np
import scipy.fft
import xxhash

from benchmarks.wavemill_runs import row
from features.audio.blocks import gather
from features.audio.decoders import open_decoder
from features.audio.probe import probe
from features.perceptual.log_mel import LogMel
from features.perceptual.mel import mel_bands
from features.spectral.frames import blocks
from features.spectral.spectrum import Spectrum
from features.spectral.windows import hann
from pipelines.stores.half import to_half
from pipelines.supervisor import ENVIRONMENT

RATE, WINDOW, HOP, MELS = 16_000, 400, 160, 80
REPEATS = 5


def milliseconds(act: Callable[[], object]) -> float:
    """Of the quickest of a few calls."""
    found = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return 1000 * min(found)


def copied(count: int) -> float:
    """Milliseconds in which as many bytes as these are read and written, half of them each, in pieces of the cache."""
    source, target = np.zeros((2, 1 << 16), np.uint8)
    pieces = max(count // 2 // len(source), 1)

    def act() -> None:
        for _ in range(pieces):
            np.copyto(target, source)

    return milliseconds(act) * count / 2 / (pieces * len(source))


def kernels(path: Path) -> dict[str, tuple[float, float]]:
    """Of each kernel, milliseconds for a clip, and those that its bytes take."""
    data = path.read_bytes()
    found = probe(data)

    def decode() -> np.ndarray:
        decoder = open_decoder(data, found, whole=True)
        samples = gather(decoder, "mono", len(data) * 8, 0, found.frames)
        decoder.close()
        return samples

    signal = decode()[0]
    stage = LogMel(n_fft=WINDOW, hop_length=HOP, n_mels=MELS)
    frames = blocks(signal, WINDOW, HOP)
    window = hann(WINDOW, WINDOW)
    spectrum, bands = Spectrum(window, WINDOW), mel_bands(RATE, WINDOW, MELS, 0.0, None, "slaney")
    windowed = [np.ascontiguousarray(block * window) for block in frames]
    powers = [spectrum.power(block).copy() for block in frames]
    mel = np.concatenate([np.empty((len(block), MELS), np.float32) for block in powers])

    def filters() -> None:
        at = 0
        for block in powers:
            for band in bands:
                np.matmul(block[:, band.bins], band.weights, out=mel[at : at + len(block), band.mels])
            at += len(block)

    filters()
    logarithms = stage.natural(mel.copy())
    half = to_half(logarithms)
    assert half is not None
    rows, bins = len(mel), powers[0].shape[1]
    made: dict[str, tuple[Callable[[], object], int]] = {
        "find out what the file is": (lambda: probe(data), len(data)),
        "decode": (decode, len(data) + signal.nbytes),
        "window, transform, power": (lambda: [spectrum.power(block) for block in frames], rows * (WINDOW + bins) * 4),
        ".. of it, scipy's transform": (lambda: [scipy.fft.rfft(b) for b in windowed], rows * (WINDOW + 2 * bins) * 4),
        "mel filters": (filters, rows * (bins + MELS) * 4),
        "logarithm": (lambda: stage.natural(mel.copy()), 2 * mel.nbytes),
        "float16": (lambda: to_half(logarithms), mel.nbytes + half.nbytes),
        "checksums": (lambda: (xxhash.xxh3_128(half), xxhash.xxh3_128(data)), half.nbytes + len(data)),
    }
    return {name: (milliseconds(act), copied(count)) for name, (act, count) in made.items()}


def table(clips: Sequence[Path], rounds: int) -> None:
    """Prints the table."""
    found = [kernels(clip) for clip in clips for _ in range(rounds)]
    row("kernel", "milliseconds a clip", "times what a copy of its bytes takes")
    row(*["---"] * 3)
    for name in found[0]:
        spent, least = ([one[name][place] for one in found] for place in (0, 1))
        ratio = median(a / b for a, b in zip(spent, least, strict=True))
        row(name, f"{fmean(spent):.2f}", f"{ratio:.1f}")


def main() -> None:
    if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.kernels", *sys.argv[1:]], os.environ | ENVIRONMENT)
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("clips", type=Path, nargs="+")
    options.add_argument("--rounds", type=int, default=1)
    chosen = options.parse_args()
    table(chosen.clips, chosen.rounds)


if __name__ == "__main__":
    main()
