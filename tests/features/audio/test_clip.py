"""Clips: mono, at the wanted rate, or an error that says why."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from features.audio.clip import decode_clip
from features.errors import FeatureError
from features.resources import Clip, Clips
from tests.features.audio.sounds import encode, noise


def test_a_clip_is_mixed_and_resampled() -> None:
    samples = noise(20_000, 2)
    mono = (samples.astype(np.float32).sum(1) / 65536).astype(np.float32)
    audio = decode_clip(encode(samples, "FLAC", sample_rate=44100), 16000)
    assert audio.sample_rate == 16000
    assert np.array_equal(audio.samples, soxr.resample(mono, 44100, 16000, "HQ")[np.newaxis])
    same = decode_clip(encode(samples), 16000)
    assert np.array_equal(same.samples, mono[np.newaxis])


def test_a_broken_clip_is_an_error() -> None:
    with pytest.raises(FeatureError, match="cannot be used: truncated: the data chunk declares"):
        decode_clip(encode()[:-10], 16000)


def test_a_broken_clip_of_a_corpus_is_named() -> None:
    broken = Clip("street/hum.wav", "", lambda: encode()[:-10])
    with pytest.raises(FeatureError, match=r"^street/hum\.wav: .* cannot be used: truncated"):
        Clips([broken], decode_clip).audio(broken, 16000)
