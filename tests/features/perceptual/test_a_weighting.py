from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.draws import Draws
from features.example import Audio, Example
from features.perceptual.a_weighting import AWeighting, a_weighting_db
from features.stage import AudioShape, Rejected
from tests.features.examples import QUICK, babble, run


def weighted(samples: np.ndarray, rate: int) -> np.ndarray:
    found = run(AWeighting(), samples, rate)
    assert isinstance(found, Example), found
    assert found.audio().sample_rate == rate
    return found.audio().samples


def gain(hz: np.ndarray) -> np.ndarray:
    """librosa's, as a factor."""
    with np.errstate(divide="ignore"):
        return 10 ** (librosa.A_weighting(hz, min_db=None) / 20)


@given(hz=st.floats(1, 96000))
@QUICK
def test_the_gain_is_librosas(hz: float) -> None:
    assert float(a_weighting_db(hz)) == pytest.approx(float(librosa.A_weighting(hz, min_db=None)), abs=5e-4)


@pytest.mark.parametrize(  # IEC 61672-1, table 3: frequency, A weighting in dB, rounded to a tenth
    ("hz", "db"), [(31.5, -39.4), (63, -26.2), (125, -16.1), (500, -3.2), (1000, 0.0), (2000, 1.2), (8000, -1.1)]
)
def test_the_gain_is_the_standards(hz: float, db: float) -> None:
    exact = 1000 * 10 ** (round(10 * np.log10(hz / 1000)) / 10)  # the table rounds its frequencies
    assert float(a_weighting_db(exact)) == pytest.approx(db, abs=0.051)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100])
def test_an_impulse_has_the_spectrum_that_librosa_says(rate: int) -> None:
    impulse = np.zeros((1, rate), np.float32)
    impulse[0, rate // 2] = 1
    found = np.abs(np.fft.rfft(weighted(impulse, rate)[0]))[20:]
    np.testing.assert_allclose(found, gain(np.arange(20, len(found) + 20)), rtol=1e-4, atol=1e-6)


def test_a_long_signal_is_weighted_as_its_spectrum_is(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips:
        rate, padding = audio.sample_rate, audio.sample_rate // 2
        padded = np.pad(audio.samples[0].astype(np.float64), padding)
        spectrum = np.fft.rfft(padded) * gain(np.fft.rfftfreq(len(padded), 1 / rate))
        wanted = np.fft.irfft(spectrum, len(padded))[padding:-padding]
        found = weighted(audio.samples, rate)[0]
        np.testing.assert_allclose(found, wanted, atol=1e-4 * np.abs(wanted).max(), err_msg=name)


def test_a_tone_keeps_its_time_and_gets_its_level() -> None:
    tone = np.sin(2 * np.pi * 100 * np.arange(16000) / 16000).astype(np.float32)[np.newaxis]
    found = weighted(tone, 16000)
    np.testing.assert_allclose(found[:, 4000:-4000], tone[:, 4000:-4000] * gain(np.float64(100)), atol=1e-5)


def test_channels_are_weighted_by_themselves() -> None:
    stereo = np.concatenate([babble(0.5, seed=1), babble(0.5, seed=2)])
    found = weighted(stereo, 16000)
    assert found.flags.c_contiguous
    for channel in range(2):
        assert np.array_equal(found[channel], weighted(stereo[channel : channel + 1], 16000)[0])


def test_half_a_minute_in_pieces_is_the_whole() -> None:
    samples = np.concatenate([babble(30, 8000, seed=1), babble(30, 8000, seed=2)])
    whole = weighted(samples, 8000)
    stream = AWeighting().stream(AudioShape(8000, 2), Draws(0, "a_weighting", 0, "key", 0))
    assert stream is not None
    pieces = np.split(samples, [0, 1, 95_000, 97_000, 97_000, 200_000], axis=1)
    found = [*(stream.push(piece) for piece in pieces), stream.finish()]
    assert found[3].size  # the first block is whole, before the end is there
    assert np.concatenate(found, axis=1).tobytes() == whole.tobytes()


def test_edges() -> None:
    assert weighted(np.zeros((2, 0), np.float32), 16000).shape == (2, 0)
    assert weighted(np.ones((1, 1), np.float32), 16000).shape == (1, 1)
    assert not weighted(np.zeros((1, 500), np.float32), 8000).any()
    loud = np.full((1, 5000), 3.4e38, np.float32) * np.where(np.arange(5000) // 2 % 2, np.float32(1), np.float32(-1))
    assert run(AWeighting(), loud, 8000) == Rejected("samples beyond the range of float32")


def test_the_shape_stays() -> None:
    before = AudioShape(16000, 2, 500)
    assert AWeighting(as_="weighted").check({"audio": before}) == {"audio": before, "weighted": before}
