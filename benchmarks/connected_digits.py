"""Connected digits, figures: `python -m benchmarks.connected_digits WHAT --data FOLDER --work FOLDER --seeds 1 2`.

official: strings of one to seven digits from the official test recordings. voices: six trainings, each leaving one
speaker out. Models are chosen on valid; test is scored once per training.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.spoken_digits import SPEAKERS
from benchmarks.wavemill_runs import at_once, build, evaluate, row, run_chosen, span, train


def official(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """The official split, seed by seed."""
    store = build("connected_digits.yaml", work / "connected" / "store", DATA=data)
    row("seed", "valid WER", "test WER", "95 %", "test CER", "wrong strings", "minutes")
    row(*["---"] * 7)

    def one(seed: int) -> float:
        trained = train("connected_digits.yaml", store, work / "connected" / f"run-{seed}", seed)
        valid, test = (evaluate(trained.run, store, split) for split in ("valid", "test"))
        wrong = f"{len(test['errors'])} of {test['examples']}"
        row(
            seed,
            percent(valid),
            percent(test),
            span(test, "wer"),
            percent(test, "cer"),
            wrong,
            f"{trained.minutes:.1f}",
        )
        return float(test["wer"])

    row("mean", "", f"{100 * mean(at_once(one, seeds, jobs)):.2f} %", "", "", "", "")


def voices(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """Leaving one speaker out, for each seed."""
    row("without", "seed", "valid WER", "test WER", "test CER", "minutes")
    row(*["---"] * 6)

    def one(which: tuple[int, str]) -> float:
        seed, speaker = which
        place = work / f"connected-without-{speaker}"
        store = build("connected_digits_voices.yaml", place / "store", DATA=data, TEST_SPEAKER=speaker)
        trained = train("connected_digits_voices.yaml", store, place / f"run-{seed}", seed, DATA=data)
        valid, test = (evaluate(trained.run, store, split, DATA=data) for split in ("valid", "test"))
        row(speaker, seed, percent(valid), percent(test), percent(test, "cer"), f"{trained.minutes:.1f}")
        return float(test["wer"])

    found = at_once(one, list(product(seeds, SPEAKERS)), jobs)
    for number, seed in enumerate(seeds):
        row("mean of six", seed, "", f"{100 * mean(found[6 * number : 6 * number + 6]):.1f} %", "", "")


def percent(report: dict[str, Any], rate: str = "wer") -> str:
    return f"{100 * report[rate]:.2f} %"


if __name__ == "__main__":
    run_chosen(__doc__, "fsdd/ and noise/", official, voices)
