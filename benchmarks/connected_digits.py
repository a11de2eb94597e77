"""Connected digits, figures: `python -m benchmarks.connected_digits WHAT --data FOLDER --work FOLDER --seeds 1 2`.

official: strings of one to seven digits from the official test recordings. voices: six trainings, each leaving one
speaker out. Models, and how they decode, are chosen on valid; test is scored once per training, greedily and with a
language model: since every string is as likely, that knows which words there are, and no more.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from statistics import mean

from benchmarks.spoken_digits import SPEAKERS
from benchmarks.wavemill_runs import (
    BF16,
    at_once,
    build,
    evaluate,
    language_model,
    percent,
    row,
    run_chosen,
    span,
    train,
)

DECODING = ("--beam", "16", "--lm-weight", "0.3", "--word-bonus", "2")
"""With a bigram of words; chosen on valid of the official split."""


def official(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """The official split, seed by seed."""
    store = build("connected_digits.yaml", work / "connected" / "store", DATA=data)
    decoding = ("--language-model", str(language_model(store, 2, "word")), *DECODING)
    row("seed", "valid WER, greedy", "test WER, greedy", "valid WER", "test WER", "95 %", "wrong strings", "minutes")
    row(*["---"] * 8)

    def one(seed: int) -> float:
        trained = train("connected_digits.yaml", store, work / "connected" / f"run-{seed}", seed, *BF16)
        greedy = [percent(evaluate(trained.run, store, split)) for split in ("valid", "test")]
        valid, test = (evaluate(trained.run, store, split, *decoding) for split in ("valid", "test"))
        wrong = f"{len(test['errors'])} of {test['examples']}"
        row(seed, *greedy, percent(valid), percent(test), span(test, "wer"), wrong, f"{trained.minutes:.1f}")
        return float(test["wer"])

    row("mean", "", "", "", f"{100 * mean(at_once(one, seeds, jobs)):.2f} %", "", "", "")


def voices(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """Leaving one speaker out, for each seed; greedily, since the pieces are whole words."""
    row("without", "seed", "valid WER", "test WER", "95 %", "minutes")
    row(*["---"] * 6)

    def one(which: tuple[int, str]) -> float:
        seed, speaker = which
        place = work / f"connected-without-{speaker}"
        store = build("connected_digits_voices.yaml", place / "store", DATA=data, TEST_SPEAKER=speaker)
        trained = train("connected_digits_voices.yaml", store, place / f"run-{seed}", seed, *BF16, DATA=data)
        valid, test = (evaluate(trained.run, store, split, DATA=data) for split in ("valid", "test"))
        row(speaker, seed, percent(valid), percent(test), span(test, "wer"), f"{trained.minutes:.1f}")
        return float(test["wer"])

    found = at_once(one, list(product(seeds, SPEAKERS)), jobs)
    for number, seed in enumerate(seeds):
        row("mean of six", seed, "", "", f"{100 * mean(found[6 * number : 6 * number + 6]):.1f} %", "")


if __name__ == "__main__":
    run_chosen(__doc__, "fsdd/ and noise/", official, voices)
