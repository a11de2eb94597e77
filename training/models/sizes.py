"""Which models hear features, and which hear waveforms: the other kind is refused before anything is trained."""

from __future__ import annotations

from training.errors import DataError
from training.models.model import Sizes

SLOWEST_WAVEFORM = 1000.0
"""Values a second. Features have hops of a millisecond and more, and no recording has so low a rate."""


def needs_features(model: str, sizes: Sizes) -> None:
    """DataError where the array is a waveform."""
    if sizes.rate > SLOWEST_WAVEFORM:
        raise DataError(
            f"{model} hears features, and an array of {sizes.rate:g} values a second is a waveform; "
            "let task.array name features (log_mel or mfcc, say), or take the model m5"
        )


def needs_waveform(model: str, sizes: Sizes) -> None:
    """DataError where the array is none, or has several channels."""
    if sizes.rate <= SLOWEST_WAVEFORM:
        raise DataError(
            f"{model} hears a waveform, and an array of {sizes.rate:g} values a second holds features; "
            "let task.array name kept audio, or take a model of features (bc_resnet, ecapa_tdnn or linear)"
        )
    if sizes.width != 1:
        raise DataError(
            f"{model} hears one channel, and the array has {sizes.width}; "
            "build the store with decode: {channels: mono}"
        )
