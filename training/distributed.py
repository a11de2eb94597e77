"""Several processes that train one model, as torchrun starts them; alone, all of this does nothing.

torchrun --nproc-per-node 2 -m wavemill train CONFIG --store STORE --out RUN
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

T = TypeVar("T")


@contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """Within it the processes that torchrun started know of each other: over gloo on CPUs, nccl on GPUs."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or dist.is_initialized():
        yield
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def rank() -> int:
    """The number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def world() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def spread(module: nn.Module) -> nn.Module:
    """The module with its gradients averaged over the processes as they are computed (DistributedDataParallel)."""
    return DistributedDataParallel(module) if dist.is_initialized() else module


def add_up(values: Tensor) -> Tensor:
    """The sum of these values over the processes, in place."""
    if dist.is_initialized():
        dist.all_reduce(values)
    return values


def any_of(flag: bool) -> bool:
    """Whether a flag is set in any of the processes."""
    return bool(add_up(torch.tensor(float(flag)))) if dist.is_initialized() else flag


def gather(values: Sequence[T]) -> list[T]:
    """The values of all processes, rank after rank."""
    if not dist.is_initialized():
        return list(values)
    found: list[Any] = [None] * world()
    dist.all_gather_object(found, list(values))
    return [value for part in found for value in part]


def wait() -> None:
    """Until all processes are here."""
    if dist.is_initialized():
        dist.barrier()
