"""Utterances: the answers to a long recording, cut where nobody speaks, so that each can be decoded by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.recognition.chunks import Answered

MOST_SECONDS = 30.0
"""Of an utterance; a recording that is no longer is not cut."""


@dataclass(frozen=True)
class Utterance:
    """Answers that are decoded at once: `first` is the number of the first one in the recording."""

    first: int
    log_probs: NDArray[np.float32]
    loudness: NDArray[np.float32]


def utterances(found: Iterable[Answered], silent: Collection[int], most: int, subsampling: int) -> Iterator[Utterance]:
    """The answers to a recording in utterances of at most `most` answers, of `subsampling` frames each.

    `silent` are the symbols that are no sound: the blank, and a space.
    """
    log_probs: NDArray[np.float32] | None = None
    loudness, first = np.empty(0, np.float32), 0
    for new in found:
        log_probs = new.log_probs if log_probs is None else np.concatenate([log_probs, new.log_probs])
        loudness = np.concatenate([loudness, new.loudness])
        while len(log_probs) > most:
            cut = best_cut(log_probs[:most], silent)
            yield Utterance(first, log_probs[:cut], loudness[: cut * subsampling])
            log_probs, loudness, first = log_probs[cut:], loudness[cut * subsampling :], first + cut
    if log_probs is not None:
        yield Utterance(first, log_probs, loudness)


def best_cut(log_probs: NDArray[np.float32], silent: Collection[int]) -> int:
    """Where to cut (answers, symbols): in the middle of the longest run of what is no sound, behind the first third.

    Where there is no such run, before the answer that is most probably silent. The cut is neither at the start nor
    behind the last answer, unless there is one answer alone.

    >>> path = [1, 0, 0, 0, 1, 1, 0, 0, 1, 1]
    >>> best_cut(np.float32(np.eye(2)[path]), [0])
    7
    """
    least = max(len(log_probs) // 3, 1)
    quiet = np.isin(log_probs[least:].argmax(1), [*silent])
    edges = np.flatnonzero(np.diff(quiet, prepend=False, append=False))
    if not len(edges):
        return least + int(log_probs[least:, [*silent]].max(1).argmax()) if len(log_probs) > least else least
    starts, ends = edges[::2], edges[1::2]
    longest = int((ends - starts).argmax())
    return least + int(starts[longest] + ends[longest]) // 2
