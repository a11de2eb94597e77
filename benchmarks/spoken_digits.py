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
from concurrent.futures import ThreadPoolExecutor
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
    """Builds a store, trains on it with one thread, and scores test once: accuracy in percent, and minutes."""
    store, out = place / "store", place / f"run-{seed}"
    run("build", HOUSE / "pipelines/recipes" / recipe, "--out", store, **environ)
    began = time.monotonic()
    choices = ("--set", f"seed={seed}", "--set", "threads=1")
    run("train", HOUSE / "training/configs" / config, "--store", store, "--out", out, *choices)
    minutes = (time.monotonic() - began) / 60
    found = json.loads(run("evaluate", out, "--store", store, "--split", "test", "--json"))
    return {"test": 100 * found["accuracy"], "minutes": minutes}


def official(data: str, work: Path, seed: int) -> None:
    found = train("spoken_digits.yaml", "spoken_digits.yaml", work / "official", seed, DATA=data)
    print(f"| official split | {seed} | {found['test']:.1f} % | {found['minutes']:.1f} |", flush=True)


def without(speaker: str, data: str, work: Path, seed: int) -> float:
    """The accuracy for one speaker who was never heard."""
    names = ("spoken_digits_augmented.yaml", "spoken_digits_speakers.yaml")
    found = train(*names, work / f"without-{speaker}", seed, DATA=data, TEST_SPEAKER=speaker)
    print(f"| without {speaker} | {seed} | {found['test']:.1f} % | {found['minutes']:.1f} |", flush=True)
    return found["test"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("official", "speakers"))
    parser.add_argument("--data", type=Path, required=True, help="Folder that holds fsdd/ and noise/.")
    parser.add_argument("--work", type=Path, required=True, help="Where stores and runs are written.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--jobs", type=int, default=2, help="How many trainings at a time, each with one thread.")
    options = parser.parse_args()
    data = str(options.data.absolute())
    print("| split | seed | test accuracy | minutes |\n|---|---|---|---|")
    with ThreadPoolExecutor(options.jobs) as pool:
        for seed in options.seeds:
            if options.what == "official":
                pool.submit(official, data, options.work, seed)
                continue
            scores = list(pool.map(lambda speaker, seed=seed: without(speaker, data, options.work, seed), SPEAKERS))
            print(f"| mean of six | {seed} | {mean(scores):.1f} % | |")


if __name__ == "__main__":
    main()
