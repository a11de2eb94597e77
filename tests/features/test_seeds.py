from __future__ import annotations

import hashlib
import itertools
import subprocess
import sys

import numpy as np
import pytest

from features.seeds import generator

ARGUMENTS = (7, "gain", 0, "digits/a.wav", 1, 0)


def test_it_is_philox_keyed_by_a_keyed_hash() -> None:
    digest = hashlib.blake2b(b"gain\x1f0\x1fdigits/a.wav\x1f1\x1f0", digest_size=16, key=b"7").digest()
    wanted = np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))
    assert np.array_equal(generator(*ARGUMENTS).random(5), wanted.random(5))


@pytest.mark.parametrize(
    "other",
    [
        (8, "gain", 0, "digits/a.wav", 1, 0),
        (7, "speed", 0, "digits/a.wav", 1, 0),
        (7, "gain", 1, "digits/a.wav", 1, 0),
        (7, "gain", 0, "digits/b.wav", 1, 0),
        (7, "gain", 0, "digits/a.wav", 2, 0),
        (7, "gain", 0, "digits/a.wav", 1, 1),
    ],
)
def test_each_argument_counts(other: tuple[int, str, int, str, int, int]) -> None:
    assert generator(*ARGUMENTS).random() != generator(*other).random()


def test_neighbouring_digits_do_not_run_into_each_other() -> None:
    numbers = itertools.product((0, 1, 10, 11), ("a", "a1", "1"), (0, 1, 10, 11), (0, 1))
    first = [generator(7, "gain", o, k, c, p).random() for o, k, c, p in numbers]
    assert len(set(first)) == len(first)


def test_another_process_draws_the_same() -> None:
    code = f"from features.seeds import generator; print(generator(*{ARGUMENTS!r}).random())"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "1"}
    )
    assert float(told.stdout) == generator(*ARGUMENTS).random()
