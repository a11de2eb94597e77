"""Bytes that nobody wrote: seeded mutations of every format. Each gives audio or a reason, and nothing else.

FLAC and Ogg carry checksums, so there the audio is the original one, or none.
"""

from __future__ import annotations

import numpy as np
import pytest

from features.audio.probe import probe
from features.example import Example
from features.stage import Rejected
from tests.features.audio.mutations import mutated
from tests.features.audio.sounds import FORMATS, decoded, encode, noise, outcome, with_av

PER_FORMAT = 200
OTHERS = [("aac", "adts"), ("aac", "mp4"), ("libopus", "webm"), ("mp2", "mp2"), ("alac", "mp4"), ("wavpack", "wv")]


def check(data: bytes, seed: int, exact: bool) -> int:
    """Runs the mutations of one file; returns how many were rejected."""
    original = decoded(data)
    rng = np.random.default_rng(seed)
    rejected = 0
    for _ in range(PER_FORMAT):
        other = mutated(data, rng)
        probe(other)
        outcome(other, {"start": 0.05, "seconds": 0.1})
        outcome(other, truncated="keep")
        result, notes = outcome(other, max_seconds=600)
        if isinstance(result, Rejected):
            assert result.reason
            rejected += 1
            continue
        assert isinstance(result, Example)
        audio = result.audio()
        assert np.isfinite(audio.samples).all()
        assert 0 < audio.samples.nbytes < 1 << 26
        assert notes["decoder"]
        if exact:
            assert audio.sample_rate == original.sample_rate
            assert np.array_equal(audio.samples, original.samples)
    return rejected


@pytest.mark.parametrize(("container", "subtype"), FORMATS)
def test_mutations(container: str, subtype: str) -> None:
    data = encode(noise(9000, 2), container, subtype)
    exact = container in ("FLAC", "OGG")
    rejected = check(data, FORMATS.index((container, subtype)), exact)
    assert rejected > PER_FORMAT // 10  # cuts at least


@pytest.mark.parametrize(("codec", "container"), OTHERS)
def test_mutations_of_other_containers(codec: str, container: str) -> None:
    assert check(with_av(noise(9000, 2), codec, container), OTHERS.index((codec, container)), exact=False)
