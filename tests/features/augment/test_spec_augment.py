from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats

from features.augment.spec_augment import SpecAugment
from features.chain import Chain
from features.example import Example, Features
from features.stage import FeatureShape

FRAMES = np.random.default_rng(0).standard_normal((300, 80)).astype(np.float32)


def masked(frames: np.ndarray = FRAMES, key: str = "a", **parameters: Any) -> tuple[np.ndarray, dict[str, Any]]:
    stage = SpecAugment.model_validate(parameters)
    example = Example(key, arrays={"log_mel": Features(frames, 100.0)}, split="train", copy=1)
    (found,) = Chain([stage]).run(example)  # type: ignore[misc]
    return found.features("log_mel").frames, found.notes["spec_augment"]


def covered(notes: dict[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    """Where the notes say that there are masks."""
    where = np.zeros(shape, bool)
    for start, width in notes["frequency_masks"]:
        where[:, start : start + width] = True
    for start, width in notes["time_masks"]:
        where[start : start + width] = True
    return where


@pytest.mark.parametrize(("fill", "value"), [("mean", FRAMES.mean(dtype=np.float64)), ("zero", 0.0)])
def test_masks_are_where_the_notes_say_and_hold_the_fill(fill: str, value: float) -> None:
    for key in "abcdef":
        found, notes = masked(key=key, fill=fill, time_width=40)
        where = covered(notes, FRAMES.shape)
        assert np.array_equal(found[~where], FRAMES[~where])
        assert (found[where] == np.float32(value)).all()
        assert where.any()


def test_widths_and_places_are_drawn_as_the_paper_says() -> None:
    """Uniform from 0 to F (T), and from 0 to what is left: 2,000 masks of each kind."""
    widths: dict[str, list[int]] = {"frequency_masks": [], "time_masks": []}
    places: dict[str, list[float]] = {"frequency_masks": [], "time_masks": []}
    for number in range(1000):
        _, notes = masked(key=f"{number}", time_width=50)
        for kind, length in (("frequency_masks", 80), ("time_masks", 300)):
            for start, width in notes[kind]:
                assert 0 <= start <= length - width
                widths[kind].append(width)
                places[kind].append((start + np.random.default_rng(len(widths[kind])).random()) / (length - width + 1))
    for kind, longest in (("frequency_masks", 27), ("time_masks", 50)):
        counts = np.bincount(widths[kind], minlength=longest + 1)
        assert len(counts) == longest + 1
        assert scipy.stats.chisquare(counts).pvalue > 1e-3
        assert scipy.stats.kstest(places[kind], "uniform").pvalue > 1e-3


def test_a_span_covers_no_more_than_the_fraction() -> None:
    for number in range(50):
        _, notes = masked(key=f"{number}", time_width=300, max_time_fraction=0.2)
        assert all(width <= 60 for _, width in notes["time_masks"])


@pytest.mark.parametrize("shape", [(1, 80), (300, 1), (1, 1), (0, 80)])
def test_small_features(shape: tuple[int, int]) -> None:
    frames = np.full(shape, np.finfo(np.float32).max)
    found, notes = masked(frames)
    assert found.shape == shape
    assert np.isfinite(found).all()
    assert covered(notes, shape).shape == shape


def test_nothing_to_mask_and_what_it_reads() -> None:
    found, _ = masked(frequency_masks=0, time_masks=0)
    assert np.array_equal(found, FRAMES)
    shape = FeatureShape(80, 100.0)
    stage = SpecAugment.model_validate({"as": "masked"})
    assert stage.check({"log_mel": shape}) == {"log_mel": shape, "masked": shape}


def test_the_same_key_gives_the_same_masks_and_another_others() -> None:
    assert masked(key="a")[1] == masked(key="a")[1]
    assert len({str(masked(key=f"{n}")[1]) for n in range(20)}) == 20
