"""German sentences as text, figures: `python -m benchmarks.german_sentences --data FOLDER --work FOLDER --seeds 1`.

One voice, the corpus's own split. How much the language model counts is chosen on valid, out of `GRID`; test is scored
once greedily, and once with the model, which knows the texts of train alone.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

from benchmarks.wavemill_runs import (
    BF16,
    Trained,
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

ORDER, BEAM = 6, 32
GRID = [*product((0.3, 0.5, 0.7), (0.0, 0.5, 1.0, 1.5))]
"""Weights and bonuses."""


def recogniser(data: str, work: Path, seed: int) -> tuple[Path, Trained]:
    """The store, and a training on it."""
    store = build("german_asr.yaml", work / "german_asr" / "store", DATA=data)
    return store, train("german_asr.yaml", store, work / "german_asr" / f"run-{seed}", seed, *BF16)


def recognition(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """The corpus's own split, seed by seed."""
    row("seed", "decoding", "valid WER", "valid CER", "test WER", "95 %", "test CER", "95 %", "minutes")
    row(*["---"] * 9)

    def one(seed: int) -> None:
        store, trained = recogniser(data, work, seed)
        arpa = language_model(store, ORDER, "symbol")

        def scored(name: str, *how: str) -> float:
            valid, test = (evaluate(trained.run, store, split, *how) for split in ("valid", "test"))
            rates = percent(valid), percent(valid, "cer"), percent(test), span(test, "wer")
            row(seed, name, *rates, percent(test, "cer"), span(test, "cer"), f"{trained.minutes:.0f}")
            return float(test["wer"])

        def search(weight: float, bonus: float) -> tuple[str, ...]:
            given = ("--language-model", arpa, "--beam", BEAM, "--lm-weight", weight, "--word-bonus", bonus)
            return tuple(map(str, given))

        greedy = scored("greedy")
        weight, bonus = min(GRID, key=lambda pair: evaluate(trained.run, store, "valid", *search(*pair))["wer"])
        searched = scored(f"{ORDER}-gram of pieces, weight {weight:g}, bonus {bonus:g}", *search(weight, bonus))
        row(seed, f"WER lowered by {1 - searched / greedy:.1%}", *[""] * 7)

    at_once(one, seeds, jobs)


if __name__ == "__main__":
    run_chosen(__doc__, "kerstin-asr/", recognition)
