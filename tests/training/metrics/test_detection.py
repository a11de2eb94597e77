"""Segment-based figures against values worked by hand, a loop over segments, and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from training.metrics.detection import Counts, count


def test_values_worked_by_hand() -> None:
    # three classes, two frames to a segment; the last segment holds one frame
    truth = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1]], bool)
    scores = np.array([[0, 0, 0], [0.5, 0, 0.9], [0.4, 0.9, 0], [0, 0, 0.7], [0, 0, 0.8]])
    # segment 0: true 0 1, answered 0 2: tp 1, fp 1, fn 1, one substitution
    # segment 1: true 0, answered 1 2: fp 2, fn 1, one substitution and one insertion
    # segment 2: true 2, answered 2: tp 1
    found = count(truth, scores, hop_length=160, sample_rate=320)
    assert found == Counts(2, 3, 2, 2)
    assert found.f1 == pytest.approx(4 / 9)
    assert found.error_rate == pytest.approx((2 + 0 + 1) / 4)


def test_a_segment_of_many_frames_and_one_of_a_part_of_a_frame() -> None:
    truth, scores = np.array([[True], [False], [False]]), np.array([[0.0], [0.0], [1.0]])
    assert count(truth, scores, 100, 100, segment_seconds=60) == Counts(1, 0, 0, 0)
    assert count(truth, scores, 100, 100, segment_seconds=0.1) == Counts(0, 1, 1, 0)


def test_counts_of_clips_add_up() -> None:
    total = Counts(1, 2, 3, 1) + Counts(4, 0, 1, 0)
    assert total == Counts(5, 2, 4, 1)
    assert total.error_rate == pytest.approx((1 + 3 + 1) / 9)


def test_silence_and_nothing() -> None:
    quiet = count(np.zeros((50, 3), bool), np.zeros((50, 3)), 1, 10)
    assert quiet == count(np.zeros((0, 3), bool), np.zeros((0, 3)), 1, 10) == Counts(0, 0, 0, 0)
    assert np.isnan(quiet.f1)
    assert np.isnan(quiet.error_rate)


@pytest.mark.parametrize(("hop_length", "sample_rate", "seconds"), [(256, 22050, 1.0), (160, 16000, 0.25)])
@pytest.mark.parametrize("threshold", [0.5, 0.9])
def test_as_a_loop_over_segments(hop_length: int, sample_rate: int, seconds: float, threshold: float) -> None:
    rng = np.random.default_rng(0)
    truth, scores = rng.random((900, 4)) < 0.004, rng.random((900, 4)) ** 0.02 - 0.05
    at = np.arange(900) * hop_length / sample_rate
    active, answered, errors = [], [], 0
    for start in np.arange(0, at[-1] + 1e-9, seconds):
        frames = (at > start - 1e-9) & (at < start + seconds - 1e-9)
        active.append(truth[frames].any(0))
        answered.append((scores[frames] >= threshold).any(0))
        missed, false = np.sum(active[-1] & ~answered[-1]), np.sum(answered[-1] & ~active[-1])
        errors += max(missed, false)  # substitutions, and what is left of either
    found = count(truth, scores, hop_length, sample_rate, seconds, threshold)
    assert found.f1 == pytest.approx(f1_score(np.array(active), np.array(answered), average="micro"))
    assert found.error_rate == pytest.approx(errors / np.sum(active))
