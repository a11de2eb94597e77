from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
from pydantic import ValidationError

from features.augment.add_noise import AddNoise
from features.augment.colored_noise import COLORS, colored_noise
from features.example import Example
from tests.features.examples import babble, run

RATE = 16000


def slope(noise: np.ndarray, low_hz: float, high_hz: float) -> float:
    """The exponent of 1 / f that fits the power per Hz between two frequencies, by Welch's method."""
    hz, power = scipy.signal.welch(noise, RATE, nperseg=8192)
    chosen = (hz >= low_hz) & (hz <= high_hz)
    return float(-np.polyfit(np.log(hz[chosen]), np.log(power[chosen]), 1)[0])


@pytest.mark.parametrize("exponent", [*COLORS.values(), 0.5, 3.0])
def test_the_power_goes_as_the_exponent_says(exponent: float) -> None:
    noise = colored_noise(np.random.default_rng(0), 20 * RATE, RATE, exponent)[0]
    assert slope(noise, 60, 6000) == pytest.approx(exponent, abs=0.05)
    assert abs(noise.mean()) < 1e-3 * noise.std()


def test_below_what_is_heard_it_is_level() -> None:
    noise = colored_noise(np.random.default_rng(0), 100 * RATE, RATE, COLORS["brown"])[0]
    power, hz = np.abs(np.fft.rfft(noise)) ** 2, np.fft.rfftfreq(len(noise), 1 / RATE)
    below, at, above = (power[(hz > low) & (hz < low + 9)].mean() for low in (1, 10.5, 35.5))
    assert below == pytest.approx(at, rel=0.15)
    assert above == pytest.approx(at / 4, rel=0.15)  # at 40 Hz a brown noise is 6 dB softer than at 20


@pytest.mark.parametrize("color", [*COLORS, 1.5, {"choice": ["pink", "white"]}, {"uniform": [-1, 2]}])
@pytest.mark.parametrize("snr_db", [-10, 0, 5.5, 30])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_measured_snr_is_the_one_asked_for(color: Any, snr_db: float, channels: int) -> None:
    clean = babble(0.5, channels=channels)
    found = run(AddNoise.model_validate({"color": color, "snr_db": snr_db}), clean, RATE)
    assert isinstance(found, Example)
    added = found.audio().samples.astype(float) - clean
    assert 10 * np.log10(np.mean(clean.astype(float) ** 2) / np.mean(added**2)) == pytest.approx(snr_db, abs=0.1)
    assert np.allclose(added[0], added[-1], atol=1e-6)
    drawn = found.notes["add_noise"].get("color")
    assert (drawn is None) == (not isinstance(color, dict))
    if isinstance(color, dict) and "choice" in color:
        assert drawn in (0.0, 1.0)


def test_no_noise_for_silence() -> None:
    samples = np.zeros((1, 100), np.float32)
    found = run(AddNoise(color="pink", snr_db=5), samples, RATE)
    assert isinstance(found, Example)
    assert found.audio().samples is samples
    assert found.notes["add_noise"] == {"silent": "signal"}


def test_a_colour_by_name_is_its_exponent() -> None:
    assert AddNoise(color="pink", snr_db=5).identity() == AddNoise(color=1.0, snr_db=5).identity()
    assert AddNoise(color="pink", snr_db=5).corpora() == ()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "either `from` .a corpus. or `color`"),
        ({"color": "pink", "from": "noise"}, "either `from` .a corpus. or `color`"),
        ({"color": "pnk"}, "a color is white, pink, brown, blue, violet, or the exponent of 1 / f"),
        ({"color": {"choice": ["pink", "grey"]}}, "a color is white, pink"),
        ({"color": 7}, "must lie between -4 and 4"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        AddNoise.model_validate({"snr_db": 5, **parameters})
