"""Stages called from Python, and how their results show themselves."""

import numpy as np
import pytest

import wavemill
from features.direct import Shown
from features.errors import FeatureError
from features.example import Audio
from features.perceptual.log_mel import LogMel
from tests.features.examples import babble, run


def test_a_stage_is_a_function_of_audio() -> None:
    audio = babble(0.5)
    found = wavemill.stage("log_mel", n_mels=40)(audio[0], 16000)
    expected = run(LogMel(n_mels=40), audio, 16000)
    assert np.array_equal(found, expected.features("log_mel").frames)  # type: ignore[union-attr]
    assert found.shape == (51, 40)


def test_audio_keeps_the_shape_it_came_in() -> None:
    stage = wavemill.stage("resample", sample_rate=8000)
    assert stage(babble(0.5)[0], 16000).shape == (4000,)
    assert stage(babble(0.5, channels=2), 16000).shape == (2, 4000)
    assert stage(np.zeros(1600), 16000).value.sample_rate == 8000


def test_results_show_picture_and_sound() -> None:
    mel = wavemill.stage("log_mel")(babble(0.2)[0], 16000)._repr_html_()
    assert mel.startswith('<img alt="log_mel (21, 80) at 100 frames/s" src="data:image/png;base64,iVBOR')
    assert "<audio" not in mel
    sound = wavemill.stage("normalize")(babble(0.2)[0], 16000)
    assert "data:audio/wav;base64,UklGR" in sound._repr_html_()
    assert isinstance(sound[:10], Shown)
    assert sound[:10]._repr_html_() is None


def test_a_stage_takes_what_another_gave_and_what_it_reads() -> None:
    audio = babble(0.5)
    mel = wavemill.stage("mel", n_mels=20)(audio, 16000)
    frames = wavemill.stage("pcen")(mel)
    assert frames.shape == (51, 20)
    assert np.array_equal(frames, wavemill.stage("pcen")(np.array(mel), 100))
    back = wavemill.stage("istft")(wavemill.stage("stft")(audio, 16000))
    assert np.abs(np.atleast_2d(back)[0, :7900] - audio[0, :7900]).max() < 1e-5
    codes = wavemill.stage("mu_law")(audio, 16000)
    assert codes.dtype == np.int32
    expanded = wavemill.stage("mu_law_expand")(codes)
    assert expanded.value.sample_rate == 16000
    assert np.abs(expanded - audio).max() < 0.05


def test_a_stage_reads_under_any_name() -> None:
    audio = babble(0.1)
    assert np.array_equal(wavemill.stage("gain", of="noisy", gain_db=-6)(audio, 16000), audio * np.float32(10**-0.3))


def test_text_goes_in_and_comes_out() -> None:
    assert wavemill.stage("normalize_text")(np.zeros(10), 8000, text="Well, YES!") == "well yes"
    assert wavemill.stage("normalize_text")(np.zeros(10), 8000, text="yes") == "yes"
    assert wavemill.stage("characters")(np.zeros(10), 8000, text="abba").tolist() == [2, 3, 3, 2]


def test_the_same_key_is_the_same_draw() -> None:
    gain = wavemill.stage("gain", gain_db={"uniform": [-12, -6]})
    audio = babble(0.1)[0]
    assert np.array_equal(gain(audio, 16000), gain(audio, 16000))
    assert not np.array_equal(gain(audio, 16000), gain(audio, 16000, key="other"))
    assert isinstance(gain(audio, 16000).value, Audio)


def test_mistakes_are_told() -> None:
    with pytest.raises(ValueError, match="unknown stage 'log_mell'"):
        wavemill.stage("log_mell")
    with pytest.raises(ValueError, match="n_mells"):
        wavemill.stage("log_mel", n_mells=3)
    with pytest.raises(FeatureError, match="dimensions"):
        wavemill.stage("log_mel")(np.zeros((1, 2, 3)), 16000)
    with pytest.raises(FeatureError, match="samples are not finite"):
        wavemill.stage("polarity")([0.5, np.nan], 16000)
    with pytest.raises(FeatureError, match="log_mel needs the rate: samples per second"):
        wavemill.stage("log_mel")(np.zeros(100))
    with pytest.raises(FeatureError, match="an array has 1 dimensions; pcen takes"):
        wavemill.stage("pcen")(np.zeros(100), 100)
    with pytest.raises(FeatureError, match="no samples"):
        wavemill.stage("log_mel")(np.zeros(0), 16000)
