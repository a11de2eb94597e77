"""Buffers: the memory of batches, which is taken again as soon as nobody holds a part of it.

Fresh memory has to be given by the system page by page, which takes longer than to fill it with a batch. Torch counts
who holds a storage (tensors, views of them, arrays of numpy), so what only the pool holds is free. What a worker
process makes lies in shared memory from the start, since it goes to another process: see training.lending.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from threading import Lock

import torch
from torch import Tensor
from torch.utils.data import get_worker_info

from training.lending import Lender, Lent
from training.pool import Pool, holders

MOST = 4
"""Buffers that are kept: a batch that is used, one that comes, and two more for other arrays of them."""
SMALL = 1 << 18
"""Bytes below which memory is not fresh anyway."""

_pool = Pool(MOST, torch.UntypedStorage)
_lock = Lock()
_lender: Lender | None = None  # of a worker


def empty(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """A tensor of that shape; what it holds is not defined."""
    size = prod(shape) * dtype.itemsize
    if size < SMALL:
        return torch.empty(shape, dtype=dtype)
    if holders is None:
        return torch.empty(shape, dtype=dtype)
    with _lock:
        return _over(_here().take(size), shape, dtype)


def _here() -> Pool:
    """The pool of this process."""
    global _lender
    if get_worker_info() is None:
        return _pool
    _lender = _lender or Lender()
    return _lender


def sent(tensor: Tensor) -> Tensor | Lent:
    """What becomes the tensor in another process: what a worker lends its parent, or else a copy.

    Whoever gets it then holds it where nobody here counts, while this process takes its memory again.
    """
    if get_worker_info() is None:
        return tensor.clone()
    return tensor if _lender is None else _lender.lend(tensor) or tensor


def _over(storage: torch.UntypedStorage, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    made: Tensor = torch.empty(0, dtype=dtype).set_(storage, 0, tuple(shape))  # type: ignore[call-overload]
    return made
