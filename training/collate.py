"""Batch: what training sees at once, and how it is put together from arrays of any lengths."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from manifests.spec import ArraySpec
from training.buffers import empty, sent

FULL_SCALE = 32768.0

with warnings.catch_warnings():  # torch warns of read-only memory, once in a process; here it is only copied from
    warnings.simplefilter("ignore")
    torch.from_numpy(np.frombuffer(b"\0", np.uint8))


@dataclass(frozen=True)
class Batch:
    """Examples of one step on one rank; every list, and the first axis of every tensor, goes over them.

    `arrays[name]` is float32 of shape (batch, longest, width), or for tokens int64 of shape (batch, longest), zero
    beyond `lengths[name]`, an int64 tensor of (batch,). Waveforms have full scale at 1.0. `weight` (batch,) is 1 for
    each example, and 0 in a batch that only pads the last step: multiply losses by it, and divide by its sum over all
    ranks. `notes` say what was drawn when the store was built, where they were asked for; `specs` what the arrays are.
    """

    arrays: Mapping[str, Tensor]
    lengths: Mapping[str, Tensor]
    weight: Tensor
    keys: list[str]
    copies: list[int]
    parts: list[int]
    speakers: list[str | None]
    texts: list[str | None]
    labels: list[dict[str, Any]]
    notes: list[dict[str, Any]] = field(default_factory=list)
    specs: Sequence[ArraySpec] = ()

    def __len__(self) -> int:
        return len(self.keys)

    def __reduce__(self) -> tuple[Any, ...]:
        # From a worker to its parent, each tensor takes a shared file of its own: what is small goes as numbers.
        arrays = {name: sent(tensor) for name, tensor in self.arrays.items()}
        lengths = {name: tensor.tolist() for name, tensor in self.lengths.items()}
        return _unpacked, ({**self.__dict__, "arrays": arrays, "lengths": lengths, "weight": self.weight.tolist()},)

    def _repr_html_(self) -> str:
        """This batch in a notebook: its first examples, with pictures and sound."""
        from training.examples import batch_html

        return batch_html(self)

    def to(self, device: torch.device | str) -> Batch:
        """This batch with its tensors on a device."""
        return replace(
            self,
            arrays={name: tensor.to(device) for name, tensor in self.arrays.items()},
            lengths={name: tensor.to(device) for name, tensor in self.lengths.items()},
            weight=self.weight.to(device),
        )


def _unpacked(fields: dict[str, Any]) -> Batch:
    lengths = {name: torch.tensor(values) for name, values in fields["lengths"].items()}
    return Batch(**{**fields, "lengths": lengths, "weight": torch.tensor(fields["weight"])})


Values = Mapping[str, NDArray[Any]]
"""The arrays of one example by name, each time first: (length, width)."""


def collate(
    rows: Sequence[Mapping[str, Any]], values: Sequence[Values], specs: Sequence[ArraySpec], weight: float = 1.0
) -> Batch:
    """The batch of some index rows with their arrays. The width of every spec is known."""
    return Batch(
        arrays={spec.name: padded([arrays[spec.name] for arrays in values], spec) for spec in specs},
        lengths={spec.name: torch.tensor([len(arrays[spec.name]) for arrays in values]) for spec in specs},
        weight=torch.full((len(rows),), weight),
        keys=[row["key"] for row in rows],
        copies=[row["copy"] for row in rows],
        parts=[row["part"] for row in rows],
        speakers=[row["speaker"] for row in rows],
        texts=[row["text"] for row in rows],
        labels=[json.loads(row["labels"] or "{}") for row in rows],
        notes=[json.loads(row["notes"] or "{}") for row in rows if "notes" in row],
        specs=tuple(specs),
    )


def padded(arrays: Sequence[NDArray[Any]], spec: ArraySpec) -> Tensor:
    """Arrays (length, width) as one tensor, as Batch holds it."""
    longest, kind = max(len(array) for array in arrays), torch.int64 if spec.kind == "tokens" else torch.float32
    made = empty((len(arrays), longest, spec.width or 0), kind)
    for place, array in zip(made, arrays, strict=True):
        # Torch turns float16 into float32 several times as fast as numpy does.
        place[: len(array)].copy_(torch.from_numpy(array))
        place[len(array) :].zero_()
    if spec.kind == "audio" and spec.encoding in ("flac", "int16"):
        made /= FULL_SCALE
    return made[:, :, 0] if spec.kind == "tokens" else made
