"""Arrays arrive as they were sent, whatever their type and size."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from explorer.framing import framed, shown
from features.example import Audio, Features, Tokens
from tests.explorer.asking import unframed

RNG = np.random.default_rng(0)
VALUES = {
    "audio": (Audio(RNG.uniform(-1, 1, (2, 5)).astype(np.float32), 8000), None, np.float32, (2, 5)),
    "kept": (Audio(RNG.uniform(-1, 1, (2, 5)).astype(np.float32), 8000), "flac", np.int16, (5, 2)),
    "features": (Features(RNG.standard_normal((3, 7), np.float32), 100.0), "float16", np.float16, (3, 7)),
    "tokens": (Tokens(np.int32([4, 5, 6])), "int16", np.int16, (3,)),
    "nothing": (Tokens(np.empty(0, np.int32)), None, np.int32, (0,)),
}


@pytest.mark.parametrize("name", VALUES)
def test_an_array_arrives_with_its_digest(name):
    value, encoding, number, shape = VALUES[name]
    others = [shown("other", VALUES["tokens"][0], None)]
    header, arrays = unframed(framed({"text": "ä"}, [*others, shown(name, value, encoding)]))
    (_, facts), (_, array) = header["shown"], arrays
    assert header["text"] == "ä"
    assert (array.dtype, array.shape) == (number, shape)
    assert facts["offset"] % 8 == 0
    assert facts["sha256"] == hashlib.sha256(array.tobytes()).hexdigest()
    if encoding != "flac":
        np.testing.assert_array_equal(array, value.array.astype(number))
    else:
        assert np.abs(array.T / 32768 - value.samples).max() <= 0.5 / 32768 + 1e-7
