from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from features.example import Audio, Example
from features.signal.levels import SILENCE
from features.signal.normalize import Normalize
from tests.features.examples import QUICK, babble, run, waveforms


def level_db(samples: np.ndarray, to: str) -> float:
    """The level in float64, from its definition."""
    x = samples.astype(np.float64)
    return float(20 * np.log10(np.abs(x).max() if to == "peak" else np.sqrt(np.mean(x**2))))


@pytest.mark.parametrize("to", ["peak", "rms"])
@pytest.mark.parametrize("wanted", [-30.0, -3.0, 0.0])
def test_the_level_is_the_one_asked_for(to: str, wanted: float) -> None:
    found = run(Normalize(to=to, level_db=wanted), babble(channels=2))
    assert isinstance(found, Example)
    assert level_db(found.audio().samples, to) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("to", ["peak", "rms"])
@given(samples=waveforms())
@QUICK
def test_the_level_of_any_waveform(to: str, samples: np.ndarray) -> None:
    found = run(Normalize(to=to, level_db=-12), samples)
    assert isinstance(found, Example)
    rms = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    if 2 * SILENCE < rms < 1e30:  # beyond that the gain itself is not exact in float32
        assert level_db(found.audio().samples, to) == pytest.approx(-12, abs=1e-3)


def test_all_channels_get_the_same_gain() -> None:
    samples = np.float32([[0.1, 0.0], [0.0, -0.4]])
    found = run(Normalize(level_db=0), samples)
    assert isinstance(found, Example)
    assert found.audio().samples == pytest.approx(np.float32([[0.25, 0.0], [0.0, -1.0]]))


@pytest.mark.parametrize("to", ["peak", "rms"])
@pytest.mark.parametrize("value", [0.0, 1e-40, 1e-45])
def test_silence_is_passed_on_as_it_is(to: str, value: float) -> None:
    samples = np.full((1, 10), value, np.float32)
    found = run(Normalize(to=to), samples)
    assert isinstance(found, Example)
    assert found.audio().samples is samples


def test_real_clips_come_to_the_level(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips:
        found = run(Normalize(to="rms", level_db=-26), audio.samples, audio.sample_rate)
        assert isinstance(found, Example)
        assert level_db(found.audio().samples, "rms") == pytest.approx(-26, abs=1e-3), name
