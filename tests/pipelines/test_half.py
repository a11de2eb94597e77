"""float32 to float16 as numpy casts it, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.stores.half import to_half


def numbers() -> NDArray[np.float32]:
    """Every float16 that is finite; between each and the next the float32s at the middle, and beside all of these."""
    halves = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(np.float32)
    middles = (halves[:-1] + halves[1:]) / 2
    points = np.concatenate([halves, middles])
    beside = [np.nextafter(points, np.float32(towards)) for towards in (-1e9, 1e9)]
    found = np.concatenate([points, *beside])
    return np.concatenate([found, -found])


def test_every_float16_and_every_border_between_two() -> None:
    every = numbers()
    assert len(every) > 300_000
    assert np.array_equal(to_half(every).view(np.uint16), every.astype(np.float16).view(np.uint16))


def test_any_bits() -> None:
    bits = np.random.default_rng(7).integers(0, 1 << 32, 1 << 20, dtype=np.uint32)
    any_number = bits.view(np.float32)
    held = any_number[np.abs(any_number) < 65520]
    assert np.array_equal(to_half(held).view(np.uint16), held.astype(np.float16).view(np.uint16))


@pytest.mark.parametrize("value", [65520.0, -65520.0, np.inf, -np.inf, np.nan, 3e38])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_what_no_float16_is_near(value: float, kind: type) -> None:
    assert to_half(np.array([1.0, value, 2.0], kind)) is None
    largest = to_half(np.array([[np.nextafter(np.float32(65520), np.float32(0)), -65504]], kind))
    assert largest.tolist() == [[65504, -65504]]


def test_shape_order_and_other_types() -> None:
    table = np.arange(12, dtype=np.float32).reshape(3, 4) / 7
    for array in (table, table.T, table[:, ::2], table[:0], table.astype(np.float64), table.astype(np.int32)):
        half = to_half(array)
        assert half.dtype == np.float16
        assert half.flags.c_contiguous
        assert np.array_equal(half, array.astype(np.float16))
