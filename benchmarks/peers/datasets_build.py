"""datasets and librosa: `map` over a folder of audio, as most notebooks do it.

    python datasets_build.py FOLDER OUT [--jobs 2]

soundfile reads, librosa resamples to 16 kHz and makes 80 mel bins, `map` writes them to Arrow as it does for arrays, in
float32, and save_to_disk stores the dataset. Prints the seconds of the work, without imports.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import argparse
import json
import time
from pathlib import Path
from typing import Any

import datasets
import librosa
import numpy as np
import soundfile


def features(row: dict[str, Any]) -> dict[str, Any]:
    samples, rate = soundfile.read(row["path"], dtype="float32")
    if rate != 16000:
        samples = librosa.resample(samples, orig_sr=rate, target_sr=16000)
    mel = librosa.feature.melspectrogram(y=samples, sr=16000, n_fft=400, hop_length=160, n_mels=80, pad_mode="constant")
    return {"log_mel": np.log(np.maximum(mel, 1e-10)).T.astype(np.float32)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--jobs", type=int, default=2)
    chosen = options.parse_args()
    datasets.disable_progress_bars()
    datasets.disable_caching()
    began = time.perf_counter()
    rows = datasets.Dataset.from_dict({"path": [str(path) for path in sorted(chosen.folder.iterdir())]})
    made = rows.map(features, num_proc=chosen.jobs)
    made.save_to_disk(chosen.out / "saved", num_proc=chosen.jobs)
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
