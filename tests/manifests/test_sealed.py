"""Whatever happens to a sealed file is found: every bit of it, every cut, anything added."""

from __future__ import annotations

import pytest

from manifests.errors import DamagedError
from manifests.sealed import seal, unseal

VALUE = {"name": "Überläufer", "list": [1, 2.5, None, True], "below": {"digest": "none"}}


def test_what_is_sealed_is_read_back():
    assert unseal(seal(VALUE), "file") == VALUE


def test_every_flipped_bit_is_found():
    sound = seal(VALUE)
    for place in range(len(sound) * 8):
        hurt = bytearray(sound)
        hurt[place // 8] ^= 1 << place % 8
        with pytest.raises(DamagedError, match="file"):
            unseal(bytes(hurt), "file")


def test_every_cut_and_every_addition_is_found():
    sound = seal(VALUE)
    for end in range(len(sound)):
        with pytest.raises(DamagedError):
            unseal(sound[:end], "file")
    for more in (b"\n", b" ", sound):
        with pytest.raises(DamagedError):
            unseal(sound + more, "file")
