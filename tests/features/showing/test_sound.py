"""What is played: not too loud, not too long, faded in."""

from __future__ import annotations

import numpy as np
import pytest

from features.audio.encode import wav
from features.example import Audio
from features.showing.sound import PEAK, playable
from tests.factories import tone


def test_loud_sound_peaks_at_3_db_below_full_scale_and_quiet_sound_stays() -> None:
    loud = playable(Audio(tone(0.5, 8000, level_db=6.0), 8000)).samples
    assert 20 * np.log10(np.abs(loud).max()) == pytest.approx(-3.0, abs=1e-5)
    quiet = tone(0.5, 8000, level_db=-20.0)
    assert np.array_equal(playable(Audio(quiet, 8000)).samples[:, 80:], quiet[:, 80:])


def test_10_ms_are_faded_in() -> None:
    found = playable(Audio(np.full((2, 1600), 0.5, np.float32), 16000)).samples
    assert np.allclose(found[:, :160], 0.5 * np.arange(160) / 160)
    assert (found[:, 160:] == 0.5).all()


def test_it_is_cut_by_seconds_and_by_bytes() -> None:
    audio = Audio(np.zeros((2, 8000 * 40), np.float32), 8000)
    assert playable(audio).seconds == 30
    for most in (0, 43, 44, 45, 10_000, 10_003):
        found = playable(audio, most_bytes=most)
        assert len(wav(found)) <= max(most, 44)
        assert found.samples.shape[1] == max(0, most - 44) // 4


def test_many_channels_become_their_mean() -> None:
    samples = np.stack([np.full(800, level, np.float32) for level in (0.1, 0.2, 0.3, 0.4)])
    found = playable(Audio(samples, 8000)).samples
    assert found.shape == (1, 800)
    assert found[0, 400] == pytest.approx(0.25)


def test_what_is_no_number_is_silent_and_the_source_stays() -> None:
    samples = np.array([[np.nan, np.inf, -np.inf, 2.0, 0.5]], np.float32)
    kept = samples.copy()
    found = playable(Audio(samples, 100)).samples
    assert np.allclose(found, [[0.0, 0.0, 0.0, PEAK, 0.25 * PEAK]])
    assert np.array_equal(samples, kept, equal_nan=True)
