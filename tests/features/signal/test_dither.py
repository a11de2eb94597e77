from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from features.example import Example
from features.signal.dither import Dither
from features.signal.quantize import quantize
from features.stage import Rejected
from tests.features.examples import run

BIT = 2.0**-7  # the least significant of 8


def noise(kind: str, **identity: object) -> np.ndarray:
    found = run(Dither(bits=8, noise=kind), np.zeros((2, 50_000), np.float32), **identity)  # type: ignore[arg-type]
    assert isinstance(found, Example)
    return found.audio().samples.astype(np.float64) / BIT


@pytest.mark.parametrize(
    ("kind", "distribution"),
    [("tpdf", scipy.stats.triang(0.5, -1, 2)), ("rectangular", scipy.stats.uniform(-0.5, 1))],
)
def test_the_noise_has_the_distribution_that_is_named(kind: str, distribution: scipy.stats.rv_continuous) -> None:
    found = noise(kind)
    assert scipy.stats.kstest(found.reshape(-1), distribution.cdf).pvalue > 0.001
    assert abs(np.corrcoef(found)[0, 1]) < 0.02
    assert abs(np.corrcoef(found[0, 1:], found[0, :-1])[0, 1]) < 0.02


def test_two_keys_and_two_seeds_differ() -> None:
    first = noise("tpdf")
    assert np.array_equal(first, noise("tpdf"))
    assert not np.array_equal(first, noise("tpdf", key="b.wav"))
    assert not np.array_equal(first, noise("tpdf", seed=1))


def test_what_lies_between_two_levels_survives_quantization_on_average() -> None:
    quiet = np.full((1, 100_000), 0.3 * BIT, np.float32)
    assert not quantize(quiet, 8).any()
    found = run(Dither(bits=8), quiet)
    assert isinstance(found, Example)
    dithered = quantize(found.audio().samples, 8).astype(np.float64) / BIT
    assert dithered.mean() == pytest.approx(0.3, abs=0.01)
    assert dithered.var() == pytest.approx(0.25, abs=0.01)  # tpdf: a quarter of a bit squared, whatever the signal


def test_the_largest_float_stays_finite_or_is_rejected() -> None:
    outcome = run(Dither(bits=2), np.full((1, 4), np.finfo(np.float32).max, np.float32))
    assert isinstance(outcome, (Example, Rejected))
    if isinstance(outcome, Example):
        assert np.isfinite(outcome.audio().samples).all()
