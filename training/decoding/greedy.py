"""Greedy decoding of CTC: the best class of each frame, repeats made one, blanks left out.

Graves et al. 2006, "Connectionist temporal classification", section 3.2, "best path decoding".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.decoding.hypothesis import Hypothesis
from training.decoding.symbols import Symbols


def greedy(log_probs: NDArray[np.floating[Any]], symbols: Symbols, *, blank: int = 0) -> Hypothesis:
    """The text of the most probable path through log_probs, (frames, classes).

    Its score is that of this one path, so it is at most the log probability of the tokens, which sums over paths.

    >>> frames = np.log([[0.1, 0.0001, 0.9], [0.1, 0.0001, 0.9], [0.8, 0.1, 0.1], [0.3, 0.1, 0.6]])
    >>> greedy(frames, Symbols(["<blank>", "a", "b"])).text
    'bb'
    """
    scores = checked(log_probs, symbols, blank)
    path = scores.argmax(1)
    first = np.diff(path, prepend=-1) != 0  # the first frame of each run of a class
    tokens = tuple(path[first & (path != blank)].tolist())
    score = float(scores.max(1).sum())
    return Hypothesis(tokens, symbols.text(tokens), score, score)


def checked(log_probs: NDArray[np.floating[Any]], symbols: Symbols, blank: int) -> NDArray[np.float64]:
    """The log probabilities as float64; ValueError when they are not (frames, classes) of these symbols, or are nan."""
    scores = np.asarray(log_probs, np.float64)
    if scores.ndim != 2 or scores.shape[1] != len(symbols):
        raise ValueError(f"log_probs must be (frames, {len(symbols)}), one class for each symbol; got {scores.shape}")
    if not 0 <= blank < len(symbols):
        raise ValueError(f"blank is class {blank}, and there are {len(symbols)} classes")
    if np.isnan(scores).any():
        raise ValueError("log_probs hold nan")
    return scores
