"""Spoken digits, figures: `python -m benchmarks.spoken_digits --data FOLDER --work FOLDER [official|speakers]`.

official: the official split. speakers: six trainings, each leaving one speaker out. Every step is a command that a
person could type, printed before it runs. Models are chosen on valid; test is scored once per training.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
HOUSE = Path(__file__).parent.parent


def run(*words: str | Path, **environ: str) -> str:
    """Runs a wavemill command, printed first; its standard output."""
    shown = " ".join([*(f"{name}={value}" for name, value in environ.items()), "wavemill", *map(str, words)])
    print(f"$ {shown}", file=sys.stderr)
    command = [sys.executable, "-m", "wavemill", *map(str, words)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | environ).stdout


def train(recipe: str, config: str, place: Path, seed: int, **environ: str) -> dict[str, float]:
    """Builds a store, trains on it, and scores test once: accuracies in percent and minutes."""
    began = time.monotonic()
    store, out = place / "store", place / f"run-{seed}"
    run("build", HOUSE / "pipelines/recipes" / recipe, "--out", store, **environ)
    built = time.monotonic()
    run("train", HOUSE / "training/configs" / config, "--store", store, "--out", out, "--set", f"seed={seed}")
    minutes = (time.monotonic() - built) / 60
    found = json.loads(run("evaluate", out, "--store", store, "--split", "test", "--json"))
    return {"test": 100 * found["accuracy"], "build_seconds": built - began, "train_minutes": minutes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("official", "speakers"))
    parser.add_argument("--data", type=Path, required=True, help="Folder that holds fsdd/ and noise/.")
    parser.add_argument("--work", type=Path, required=True, help="Where stores and runs are written.")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    data = str(options.data.absolute())
    if options.what == "official":
        found = train("spoken_digits.yaml", "spoken_digits.yaml", options.work / "official", options.seed, DATA=data)
        print(f"| official split | {options.seed} | {found['test']:.1f} % | {found['train_minutes']:.1f} min |")
        return
    scores = []
    for speaker in SPEAKERS:
        found = train(
            "spoken_digits_augmented.yaml",
            "spoken_digits_speakers.yaml",
            options.work / speaker,
            options.seed,
            DATA=data,
            TEST_SPEAKER=speaker,
        )
        scores.append(found["test"])
        print(
            f"| without {speaker} | {options.seed} | {found['test']:.1f} % | {found['train_minutes']:.1f} min |",
            flush=True,
        )
    print(f"| mean of six | {options.seed} | {mean(scores):.1f} % | |")


if __name__ == "__main__":
    main()
