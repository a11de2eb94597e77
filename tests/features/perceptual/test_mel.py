from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ChainError
from features.perceptual.mel import hz_to_mel, mel_bands, mel_bank, mel_to_hz
from tests.features.examples import QUICK

PARAMETERS = [
    (16000, 400, 80, 0.0, None),
    (8000, 256, 64, 0.0, None),
    (22050, 1024, 80, 0.0, 8000.0),
    (44100, 2048, 128, 20.0, None),
    (16000, 512, 40, 300.0, 3400.0),
    (48000, 1200, 1, 0.0, None),
    (16000, 401, 23, 64.0, 7600.0),
]


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
@pytest.mark.parametrize("parameters", PARAMETERS)
def test_equals_librosa(parameters: tuple[int, int, int, float, float | None], mel_scale: str) -> None:
    rate, n_fft, n_mels, f_min, f_max = parameters
    wanted = librosa.filters.mel(
        sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=f_min, fmax=f_max, htk=mel_scale == "htk", norm="slaney"
    )
    found = mel_bank(rate, n_fft, n_mels, f_min, f_max, mel_scale)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6 * wanted.max())


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
@given(hz=st.floats(0, 96000))
@QUICK
def test_the_scales_are_librosas_and_invert(mel_scale: str, hz: float) -> None:
    mel = float(hz_to_mel(hz, mel_scale))
    assert mel == pytest.approx(float(librosa.hz_to_mel(hz, htk=mel_scale == "htk")), rel=1e-12, abs=1e-12)
    assert float(mel_to_hz(mel, mel_scale)) == pytest.approx(hz, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_the_bands_put_together_are_the_bank(parameters: tuple[int, int, int, float, float | None]) -> None:
    bank = mel_bank(*parameters, "slaney")
    again = np.zeros_like(bank)
    for band in mel_bands(*parameters, "slaney"):
        again[band.mels, band.bins] = band.weights.T
    assert np.array_equal(again, bank)


def test_frequencies_that_the_rate_cannot_hold() -> None:
    with pytest.raises(ChainError, match="f_max 8000 Hz lies above half the sample rate") as caught:
        mel_bank(8000, 256, 40, 0.0, 8000.0, "slaney")
    assert caught.value.parameter == "f_max"
    with pytest.raises(ChainError, match="f_min 4000 Hz leaves nothing below 4000 Hz") as caught:
        mel_bank(8000, 256, 40, 4000.0, None, "slaney")
    assert caught.value.parameter == "f_min"


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
@pytest.mark.parametrize(("rate", "n_fft", "n_mels"), [(16000, 400, 200), (8000, 64, 40), (48000, 512, 128)])
def test_filters_between_the_bins_are_an_error_whose_advice_helps(
    rate: int, n_fft: int, n_mels: int, mel_scale: str
) -> None:
    with pytest.warns(UserWarning, match="Empty filters"):
        reference = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels, htk=mel_scale == "htk")
    empty = int((reference.max(axis=1) == 0).sum())
    with pytest.raises(ChainError, match=rf"^{empty} of {n_mels} mel filters") as caught:
        mel_bank(rate, n_fft, n_mels, 0.0, None, mel_scale)
    assert caught.value.parameter == "n_mels"
    enough = int(str(caught.value).rsplit("(", 1)[1].split()[0])
    assert mel_bank(rate, enough, n_mels, 0.0, None, mel_scale).any(axis=1).all()


def test_nobody_can_change_what_is_kept() -> None:
    with pytest.raises(ValueError, match="read-only"):
        mel_bank(16000, 400, 80, 0.0, None, "slaney")[0, 0] = 1
