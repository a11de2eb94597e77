"""Alignment: where in time each token of a known text lies, by the most probable path that CTC allows for it.

The paths that collapse to the tokens (Graves et al. 2006, section 3.1) go through the states

    blank, token 1, blank, token 2, .., token L, blank

from the first or second to the last or last but one; each answer stays, takes the next state, or skips a blank between
two tokens that differ. The best of them is found by the search of Viterbi, "Error bounds for convolutional codes", IEEE
Transactions on Information Theory 13(2), 1967; Kürzinger et al., "CTC-segmentation of large corpora for German
end-to-end speech recognition", SPECOM 2020 (https://arxiv.org/abs/2007.09127), find long texts in long recordings so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Aligned(NamedTuple):
    """A token, in the answers from `start` to before `end`, and the highest probability that it has there."""

    token: int
    start: int
    end: int
    confidence: float


def align_tokens(log_probs: NDArray[np.floating[Any]], tokens: Sequence[int], blank: int = 0) -> list[Aligned]:
    """Each token in its place among log_probs, (answers, classes), of a path that has the most probability.

    ValueError where there are too few answers for the tokens, or where no path is possible.

    >>> frames = np.log([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1], [0.2, 0.2, 0.6]])
    >>> [(one.token, one.start, one.end) for one in align_tokens(frames, [1, 2])]
    [(1, 1, 3), (2, 3, 4)]
    """
    path = best_path(log_probs, tokens, blank)
    found = []
    for place, token in enumerate(tokens):
        answers = np.flatnonzero(path == 2 * place + 1)
        start, end = int(answers[0]), int(answers[-1]) + 1
        found.append(Aligned(token, start, end, float(np.exp(log_probs[start:end, token].max()))))
    return found


def best_path(log_probs: NDArray[np.floating[Any]], tokens: Sequence[int], blank: int = 0) -> NDArray[np.intp]:
    """The state of each answer: 2 place + 1 in the token at that place, even numbers in the blanks between them."""
    classes = np.full(2 * len(tokens) + 1, blank)
    classes[1::2] = tokens
    skips = np.zeros(len(classes), bool)
    skips[3::2] = classes[3::2] != classes[1:-2:2]
    scores = np.asarray(log_probs, np.float64)[:, classes]
    total = np.full(len(classes), -np.inf)
    steps = np.zeros((len(scores), len(classes)), np.int8)
    ways = np.full((3, len(classes)), -np.inf)  # to stay, to go on by one, to skip a blank
    for number, score in enumerate(scores):
        if number == 0:
            total[:2] = score[:2]
            continue
        ways[0], ways[1, 1:] = total, total[:-1]
        ways[2, 2:] = np.where(skips[2:], total[:-2], -np.inf)
        steps[number] = ways.argmax(0)
        total = ways.max(0) + score
    ends = range(max(len(classes) - 2, 0), len(classes))
    state = max(ends, key=total.__getitem__)
    if not len(scores) or total[state] == -np.inf:
        raise ValueError(f"no path of {len(scores)} answers spells these {len(tokens)} tokens")
    path = np.empty(len(scores), np.intp)
    for number in range(len(scores) - 1, -1, -1):
        path[number] = state
        state -= int(steps[number, state])
    return path
