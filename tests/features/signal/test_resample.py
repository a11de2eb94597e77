from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
import soxr
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from features.draws import Draws
from features.example import Audio, Example
from features.signal.resample import Resample, resample, resampled_length
from features.stage import AudioShape, Rejected
from features.streaming import streamed
from tests.features.examples import QUICK, babble, run

NO_DRAWS = Draws(0, "resample", 0, "key", 0)


def test_the_same_rate_is_passed_through_untouched() -> None:
    audio = Audio(babble(), 16000)
    assert Resample(sample_rate=16000).transform(audio, NO_DRAWS) is audio
    assert resample(audio.samples, 8000, 8000) is audio.samples


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("quality", ["QQ", "LQ", "MQ", "HQ", "VHQ"])
def test_each_channel_is_as_soxr_alone_makes_it(channels: int, quality: str) -> None:
    samples = babble(0.4, 44100, channels=channels)
    found = resample(samples, 44100, 16000, quality)
    assert found.shape == (channels, 6400)
    assert found.flags.c_contiguous
    for channel, source in zip(found, samples, strict=True):
        assert np.array_equal(channel, soxr.resample(source, 44100, 16000, quality))


@pytest.mark.parametrize(("from_rate", "to_rate"), [(44100, 16000), (8000, 16000), (48000, 8000), (11025, 22050)])
def test_a_tone_stays_the_tone_that_it_was(from_rate: int, to_rate: int) -> None:
    source, wanted = (np.sin(2 * np.pi * 440 * np.arange(rate) / rate) for rate in (from_rate, to_rate))
    found = resample(source.astype(np.float32)[np.newaxis], from_rate, to_rate)[0]
    middle = slice(to_rate // 10, -to_rate // 10)
    assert np.abs(found - wanted)[middle].max() < 1e-4


def test_what_the_new_rate_cannot_hold_is_gone() -> None:
    tone = np.sin(2 * np.pi * 6000 * np.arange(32000) / 32000).astype(np.float32)[np.newaxis]
    assert np.abs(resample(tone, 32000, 8000)[0, 400:-400]).max() < 1e-4


def test_agrees_with_a_polyphase_filter_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips:
        if audio.sample_rate != 48000:
            continue
        wanted = scipy.signal.resample_poly(audio.samples[0].astype(np.float64), 1, 3, window=("kaiser", 12.0))
        found = resample(audio.samples, 48000, 16000)[0]
        wanted = wanted[: len(found)]
        error = np.sqrt(np.mean((found - wanted) ** 2) / np.mean(wanted**2))
        assert error < 0.01, name


@given(samples=st.integers(1, 5000), from_rate=st.integers(1000, 96000), to_rate=st.integers(1000, 96000))
@QUICK
def test_the_length_is_the_one_promised(samples: int, from_rate: int, to_rate: int) -> None:
    found = resample(np.zeros((1, samples), np.float32), from_rate, to_rate)
    assert found.shape == (1, resampled_length(samples, from_rate, to_rate))


@pytest.mark.parametrize("quality", ["QQ", "LQ", "MQ", "HQ", "VHQ"])
@given(
    samples=st.integers(20, 5000),
    rates=st.sampled_from(
        [(44100, 16000), (48000, 16000), (8000, 16000), (16000, 11025), (15999, 16000), (8000, 8000)]
    ),
    sizes=st.lists(st.integers(1, 700), min_size=1, max_size=6),
)
@QUICK
def test_pieces_give_the_bits_of_the_whole(
    quality: str, samples: int, rates: tuple[int, int], sizes: list[int]
) -> None:
    wave = np.random.default_rng(samples).uniform(-1, 1, (2, samples)).astype(np.float32)
    stage = Resample.model_validate({"sample_rate": rates[1], "quality": quality})
    edges = [*range(0, samples, sizes[0])] if len(sizes) == 1 else np.cumsum([0, *sizes]).tolist()
    pieces = np.split(wave, [edge for edge in edges if edge < samples], axis=1)
    found = np.concatenate(list(streamed(stage.stream(AudioShape(rates[0], 2), NO_DRAWS), pieces)), axis=1)
    assert np.array_equal(found, resample(wave, *rates, stage.quality))


@pytest.mark.parametrize("rates", [(44100, 16000), (44100, 1000)])
@pytest.mark.parametrize("quality", ["QQ", "HQ"])
def test_single_samples_where_the_resampler_is_ahead_of_them(quality: str, rates: tuple[int, int]) -> None:
    stage = Resample.model_validate({"sample_rate": rates[1], "quality": quality})
    for samples in range(45, 120):
        wave = np.random.default_rng(samples).uniform(-1, 1, (2, samples)).astype(np.float32)
        pieces = np.split(wave, samples, axis=1)
        found = np.concatenate(list(streamed(stage.stream(AudioShape(rates[0], 2), NO_DRAWS), pieces)), axis=1)
        assert np.array_equal(found, resample(wave, *rates, stage.quality))


def test_the_shape_and_the_rate_are_set() -> None:
    found = run(Resample(sample_rate=16000), babble(0.5, 44100), 44100)
    assert isinstance(found, Example)
    assert found.audio().sample_rate == 16000
    stage = Resample(sample_rate=16000)
    assert stage.shape(AudioShape()) == AudioShape(16000)
    assert stage.shape(AudioShape(44100, 2, 44100)) == AudioShape(16000, 2, 16000)


def test_too_short_to_have_a_sample_left() -> None:
    verdict = run(Resample(sample_rate=1000), np.ones((1, 3), np.float32), 8000)
    assert verdict == Rejected("3 samples are too few to resample to 1000 Hz")


@pytest.mark.parametrize("parameters", [{}, {"sample_rate": 0}, {"sample_rate": 8000, "quality": "best"}])
def test_parameters_that_make_no_sense(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"sample_rate|quality"):
        Resample.model_validate(parameters)
