from __future__ import annotations

from io import BytesIO

import librosa
import numpy as np
import pytest
import soundfile
from pydantic import ValidationError

from features.chain import Chain
from features.errors import ChainError
from features.example import Example, Source
from features.signal.mix_channels import MixChannels
from features.stage import AudioShape, Rejected
from tests.features.examples import babble, run


def made(stage: MixChannels, samples: np.ndarray) -> np.ndarray:
    found = run(stage, samples)
    assert isinstance(found, Example)
    array = found.audio().samples
    assert array.flags.c_contiguous
    assert stage.shape(AudioShape(8000, *samples.shape)) == AudioShape(8000, *array.shape)
    return array


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_mean_is_that_of_librosa_and_of_decode(channels: int) -> None:
    samples = babble(0.2, channels=channels) * np.arange(1, channels + 1, dtype=np.float32)[:, np.newaxis] / 4
    found = made(MixChannels(), samples)
    np.testing.assert_allclose(found[0], librosa.to_mono(samples.astype(np.float64)), rtol=1e-5, atol=1e-7)
    file = BytesIO()
    soundfile.write(file, samples.T, 16000, format="WAV", subtype="FLOAT")
    source = Example("a.wav", Source(file.getvalue(), "a.wav"))
    (mono,), (mixed,) = (
        Chain.parse([{"decode": {"channels": pick}}, *rest]).run(source)
        for pick, rest in (("mono", []), ("all", [{"mix_channels": {}}]))
    )
    assert np.array_equal(mixed.audio().samples, mono.audio().samples)


def test_mid_and_side_and_back() -> None:
    samples = np.float32([[1, 2, 3], [0.5, -2, 1]])
    both = made(MixChannels(to="mid_side"), samples)
    assert both.tolist() == [[0.75, 0, 2], [0.25, 2, 1]]
    assert made(MixChannels(to=[[1, 1], [1, -1]]), both).tolist() == samples.tolist()


def test_weights_are_a_matrix_product() -> None:
    samples, weights = babble(0.1, channels=4), np.random.default_rng(1).uniform(-2, 2, (3, 4))
    found = made(MixChannels(to=weights.tolist()), samples)
    np.testing.assert_allclose(found, weights @ samples.astype(np.float64), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("stage", "channels", "message"),
    [
        (MixChannels(to="mid_side"), 1, "mix_channels.to is for 2 channels, and audio has 1"),
        (MixChannels(to=[[1, 1, 1]]), 2, "mix_channels.to is for 3 channels, and audio has 2"),
        (MixChannels(to=[[1, 1, 1], [1, 0]]), 2, "mix_channels.to is for 2 or 3 channels, and audio has 2"),
    ],
)
def test_channels_that_are_not_there(stage: MixChannels, channels: int, message: str) -> None:
    with pytest.raises(ChainError) as caught:
        stage.shape(AudioShape(8000, channels))
    assert str(caught.value) == message
    assert run(stage, np.zeros((channels, 9), np.float32)) == Rejected(message)


def test_what_leaves_float32_is_rejected() -> None:
    largest = np.full((2, 3), np.finfo(np.float32).max)
    beyond = Rejected("samples beyond the range of float32")
    assert run(MixChannels(), largest) == beyond
    assert run(MixChannels(to=[[1000, -1000]]), largest) == beyond


@pytest.mark.parametrize("to", ["stereo", [], [[]], [[float("nan")]], [[2000]]])
def test_weights_that_make_no_sense(to: object) -> None:
    with pytest.raises(ValidationError, match="to"):
        MixChannels.model_validate({"to": to})
