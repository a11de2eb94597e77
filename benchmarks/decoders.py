"""Our beam search and flashlight-text on one input: `python -m benchmarks.decoders --store STORE --run RUN --order 2`.

What a recogniser hears in the utterances of a split, decoded by both with the same n-gram model of the train texts: how
many have the same text, how far the scores of those lie apart, and what each takes. With words that a space separates,
once more with a lexicon of all words of train, which flashlight-text searches by KenLM.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.wavemill_runs import row
from training.decoding.beam import beam_search
from training.decoding.flashlight import Flashlight
from training.decoding.hypothesis import Hypothesis
from training.evaluate import how_to_read
from training.fitted import Fitted, load_fitted
from training.language.estimating import language_model
from training.language.ngram import END, UNKNOWN
from training.loader import load

LogProbs = NDArray[np.float32]
Search = Callable[[LogProbs], list[Hypothesis]]


@torch.inference_mode()
def heard(fitted: Fitted, store: Path, split: str) -> Iterator[LogProbs]:
    """Log probabilities (answers, symbols) of each utterance of a split."""
    for batch in load(store, split, shuffle=False, **how_to_read(fitted.about)):
        name = fitted.task.config.arrays[0]
        scores, lengths = fitted.model(batch.arrays[name], batch.lengths[name])
        for one, length in zip(scores.log_softmax(2).numpy(), lengths.tolist(), strict=True):
            yield one[:length]


def decoded(search: Search, utterances: list[LogProbs]) -> tuple[list[Hypothesis], float]:
    """The best hypothesis of each utterance, and the seconds of all."""
    began = time.process_time()
    found = [search(log_probs)[0] for log_probs in utterances]
    return found, time.process_time() - began


def compare(name: str, utterances: list[LogProbs], symbols: Any, common: dict[str, Any]) -> None:
    """Prints a row."""
    fast = Flashlight(symbols, **common)
    theirs, their_seconds = decoded(fast.search, utterances)
    ours, our_seconds = decoded(lambda log_probs: beam_search(log_probs, symbols, **common), utterances)
    same = [(one, other) for one, other in zip(ours, theirs, strict=True) if one.text == other.text]
    apart = max((abs(one.score - other.score) for one, other in same), default=float("nan"))
    better = sum(one.score > other.score for one, other in zip(ours, theirs, strict=True) if one.text != other.text)
    texts = f"{len(same)} of {len(ours)}"
    row(name, common["beam"], texts, f"{apart:.1e}", better, f"{our_seconds:.1f} s", f"{their_seconds:.1f} s")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", type=Path, required=True)
    options.add_argument("--run", type=Path, required=True, help="A recogniser of the store.")
    options.add_argument("--split", default="test")
    options.add_argument("--order", type=int, default=2)
    options.add_argument("--unit", choices=["word", "symbol"], default="word")
    options.add_argument("--lm-weight", type=float, default=0.3)
    options.add_argument("--word-bonus", type=float, default=2.0)
    options.add_argument("--beams", type=int, nargs="+", default=[16, 64])
    chosen = options.parse_args()
    torch.set_num_threads(1)
    fitted = load_fitted(chosen.run)
    utterances = list(heard(fitted, chosen.store, chosen.split))
    model = language_model(chosen.store, chosen.order, chosen.unit, None)
    task: Any = fitted.task
    common: dict[str, Any] = {"language_model": model, "weight": chosen.lm_weight, "bonus": chosen.word_bonus}
    row("search", "beam", "same text", "scores apart", "else ours scores higher", "ours", "flashlight-text")
    row(*["---"] * 7)
    for beam in chosen.beams:
        compare("any text", utterances, task.symbols, {**common, "unit": chosen.unit, "beam": beam})
        if chosen.unit == "word" and task.symbols.separator is not None:
            words = sorted({*model.vocabulary()} - {END, UNKNOWN})
            compare(f"lexicon of {len(words)}", utterances, task.symbols, {**common, "lexicon": words, "beam": beam})


if __name__ == "__main__":
    main()
