"""What a checkpoint to resume from holds beside the weights: the optimizer, and the random numbers of each rank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from training import distributed
from training.checkpoint import below


def optimizer_state(optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    """The tensors of an optimizer as `optimizer.<parameter>.<name>`, and the settings of its groups, JSON."""
    kept = optimizer.state_dict()
    tensors = {
        f"optimizer.{number}.{name}": tensor
        for number, parts in kept["state"].items()
        for name, tensor in parts.items()
    }
    return tensors, kept["param_groups"]


def restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], groups: list[dict[str, Any]]
) -> None:
    """Puts an optimizer where the one was that gave this."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in below("optimizer.", tensors).items():
        number, _, part = name.partition(".")
        state.setdefault(int(number), {})[part] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def random_state(device: torch.device) -> dict[str, Tensor]:
    """Where the random numbers of all ranks stand: `rng.<rank>`, and on GPUs `cuda_rng.<rank>` too."""
    number = distributed.rank()
    own = {f"rng.{number}": torch.get_rng_state()}
    if device.type == "cuda":
        own[f"cuda_rng.{number}"] = torch.cuda.get_rng_state(device)
    return dict(distributed.gather(list(own.items())))


def restore_random(device: torch.device, tensors: Mapping[str, Tensor]) -> None:
    """Puts the random numbers of this rank where they stood. A rank that was not there before goes on from its seed."""
    number = distributed.rank()
    if f"rng.{number}" in tensors:
        torch.set_rng_state(tensors[f"rng.{number}"])
    if device.type == "cuda" and f"cuda_rng.{number}" in tensors:
        torch.cuda.set_rng_state(tensors[f"cuda_rng.{number}"], device)
