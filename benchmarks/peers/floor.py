"""The floor: the fastest kernels alone, in two processes, with the result written and fsynced.

    python floor.py FOLDER OUT [--jobs 2]

miniaudio decodes FLAC, soundfile the rest; soxr HQ to 16 kHz; frames are strided, scipy's rfft in float32, power, one
product with librosa's mel filters, logarithm; float16, a hundred clips a file. No index, no checksum, no plan, no
quarantine: less than this nobody can do with these libraries. Prints the seconds of the work, without imports.
"""

from __future__ import annotations

import os
import sys

ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    # freed arrays stay with the process: fresh pages for every clip would cost a quarter of the time
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
    "MALLOC_TRIM_THRESHOLD_": "1000000000",
    "MALLOC_TOP_PAD_": "67108864",
}
if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ENVIRONMENT})

import argparse  # noqa: E402
import json  # noqa: E402
import time  # noqa: E402
from multiprocessing import Pool  # noqa: E402
from pathlib import Path  # noqa: E402

import librosa  # noqa: E402
import miniaudio  # noqa: E402
import numpy as np  # noqa: E402
import scipy.fft  # noqa: E402
import soundfile  # noqa: E402
import soxr  # noqa: E402

RATE, WINDOW, HOP, MELS, FLOOR = 16000, 400, 160, 80, 1e-10
FILTERS = np.ascontiguousarray(librosa.filters.mel(sr=RATE, n_fft=WINDOW, n_mels=MELS).T, np.float32)
HANN = np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def samples_of(path: Path) -> np.ndarray:
    """The waveform in float32 at 16 kHz."""
    if path.suffix == ".flac":
        decoded = miniaudio.flac_read_file_s16(str(path))
        samples, rate = np.frombuffer(decoded.samples, np.int16).astype(np.float32) / 32768, decoded.sample_rate
    else:
        samples, rate = soundfile.read(path, dtype="float32")
    return samples if rate == RATE else soxr.resample(samples, rate, RATE)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Log-mel features, (frames, 80) float32."""
    padded = np.pad(samples, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * HANN
    spectrum = scipy.fft.rfft(frames, axis=-1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return np.log(np.maximum(power @ FILTERS, FLOOR))


def some(work: tuple[int, list[Path], Path]) -> float:
    """Features of some clips, written to one file; the CPU seconds of it."""
    number, paths, out = work
    before = time.process_time()
    with open(out / f"{number:06d}.f16", "wb") as sink:
        for path in paths:
            sink.write(log_mel(samples_of(path)).astype(np.float16))
        sink.flush()
        os.fsync(sink.fileno())
    return time.process_time() - before


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--jobs", type=int, default=2)
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    paths = sorted(chosen.folder.iterdir())
    work = [(at, paths[at : at + 100], chosen.out) for at in range(0, len(paths), 100)]
    with Pool(chosen.jobs) as pool:
        pool.map(log_mel, [np.zeros(RATE, np.float32)] * chosen.jobs * 4)
        began = time.perf_counter()
        cpu = sum(pool.imap_unordered(some, work))
        print(json.dumps({"seconds": time.perf_counter() - began, "cpu": cpu}))


if __name__ == "__main__":
    main()
