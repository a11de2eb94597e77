"""Features to a model of waveforms, and the reverse, are refused with what to do."""

from __future__ import annotations

import pytest

from training.errors import DataError
from training.models.model import Sizes
from training.models.sizes import needs_features, needs_waveform


def test_what_fits_is_taken():
    needs_features("linear", Sizes(64, 100.0, 10))
    needs_features("linear", Sizes(1, 1000.0, 10))
    needs_waveform("m5", Sizes(1, 8000.0, 10))


def test_a_waveform_is_no_features():
    with pytest.raises(
        DataError, match=r"linear hears features, .* 8000 values a second is a waveform; let task.array"
    ):
        needs_features("linear", Sizes(1, 8000.0, 10))


def test_features_are_no_waveform():
    with pytest.raises(DataError, match=r"m5 hears a waveform, .* 100 values a second holds features; let task.array"):
        needs_waveform("m5", Sizes(64, 100.0, 10))


def test_two_channels_are_not_one():
    with pytest.raises(
        DataError, match=r"one channel, and the array has 2; build the store with decode: {channels: mono}"
    ):
        needs_waveform("m5", Sizes(2, 8000.0, 10))
