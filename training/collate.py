"""Batch: what training sees at once, and how it is put together from stored bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from manifests.shard import ShardReader
from manifests.spec import ArraySpec

FULL_SCALE = 32768.0


@dataclass(frozen=True)
class Batch:
    """Examples of one step on one rank; every list, and the first axis of every tensor, goes over them.

    `arrays[name]` is float32 of shape (batch, longest, width), zero beyond `lengths[name]`, an int64 tensor of
    (batch,). Waveforms have full scale at 1.0. `weight` (batch,) is 1 for each example, and 0 in a batch
    that only pads the last step: multiply losses by it, and divide by its sum over all ranks.
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

    def __len__(self) -> int:
        return len(self.keys)

    def __reduce__(self) -> tuple[Any, ...]:
        # From a worker to its parent, each tensor takes a shared file of its own: only what is large is worth one.
        lengths = {name: tensor.tolist() for name, tensor in self.lengths.items()}
        return _unpacked, ({**self.__dict__, "lengths": lengths, "weight": self.weight.tolist()},)

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


def collate(
    rows: Sequence[Mapping[str, Any]], readers: Sequence[ShardReader], specs: Sequence[ArraySpec], weight: float = 1.0
) -> Batch:
    """The batch of some index rows, `readers` giving the shard of each. The width of every spec is known."""
    lengths = {spec.name: torch.tensor([row[f"{spec.name}.length"] for row in rows]) for spec in specs}
    return Batch(
        arrays={spec.name: _padded(rows, readers, spec) for spec in specs},
        lengths=lengths,
        weight=torch.full((len(rows),), weight),
        keys=[row["key"] for row in rows],
        copies=[row["copy"] for row in rows],
        parts=[row["part"] for row in rows],
        speakers=[row["speaker"] for row in rows],
        texts=[row["text"] for row in rows],
        labels=[json.loads(row["labels"] or "{}") for row in rows],
    )


def _padded(rows: Sequence[Mapping[str, Any]], readers: Sequence[ShardReader], spec: ArraySpec) -> Tensor:
    longest = max(row[f"{spec.name}.length"] for row in rows)
    padded = torch.zeros(len(rows), longest, spec.width or 0)
    for place, row, reader in zip(padded, rows, readers, strict=True):
        # Torch takes no read-only memory, and turns float16 into float32 several times as fast as numpy does.
        values = np.require(reader.read(row, spec.name), requirements="W")
        place[: values.shape[0]].copy_(torch.from_numpy(values))
    if spec.kind == "audio" and spec.encoding in ("flac", "int16"):
        padded /= FULL_SCALE
    return padded
