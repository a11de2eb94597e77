from __future__ import annotations

from typing import Any

import kaldi_native_fbank
import numpy as np
import pytest
from pydantic import ValidationError

from features.errors import ChainError
from features.example import Audio, Example
from features.perceptual.kaldi_fbank import KaldiFbank
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, run

PARAMETERS: list[dict[str, Any]] = [
    {"n_mels": 40},
    {"n_mels": 23, "snip_edges": False},
    {"n_mels": 30, "f_min": 64, "f_max": 3800},
]


def of_kaldi(stage: KaldiFbank, audio: Audio) -> np.ndarray:
    """What kaldi-native-fbank makes of one channel, (frames, n_mels)."""
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.samp_freq = audio.sample_rate
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = stage.snip_edges
    options.mel_opts.num_bins = stage.n_mels
    options.mel_opts.low_freq = stage.f_min
    options.mel_opts.high_freq = stage.f_max or 0
    computer = kaldi_native_fbank.OnlineFbank(options)
    computer.accept_waveform(audio.sample_rate, audio.samples[0] * 32768)
    computer.input_finished()
    return np.stack([computer.get_frame(index) for index in range(computer.num_frames_ready)])


def features(stage: KaldiFbank, audio: Audio) -> np.ndarray:
    found = run(stage, audio.samples, audio.sample_rate)
    assert isinstance(found, Example), found
    return found.features("kaldi_fbank").frames


def assert_equals_kaldi(stage: KaldiFbank, audio: Audio, name: str = "") -> None:
    found, wanted = features(stage, audio), of_kaldi(stage, audio)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4 * np.abs(wanted).max(), err_msg=name)
    assert np.abs(found - wanted).mean() < 1e-5  # the largest differences are float32's, in the quietest filters


@pytest.mark.parametrize("rate", [8000, 16000, 22050])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_kaldi_native_fbank(parameters: dict[str, Any], rate: int) -> None:
    assert_equals_kaldi(KaldiFbank(**parameters), Audio(babble(1.234, rate), rate))


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_kaldi_native_fbank_on_real_clips(
    parameters: dict[str, Any], real_clips: list[tuple[str, Audio]]
) -> None:
    for name, audio in real_clips:
        assert_equals_kaldi(KaldiFbank(**parameters), audio, name)


@pytest.mark.parametrize("samples", [40, 79, 80, 199, 200, 201, 399, 400, 401, 560])
def test_edges_are_as_in_kaldi(samples: int) -> None:
    audio = Audio(babble(1.0)[:, 3000 : 3000 + samples], 16000)
    whole = run(KaldiFbank(n_mels=23), audio.samples, 16000)
    if samples < 400:
        assert whole == Rejected(f"{samples} samples are fewer than a frame of 400")
    else:
        assert_equals_kaldi(KaldiFbank(n_mels=23), audio)
    if samples >= 200:  # below, Kaldi's mirror has one image only
        assert_equals_kaldi(KaldiFbank(n_mels=23, snip_edges=False), audio)


def test_silence_is_the_logarithm_of_the_floor() -> None:
    found = features(KaldiFbank(), Audio(np.zeros((1, 1600), np.float32), 16000))
    assert np.all(found == np.log(np.finfo(np.float32).eps))


def test_a_constant_is_silence_since_the_mean_is_taken_off() -> None:
    found = features(KaldiFbank(n_mels=23), Audio(np.full((1, 1600), 0.5, np.float32), 16000))
    assert np.all(found == np.log(np.finfo(np.float32).eps))


def test_the_shape_is_known_with_the_rate() -> None:
    assert KaldiFbank().check({"audio": AudioShape(None, 1, 16000)})["kaldi_fbank"] == FeatureShape(80)
    snipped, whole = (KaldiFbank(snip_edges=snip).check({"audio": AudioShape(16000, 1, 16000)}) for snip in (1, 0))
    assert snipped["kaldi_fbank"] == FeatureShape(80, 100.0, 98)
    assert whole["kaldi_fbank"] == FeatureShape(80, 100.0, 100)


@pytest.mark.parametrize(
    ("parameters", "rate", "message"),
    [
        ({"f_max": 8000}, 8000, "f_max 8000 Hz lies above half the sample rate"),
        ({"f_min": 5000}, 8000, "f_min 5000 Hz leaves nothing"),
        ({"n_mels": 200}, 16000, "mel filters lie between the bins of 512 points"),
        ({}, 90, "90 Hz has no sample in that"),
    ],
)
def test_what_cannot_be_is_found_before_the_run_and_in_it(parameters: dict[str, Any], rate: int, message: str) -> None:
    stage = KaldiFbank(**parameters)
    with pytest.raises(ChainError, match=message):
        stage.check({"audio": AudioShape(rate, 1)})
    verdict = run(stage, babble(0.5), rate)
    assert isinstance(verdict, Rejected)
    assert message in verdict.reason


def test_the_largest_float_is_rejected() -> None:
    verdict = run(KaldiFbank(), np.full((1, 800), np.finfo(np.float32).max), 16000)
    assert verdict == Rejected("samples too large for a spectrum in float32")
    with pytest.raises(ValidationError, match="must lie above f_min"):
        KaldiFbank(f_min=300, f_max=200)
