"""Examples of a batch, as they were before they were padded: for notebooks, and to look at what a model is given."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from features.example import Array, Audio, Example, Features, Tokens
from features.showing.notebook import SOUND_BYTES, example_html
from manifests.spec import ArraySpec

if TYPE_CHECKING:
    from training.collate import Batch

SHOWN = 4


def batch_html(batch: Batch) -> str:
    """The first examples of a batch as HTML, and how many there are; they share the sound that one example may have."""
    shown = min(len(batch), SHOWN)
    sizes = ", ".join(f"{escape(name)} {tuple(tensor.shape)}" for name, tensor in batch.arrays.items())
    parts = [example_html(example(batch, number), SOUND_BYTES // shown) for number in range(shown)]
    rest = f"<p>and {len(batch) - shown} more</p>" if len(batch) > shown else ""
    return f"<div><p>{len(batch)} examples: {sizes}</p>{'<hr>'.join(parts)}{rest}</div>"


def example(batch: Batch, number: int) -> Example:
    """The example in that place of a batch. An array that `specs` do not tell of has no rate."""
    specs = {spec.name: spec for spec in batch.specs}
    arrays = {
        name: _array(tensor[number, : int(batch.lengths[name][number])], specs.get(name))
        for name, tensor in batch.arrays.items()
    }
    notes = batch.notes[number] if batch.notes else {}
    who = batch.texts[number], batch.speakers[number], batch.labels[number]
    return Example(batch.keys[number], None, arrays, *who, "", batch.copies[number], batch.parts[number], notes)


def _array(values: Tensor, spec: ArraySpec | None) -> Array:
    """An array of an example, (length, width) or (length,), as stages know it."""
    rate = (spec.rate if spec else None) or 0.0
    if values.ndim == 1:
        return Tokens(values.cpu().numpy().astype(np.int32), rate or None)
    numbers = values.detach().to("cpu", torch.float32).numpy()
    return (
        Audio(np.ascontiguousarray(numbers.T), round(rate))
        if spec and spec.kind == "audio"
        else Features(numbers, rate)
    )
