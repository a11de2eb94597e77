"""Several processes that train one model, as torchrun starts them; alone, all of this does nothing.

    torchrun --standalone --nproc-per-node 2 -m wavemill train CONFIG --store STORE --out RUN

The folder of the run lies where all of them see it: the first one writes there, and all of them resume from it. On
machines whose own name leads nowhere, GLOO_SOCKET_IFNAME=lo (or another interface) says how they reach each other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from training.errors import TrainingError

T = TypeVar("T")


@contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """Within it the processes that torchrun started know of each other.

    Over gloo, and nccl between GPUs. TrainingError where another of them is gone.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or dist.is_initialized():
        yield
        return
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    number = rank()
    try:
        yield
    except RuntimeError as error:
        if not _of_connections(error):
            raise
        raise TrainingError(
            f"rank {number}: another rank has ended or is out of reach; what it wrote says why, and --resume goes on "
            f"from the last checkpoint ({str(error).partition('. ')[0]})"
        ) from error
    finally:
        dist.destroy_process_group()


def rank() -> int:
    """The number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def world() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def first_started() -> bool:
    """Whether this is the first of the processes that torchrun started, also where they do not know of each other."""
    return int(os.environ.get("RANK", "0")) == 0


def spread(module: nn.Module) -> nn.Module:
    """The module with its gradients averaged over the processes as they are computed (DistributedDataParallel).

    They begin with the weights and buffers of the first one, and take over its buffers whenever gradients are averaged.
    """
    return DistributedDataParallel(module) if dist.is_initialized() else module


def averaging(module: nn.Module, wanted: bool) -> AbstractContextManager[Any]:
    """Within it the gradients of a module that was spread are averaged, or only added up where that is not wanted."""
    return nullcontext() if wanted or not isinstance(module, DistributedDataParallel) else module.no_sync()


def share_buffers(module: nn.Module) -> None:
    """Each process takes over the buffers of the first one, such as the running means of normalisations."""
    if not dist.is_initialized():
        return
    buffers = list(module.buffers())
    for dtype in dict.fromkeys(buffer.dtype for buffer in buffers):
        alike = [buffer for buffer in buffers if buffer.dtype == dtype]
        packed = torch.cat([buffer.detach().reshape(-1) for buffer in alike])
        dist.broadcast(packed, 0)
        for buffer, values in zip(alike, torch.split(packed, [buffer.numel() for buffer in alike]), strict=True):
            buffer.detach().copy_(values.view_as(buffer))


def require_gradients(module: nn.Module) -> None:
    """TrainingError, naming them, where parameters have no gradient: what is averaged would be left in pieces."""
    if dist.is_initialized():
        idle = [name for name, found in module.named_parameters() if found.requires_grad and found.grad is None]
        if idle:
            raise TrainingError(
                f"the loss does not depend on {', '.join(idle)}; several ranks need a gradient of every parameter: "
                "take them out of the model, or train with one process"
            )


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
    any_of(False)


def _of_connections(error: RuntimeError) -> bool:
    """Whether an error says that another process cannot be reached. Gloo has no type for it."""
    return isinstance(error, dist.DistError) or "gloo" in str(error)
