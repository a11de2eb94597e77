"""Bytes that nobody wrote: seeded mutations of every format. Each gives audio or a reason, and nothing else.

FLAC and Ogg carry checksums, so there the audio is the original one, or none.
"""

from __future__ import annotations

import numpy as np
import pytest

from features.audio.probe import probe
from features.example import Example
from features.stage import Rejected
from tests.features.audio.sounds import FORMATS, decoded, encode, noise, outcome, with_av

PER_FORMAT = 200
OTHERS = [("aac", "adts"), ("aac", "mp4"), ("libopus", "webm"), ("mp2", "mp2"), ("alac", "mp4"), ("wavpack", "wv")]


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """One of: a flipped bit, scattered bytes, a cut, a header rewritten, bytes added, removed, or doubled."""
    changed = bytearray(data)
    size, kind = len(data), int(rng.integers(8))
    place, header = int(rng.integers(size)), int(rng.integers(min(size, 200)))
    some = bytes(rng.integers(0, 256, int(rng.integers(1, 400)), dtype=np.uint8))
    if kind == 0:
        changed[place] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        for one in rng.integers(0, size, 20).tolist():
            changed[one] = int(rng.integers(256))
    elif kind == 2:
        del changed[place:]
    elif kind == 3:
        changed[header] ^= 1 << int(rng.integers(8))
    elif kind == 4:
        width = min(int(rng.integers(1, 9)), size - header)
        changed[header : header + width] = bytes([int(rng.choice([0, 255, 127, 128]))]) * width
    elif kind == 5:
        changed[place:place] = some
    elif kind == 6:
        del changed[place : place + len(some)]
    else:
        changed += changed[place:]
    return bytes(changed)


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
