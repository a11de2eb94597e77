"""FLAC in shards is decoded to the samples that libsndfile finds."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from manifests.shard import decode_flac


def flac(samples: np.ndarray, rate: int) -> memoryview:
    sink = io.BytesIO()
    soundfile.write(sink, samples, rate, format="FLAC", subtype="PCM_16")
    return memoryview(sink.getvalue())


@pytest.mark.parametrize("channels", [1, 2, 3, 8])
@pytest.mark.parametrize("length", [1, 15, 4096, 20_001])
@pytest.mark.parametrize("rate", [8000, 44_100, 96_000])
def test_every_sample_comes_back(channels: int, length: int, rate: int) -> None:
    rng = np.random.default_rng(channels * length + rate)
    quiet = np.cumsum(rng.integers(-40, 41, (length, channels)), axis=0).clip(-32768, 32767)
    for samples in (quiet.astype(np.int16), rng.integers(-32768, 32768, (length, channels)).astype(np.int16)):
        found = decode_flac(flac(samples, rate))
        assert found.dtype == np.int16
        assert found.shape == (length, channels)
        assert np.array_equal(found, samples)
