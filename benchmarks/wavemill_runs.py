"""Figures of training, by the commands that a person could type: each is printed before it runs."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

HOUSE = Path(__file__).parent.parent
RECIPES, CONFIGS = HOUSE / "pipelines/recipes", HOUSE / "training/configs"
BF16 = ("--set", "precision=bf16")
"""For `train`: processors that multiply bfloat16 themselves (AMX) take half the time."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Trained:
    """A run, and how many minutes of wall time it took with one thread."""

    run: Path
    minutes: float


def wavemill(*words: str | Path, **environ: str) -> str:
    """Runs a wavemill command, printed first; its standard output."""
    shown = " ".join([*(f"{name}={value}" for name, value in environ.items()), "wavemill", *map(str, words)])
    print(f"$ {shown}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "wavemill", *map(str, words)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | environ).stdout


def build(recipe: str, store: Path, *more: str, **environ: str) -> Path:
    """The store of a recipe of the project."""
    wavemill("build", RECIPES / recipe, "--out", store, *more, **environ)
    return store


def train(config: str, store: Path, run: Path, seed: int, *more: str, **environ: str) -> Trained:
    """Trains by a configuration of the project with one thread; a run that is finished already is taken as it is."""
    if (run / "curves.png").exists():
        seconds = sum(json.loads(line)["seconds"] for line in (run / "metrics.jsonl").read_text("utf-8").splitlines())
        return Trained(run, seconds / 60)
    began = time.monotonic()
    choices = ("--set", f"seed={seed}", "--set", "threads=1", *(["--resume"] if (run / "run.json").exists() else []))
    wavemill("train", CONFIGS / config, "--store", store, "--out", run, *choices, *more, **environ)
    return Trained(run, (time.monotonic() - began) / 60)


def evaluate(run: Path, store: Path, split: str = "test", *more: str, **environ: str) -> dict[str, Any]:
    """What `wavemill evaluate` reports."""
    said = wavemill("evaluate", run, "--store", store, "--split", split, *more, "--json", **environ)
    report: dict[str, Any] = json.loads(said)
    return report


def language_model(store: Path, order: int, unit: str) -> Path:
    """An n-gram model of the train texts of a store, beside it."""
    found = store.parent / f"{unit}-{order}.arpa"
    wavemill("language-model", store, "--order", str(order), "--unit", unit, "--out", found)
    return found


def parser(description: str | None, needs: str) -> argparse.ArgumentParser:
    """The options that all of them share."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--data", type=Path, required=True, help=f"Folder that holds {needs}.")
    made.add_argument("--work", type=Path, required=True, help="Where stores and runs are written.")
    made.add_argument("--seeds", type=int, nargs="+", default=[1])
    made.add_argument("--jobs", type=int, default=2, help="How many trainings at a time, each with one thread.")
    return made


def run_chosen(description: str | None, needs: str, *figures: Callable[[str, Path, list[int], int], None]) -> None:
    """Runs the one of some figures that the command line names, on its data, in its folder, for its seeds."""
    kinds = {figure.__name__: figure for figure in figures}
    options = parser(description, needs)
    options.add_argument("what", choices=kinds)
    chosen = options.parse_args()
    kinds[chosen.what](str(chosen.data.absolute()), chosen.work, chosen.seeds, chosen.jobs)


def at_once(function: Callable[[T], R], over: Iterable[T], jobs: int) -> Sequence[R]:
    """The results of a function over some things, so many at a time."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(function, over))


def row(*cells: object) -> None:
    """One row of a Markdown table, printed at once."""
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def percent(report: dict[str, Any], figure: str = "wer") -> str:
    """A rate of a report, in words."""
    return f"{100 * report[figure]:.2f} %"


def span(report: dict[str, Any], figure: str, scale: float = 100.0) -> str:
    """The interval of a figure, in words."""
    low, high = report["intervals"][figure]
    return f"{scale * low:.1f} to {scale * high:.1f}"
