"""Spoken digits, figures: `python -m benchmarks.spoken_digits WHAT --data FOLDER --work FOLDER --seeds 1 2`.

official: the official split. voices: six trainings, each leaving one speaker out. speakers: who speaks, and whether two
recordings are of one voice that was never heard. Models are chosen on valid; test is scored once per training.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from statistics import mean

from benchmarks.wavemill_runs import at_once, build, evaluate, row, run_chosen, span, train

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
HELD_OUT = ("jackson", "theo")
"""The two speakers that verification never heard in training."""


def official(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """The official split, seed by seed, with every error."""
    store = build("spoken_digits.yaml", work / "official" / "store", DATA=data)
    row("seed", "valid", "test accuracy", "95 %", "errors", "minutes")
    row(*["---"] * 6)

    def one(seed: int) -> float:
        trained = train("spoken_digits.yaml", store, work / "official" / f"run-{seed}", seed, DATA=data)
        valid, test = (evaluate(trained.run, store, split) for split in ("valid", "test"))
        wrong = [f"{error['key'].rpartition('/')[2]} as {error['answer']}" for error in test["errors"]]
        percent = [f"{100 * report['accuracy']:.2f} %" for report in (valid, test)]
        row(seed, *percent, span(test, "accuracy"), ", ".join(wrong) or "none", f"{trained.minutes:.1f}")
        return float(test["accuracy"])

    row("mean", "", f"{100 * mean(at_once(one, seeds, jobs)):.2f} %", "", "", "")


def voices(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """Leaving one speaker out, for each seed."""
    row("without", "seed", "test accuracy", "minutes")
    row(*["---"] * 4)

    def one(which: tuple[int, str]) -> float:
        seed, speaker = which
        place = work / f"without-{speaker}"
        store = build("spoken_digits_voices.yaml", place / f"store-{seed}", DATA=data, TEST_SPEAKER=speaker)
        trained = train("spoken_digits_voices.yaml", store, place / f"run-{seed}", seed, DATA=data)
        accuracy = float(evaluate(trained.run, store)["accuracy"])
        row(speaker, seed, f"{100 * accuracy:.1f} %", f"{trained.minutes:.1f}")
        return accuracy

    found = at_once(one, list(product(seeds, SPEAKERS)), jobs)
    for number, seed in enumerate(seeds):
        row("mean of six", seed, f"{100 * mean(found[6 * number : 6 * number + 6]):.1f} %", "")
    row("least of all", "", f"{100 * min(found):.1f} %", "")


def speakers(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """Speakers that train has, and two that it does not have."""
    store = build("spoken_digits.yaml", work / "official" / "store", DATA=data)
    others = ", ".join(f"'{name}'" for name in HELD_OUT)
    row("seed", "closed set, accuracy", "equal error rate, two unheard speakers", "least detection cost", "minutes")
    row(*["---"] * 5)

    def one(seed: int) -> None:
        whole = train("speakers.yaml", store, work / "speakers" / f"all-{seed}", seed)
        accuracy = evaluate(whole.run, store)["accuracy"]
        where = ("--where", f"speaker not in [{others}]")
        four = train("speakers.yaml", store, work / "speakers" / f"four-{seed}", seed, *where)
        unheard = evaluate(four.run, store, "test", "--where", f"speaker in [{others}]")
        rates = f"{100 * unheard['equal_error_rate']:.1f} %", f"{unheard['min_dcf']:.2f}"
        row(seed, f"{100 * accuracy:.2f} %", *rates, f"{whole.minutes + four.minutes:.1f}")

    at_once(one, seeds, jobs)


if __name__ == "__main__":
    run_chosen(__doc__, "fsdd/ and noise/", official, voices, speakers)
