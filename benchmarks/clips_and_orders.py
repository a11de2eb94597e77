"""Instruments and coffee orders, figures: `python -m benchmarks.clips_and_orders WHAT --data FOLDER --work FOLDER`.

instruments: five folds, grouped by clip, of ten clips of ten instruments. orders: the slots of spoken coffee orders on
a fixed split, beside always answering what most orders of train have. Models are chosen on valid.
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np

from benchmarks.wavemill_runs import at_once, build, evaluate, row, run_chosen, span, train

FOLDS = 5


def folds(table: Path) -> list[list[str]]:
    """The keys of each fold: of every instrument equally many clips, by a hash of the file's name."""
    with open(table, newline="", encoding="utf-8") as source:
        clips = [(line["label"], line["file"]) for line in csv.DictReader(source)]
    found: list[list[str]] = [[] for _ in range(FOLDS)]
    for label in sorted({label for label, _ in clips}):
        files = sorted((f for name, f in clips if name == label), key=lambda f: hashlib.blake2b(f.encode()).digest())
        for number, file in enumerate(files):
            found[number % FOLDS].append(file)
    return found


def instruments(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """Mean accuracy over the folds, with the interval of the clips."""
    parts = folds(Path(data) / "instruments" / "labels.csv")
    row("fold", "seed", "test accuracy", "95 %", "minutes")
    row(*["---"] * 5)

    def one(which: tuple[int, int]) -> tuple[int, int]:
        number, seed = which
        valid = parts[(number + 1) % FOLDS][::2]  # one of the two clips of each instrument in the next fold
        split = "{by: key, test: [%s], valid: [%s]}" % (", ".join(parts[number]), ", ".join(valid))  # noqa: UP031
        place = work / "instruments" / f"fold-{number}"
        store = build("instruments.yaml", place / "store", "--set", f"split={split}", DATA=data)
        trained = train("instruments.yaml", store, place / f"run-{seed}", seed)
        report = evaluate(trained.run, store)
        row(number, seed, f"{100 * report['accuracy']:.1f} %", span(report, "accuracy"), f"{trained.minutes:.1f}")
        return report["examples"] - len(report["errors"]), report["examples"]

    for seed in seeds:
        found = at_once(one, [(number, seed) for number in range(FOLDS)], jobs)
        right, total = (sum(column) for column in zip(*found, strict=True))
        hits = np.repeat([1.0, 0.0], [right, total - right])
        draws = np.random.default_rng(0).choice(hits, (10_000, total)).mean(1)
        low, high = np.quantile(draws, [0.025, 0.975])
        row("mean", seed, f"{100 * right / total:.1f} %", f"{100 * low:.1f} to {100 * high:.1f}", "")


def orders(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """Micro F1 of the slots, beside the baseline."""
    store = build("coffee_orders.yaml", work / "orders" / "store", DATA=data)
    row("seed", "test micro F1", "95 %", "baseline", "mean average precision", "minutes")
    row(*["---"] * 6)

    def one(seed: int) -> None:
        trained = train("coffee_orders.yaml", store, work / "orders" / f"run-{seed}", seed)
        report = evaluate(trained.run, store)
        shown = [f"{100 * report[name]:.1f} %" for name in ("micro_f1", "baseline_micro_f1", "mean_average_precision")]
        row(seed, shown[0], span(report, "micro_f1"), *shown[1:], f"{trained.minutes:.1f}")

    at_once(one, seeds, jobs)


if __name__ == "__main__":
    run_chosen(__doc__, "instruments/ and barista/", instruments, orders)
