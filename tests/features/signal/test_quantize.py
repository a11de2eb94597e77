from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from features.example import Audio, Example
from features.signal.quantize import Quantize, quantize
from tests.features.examples import QUICK, babble, run, waveforms


@pytest.mark.parametrize(
    ("bits", "wanted"),
    [(2, [-1, -1, -0.5, 0, 0, 0.5, 0.5]), (3, [-1, -0.75, -0.25, 0, 0, 0.25, 0.75]), (24, None)],
)
def test_known_values(bits: int, wanted: list[float] | None) -> None:
    samples = np.float32([-2, -0.75, -0.3, -0.01, 0.125, 0.3, 1])
    found = quantize(samples, bits)
    if wanted is not None:
        assert found.tolist() == wanted
    else:
        assert np.abs(found[1:-1] - samples[1:-1]).max() <= 2.0**-24
        assert (found[0], found[-1]) == (-1, 1 - 2.0**-23)


@pytest.mark.parametrize("bits", range(2, 25))
def test_equals_integer_arithmetic(bits: int) -> None:
    samples = np.concatenate([babble(0.1)[0] * 3, np.float32([1, -1, 0.5, 2**-24])])
    codes = [min(max(round(float(x) * 2 ** (bits - 1)), -(2 ** (bits - 1))), 2 ** (bits - 1) - 1) for x in samples]
    assert (quantize(samples, bits).astype(np.float64) * 2 ** (bits - 1)).tolist() == codes


def test_sixteen_bits_pass_through_what_a_16_bit_file_held(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips:
        assert np.array_equal(quantize(audio.samples, 16), audio.samples), name


@given(samples=waveforms(), bits=st.integers(2, 24))
@QUICK
def test_quantizing_again_changes_nothing(samples: np.ndarray, bits: int) -> None:
    once = quantize(samples, bits)
    assert np.array_equal(quantize(once, bits), once)
    assert len(np.unique(once)) <= 2**bits


@pytest.mark.parametrize("bits", [6, 10, 14])
def test_the_noise_is_that_of_a_uniform_error(bits: int) -> None:
    samples = np.random.default_rng(0).uniform(-0.9, 0.9, (1, 100_000)).astype(np.float32)
    found = run(Quantize(bits=bits), samples)
    assert isinstance(found, Example)
    error = found.audio().samples.astype(np.float64) - samples
    assert np.mean(error**2) == pytest.approx((2.0 ** (1 - bits)) ** 2 / 12, rel=0.02)


@pytest.mark.parametrize("parameters", [{}, {"bits": 1}, {"bits": 25}])
def test_bits_that_make_no_sense(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="bits"):
        Quantize.model_validate(parameters)
