"""datasets and librosa: `map` over a folder of audio, as most notebooks do it.

    python datasets_build.py FOLDER OUT [--jobs 2]

librosa loads at 16 kHz and makes 80 mel bins, the logarithm is taken, `map` writes Arrow in float16, save_to_disk stores it.
Prints the seconds of the work, without imports.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import argparse  # noqa: E402
import json  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import datasets  # noqa: E402
import librosa  # noqa: E402
import numpy as np  # noqa: E402


def features(row: dict[str, Any]) -> dict[str, Any]:
    samples, _ = librosa.load(row["path"], sr=16000)
    mel = librosa.feature.melspectrogram(y=samples, sr=16000, n_fft=400, hop_length=160, n_mels=80, pad_mode="constant")
    return {"log_mel": np.log(np.maximum(mel, 1e-10)).T.astype(np.float16)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--jobs", type=int, default=2)
    chosen = options.parse_args()
    datasets.disable_progress_bars()
    began = time.perf_counter()
    rows = datasets.Dataset.from_dict({"path": [str(path) for path in sorted(chosen.folder.iterdir())]})
    kept = datasets.Features({"path": datasets.Value("string"), "log_mel": datasets.Array2D((None, 80), "float16")})
    cache = str(chosen.out / "cache.arrow")
    made = rows.map(features, num_proc=chosen.jobs, features=kept, cache_file_name=cache, writer_batch_size=100)
    made.save_to_disk(chosen.out / "saved", num_proc=chosen.jobs)
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
