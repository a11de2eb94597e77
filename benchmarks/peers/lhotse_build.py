"""lhotse: 80 mel bins of a folder of audio, computed and stored by its own writer.

    python lhotse_build.py FOLDER OUT [--jobs 2]

Recordings are read at their own rate and resampled by lhotse; `compute_and_store_features` with its default storage,
which loses precision (lilcom). Prints the seconds of the work, without imports.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import argparse
import json
import time
from pathlib import Path

import torch
from lhotse import CutSet, Fbank, FbankConfig, LilcomChunkyWriter, Recording, RecordingSet


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--jobs", type=int, default=2)
    chosen = options.parse_args()
    torch.set_num_threads(1)
    chosen.out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    recordings = RecordingSet.from_recordings(Recording.from_file(path) for path in sorted(chosen.folder.iterdir()))
    cuts = CutSet.from_manifests(recordings=recordings.resample(16000)).compute_and_store_features(
        Fbank(FbankConfig(sampling_rate=16000, num_filters=80)),
        storage_path=chosen.out / "features",
        num_jobs=chosen.jobs,
        storage_type=LilcomChunkyWriter,
    )
    cuts.to_file(chosen.out / "cuts.jsonl.gz")
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
