"""Words in time: from tokens in their places to words with a start, an end, and how sure the model is.

A model by CTC is sure of a token in an answer or two, somewhere within its sound, and answers blanks before and behind.
So words begin and end where it is quiet between their tokens; where it is not, the border lies half-way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.decoding.alignment import Aligned
from training.decoding.symbols import Symbols

QUIET = 0.12
"""Quiet is below so much of the way from what is quietest to what is loudest, by the 5th and the 95th percentile."""
PAUSE_SECONDS = 0.03
"""Of silence, at the least; shorter ones lie within words."""
REACH_SECONDS = 0.4
"""How far a word reaches at most before its first token and behind its last one."""


class Word(NamedTuple):
    """A word, its start and end in seconds, and the geometric mean of the probabilities of its tokens."""

    word: str
    start: float
    end: float
    confidence: float

    def to_json(self) -> dict[str, Any]:
        return {
            "word": self.word,
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "confidence": round(self.confidence, 4),
        }


class Spoken(NamedTuple):
    """A word by its tokens: `first` and `last` are the answers in which the first and the last of them are heard."""

    word: str
    first: int
    last: int
    confidence: float


def words_of(aligned: Sequence[Aligned], symbols: Symbols) -> list[Spoken]:
    """The words that aligned tokens spell."""
    groups: list[list[Aligned]] = [[]]
    for found in aligned:
        border, letters = symbols.parts[found.token]
        if border and groups[-1]:
            groups.append([])
        if letters:
            groups[-1].append(found)
    return [_word(group, symbols) for group in groups if group]


def _word(group: Sequence[Aligned], symbols: Symbols) -> Spoken:
    word = "".join(symbols.parts[found.token][1] for found in group)
    confidences = np.maximum([found.confidence for found in group], 1e-30)
    return Spoken(word, group[0].start, group[-1].end - 1, float(np.exp(np.log(confidences).mean())))


def in_time(spoken: Sequence[Spoken], loudness: NDArray[np.float32], subsampling: int, rate: float) -> list[Word]:
    """Words in seconds. `loudness` is that of each frame, of which there are `rate` a second, on a logarithmic scale;
    answer t is centred on the frame t * subsampling.
    """
    if not spoken:
        return []
    low, high = np.quantile(loudness, [0.05, 0.95])
    quiet = loudness < low + QUIET * (high - low)
    pause, reach = max(round(PAUSE_SECONDS * rate), 1), round(REACH_SECONDS * rate)
    firsts = [min(word.first * subsampling, len(quiet) - 1) for word in spoken]
    lasts = [min(word.last * subsampling, len(quiet) - 1) for word in spoken]
    starts, ends = [0] * len(spoken), [len(quiet)] * len(spoken)
    for after in range(len(spoken) + 1):
        left = lasts[after - 1] if after else 0
        right = firsts[after] if after < len(spoken) else len(quiet) - 1
        end, start = _border(quiet[left : right + 1], pause)
        if after:
            ends[after - 1] = min(_backward(quiet, left + end, firsts[after - 1]), left + reach)
        if after < len(spoken):
            starts[after] = max(_forward(quiet, left + start, lasts[after]), right - reach)
    pairs = zip(spoken, starts, ends, strict=True)
    return [Word(word.word, start / rate, max(end, start + 1) / rate, word.confidence) for word, start, end in pairs]


def _border(quiet: NDArray[np.bool_], pause: int) -> tuple[int, int]:
    """Where one word ends and the next begins, in frames, between the last token of the one and the first of the other.

    A word ends with the longest silence, since a stop before its end is short, and begins behind the last one.
    """
    edges = np.flatnonzero(np.diff(quiet, prepend=False, append=False))
    starts, ends = edges[::2], edges[1::2]
    long = ends - starts >= pause
    if not long.any():
        return len(quiet) // 2, len(quiet) // 2
    return int(starts[(ends - starts).argmax()]), int(ends[long][-1])


def _forward(quiet: NDArray[np.bool_], frame: int, last: int) -> int:
    """The next frame that is not quiet, or `last`."""
    while frame < last and quiet[frame]:
        frame += 1
    return frame


def _backward(quiet: NDArray[np.bool_], frame: int, first: int) -> int:
    """The end of what is not quiet before a frame, or the frame behind `first`."""
    while frame > first + 1 and quiet[frame - 1]:
        frame -= 1
    return frame
