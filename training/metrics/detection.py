"""Sound events in time: F1 and error rate over segments of a fixed length.

Mesaros, Heittola, Virtanen, "Metrics for Polyphonic Sound Event Detection", Applied Sciences 6(6):162, 2016
(https://doi.org/10.3390/app6060162), section 4.1. A class is active in a segment when it is active in any frame of it,
in the truth and in the answer alike. Counts of several clips add up, and figures are taken of the sum: the paper's
instance-based average.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Counts:
    """What was found in the segments of a clip, or of several; `a + b` is that of both."""

    true_positives: int
    false_positives: int
    false_negatives: int
    substitutions: int
    """Errors where, in one segment, one class is missed and another answered in its place."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    @property
    def f1(self) -> float:
        """2 tp / (2 tp + fp + fn); nan when nothing is active and nothing is answered."""
        seen = 2 * self.true_positives + self.false_positives + self.false_negatives
        return 2 * self.true_positives / seen if seen else float("nan")

    @property
    def error_rate(self) -> float:
        """(substitutions + deletions + insertions) / active classes (equation 8); nan when none is active.

        Deletions are the misses that are no substitution, insertions the same of the false answers. It may exceed 1.
        """
        active = self.true_positives + self.false_negatives
        errors = self.false_negatives + self.false_positives - self.substitutions
        return errors / active if active else float("nan")


def count(
    truth: NDArray[np.bool_],
    scores: NDArray[np.floating],
    hop_length: int,
    sample_rate: int,
    segment_seconds: float = 1.0,
    threshold: float = 0.5,
) -> Counts:
    """The counts of one clip from its frames: truth (frames, classes) bool and scores (frames, classes).

    Frame t belongs to the segment in which its sample t * hop_length lies. The last segment may be shorter. A score
    that equals the threshold is a yes.

    >>> truth, scores = np.array([[1, 0], [0, 0], [1, 0], [1, 0]], bool), np.array([[1, 0], [0, 0], [0, 0], [0, 1]])
    >>> count(truth, scores, hop_length=1, sample_rate=2)
    Counts(true_positives=1, false_positives=1, false_negatives=1, substitutions=1)
    """
    segment = max(1, round(segment_seconds * sample_rate))
    active = _active(np.asarray(truth, bool), hop_length, segment)
    answered = _active(np.asarray(scores) >= threshold, hop_length, segment)
    missed, false = np.sum(active & ~answered, 1), np.sum(answered & ~active, 1)  # per segment
    both = int(np.sum(active & answered))
    return Counts(both, int(false.sum()), int(missed.sum()), int(np.minimum(missed, false).sum()))


def _active(frames: NDArray[np.bool_], hop_length: int, segment: int) -> NDArray[np.bool_]:
    """(frames, classes) to (segments, classes): whether a class is active in any frame of a segment."""
    number = np.arange(len(frames)) * hop_length // segment
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    return np.logical_or.reduceat(frames, starts, axis=0) if len(starts) else frames
