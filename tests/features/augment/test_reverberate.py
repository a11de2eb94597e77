from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from features.augment.reverberate import Reverberate
from features.example import Audio, Example
from features.resources import Clip, Clips
from tests.features.examples import babble, clips, run

RNG = np.random.default_rng(2)
RESPONSE = (RNG.standard_normal(600) * np.exp(-np.arange(600) / 90) * 0.2).astype(np.float32)[np.newaxis]
RESPONSE[0, 37] = 1.5  # the direct sound
STAGE = Reverberate.model_validate({"from": "rooms"})


def wet(samples: np.ndarray, *responses: np.ndarray, **how: object) -> Example:
    found = run(STAGE, samples, bound={"rooms": clips(*responses)}, **how)  # type: ignore[arg-type]
    assert isinstance(found, Example), found
    return found


def convolved(samples: np.ndarray, response: np.ndarray, direct: int) -> np.ndarray:
    """The definition, in float64."""
    full = np.stack([np.convolve(channel.astype(float), response[0].astype(float)) for channel in samples])
    cut = full[:, direct : direct + samples.shape[1]]
    return cut * np.sqrt(np.mean(samples.astype(float) ** 2) / np.mean(cut**2))


@pytest.mark.parametrize("seconds", [0.01, 0.5, 3.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_it_is_the_convolution_in_time_and_as_loud(seconds: float, channels: int) -> None:
    samples = babble(seconds, channels=channels)
    found = wet(samples, RESPONSE).audio().samples
    wanted = convolved(samples, RESPONSE, 37)
    assert found.shape == samples.shape
    assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_a_response_of_one_pulse_changes_nothing_wherever_the_pulse_is() -> None:
    samples = babble(0.2)
    for place in (0, 5, 199):
        pulse = np.zeros((1, 200), np.float32)
        pulse[0, place] = 0.25
        assert np.allclose(wet(samples, pulse).audio().samples, samples, atol=1e-6)


def test_each_response_is_drawn_and_is_in_the_notes() -> None:
    samples = babble(0.05)
    responses = [RESPONSE, RESPONSE[:, ::-1].copy(), RESPONSE[:, :100]]
    picked = set()
    for copy in range(1, 20):
        found = wet(samples, *responses, copy=copy)
        name = found.notes["reverberate"]["clip"]
        response = responses[int(name[1:])]
        wanted = convolved(samples, response, int(np.argmax(np.abs(response))))
        assert np.allclose(found.audio().samples, wanted, atol=1e-5)
        picked.add(name)
    assert picked == {"n0", "n1", "n2"}


def test_the_response_is_one_of_the_examples_own_split() -> None:
    parts = [
        Clip(split, split, lambda value=value: np.float32([1, value]).tobytes())  # type: ignore[misc]
        for split, value in (("train", 0.5), ("valid", -0.5))
    ]
    corpus = Clips(parts, lambda data, rate: Audio(np.frombuffer(data, np.float32)[np.newaxis], rate))
    for split in ("train", "valid"):
        found = run(STAGE.model_copy(update={"act_on": "all"}), babble(0.05), bound={"rooms": corpus}, split=split)
        assert isinstance(found, Example)
        assert found.notes["reverberate"]["clip"] == split


@pytest.mark.parametrize("response", [np.zeros((1, 10), np.float32), np.zeros((1, 0), np.float32)])
def test_silence_stays_as_it_is(response: np.ndarray) -> None:
    samples = babble(0.05)
    found = wet(samples, response)
    assert found.audio().samples is samples
    assert found.notes["reverberate"]["silent"] is True
    nothing = np.zeros((1, 30), np.float32)
    assert wet(nothing, RESPONSE).audio().samples is nothing


def test_the_largest_floats() -> None:
    huge = np.full((1, 50), np.finfo(np.float32).max / 4, np.float32)
    assert np.isfinite(wet(huge, RESPONSE * np.float32(1e30)).audio().samples).all()


def test_recorded_rooms(real_clips: list[tuple[str, Audio]]) -> None:
    paths = sorted(Path(os.environ["WAVEMILL_DATA"]).glob("speech-fixtures/rir/*.wav"))
    assert paths
    speech = next(audio for name, audio in real_clips if audio.sample_rate == 16000)
    for path in paths:
        response = soundfile.read(path, dtype="float32", always_2d=True)[0].T[:1].copy()
        found = wet(speech.samples[:, :8000].copy(), response).audio().samples
        wanted = convolved(speech.samples[:, :8000], response, int(np.argmax(np.abs(response))))
        assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()
