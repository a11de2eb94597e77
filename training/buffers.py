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

from training.lending import Lender, Lent, holders

MOST = 4
"""Buffers that are kept: a batch that is used, one that comes, and two more for other arrays of them."""
SMALL = 1 << 18
"""Bytes below which memory is not fresh anyway."""
SPARE = 1.25
"""How much larger than asked for a buffer is made, since the next batch may be longer."""

_kept: list[torch.UntypedStorage] = []
_lock = Lock()
_lender: Lender | None = None  # of a worker


def empty(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """A tensor of that shape; what it holds is not defined."""
    size = prod(shape) * dtype.itemsize
    if size < SMALL:
        return torch.empty(shape, dtype=dtype)
    if get_worker_info() is not None:
        return _over(_to_lend(size), shape, dtype)
    if holders is None:
        return torch.empty(shape, dtype=dtype)
    with _lock:
        return _over(_take(size), shape, dtype)


def sent(tensor: Tensor) -> Tensor | Lent:
    """What becomes the tensor in another process: what a worker lends its parent, or else a copy.

    Whoever gets it then holds it where nobody here counts, while this process takes its memory again.
    """
    if get_worker_info() is None:
        return tensor.clone()
    return tensor if _lender is None else _lender.lend(tensor) or tensor


def _to_lend(size: int) -> torch.UntypedStorage:
    """Shared memory for what a worker makes."""
    global _lender
    if holders is not None and _lender is None:
        _lender = Lender()
    taken = _lender.take(size, SPARE) if _lender else None
    return torch.UntypedStorage._new_shared(size) if taken is None else taken  # type: ignore[no-untyped-call]


def _take(size: int) -> torch.UntypedStorage:
    """The smallest free buffer that is large enough, or a new one, in place of a free one that is too small."""
    assert holders is not None
    free = [storage for storage in _kept if holders(storage._cdata) == 1]
    fitting = [storage for storage in free if storage.nbytes() >= size]
    if fitting:
        return min(fitting, key=torch.UntypedStorage.nbytes)
    if free and len(_kept) >= MOST:
        _kept.remove(free[0])
    made = torch.UntypedStorage(int(size * SPARE))  # type: ignore[no-untyped-call]
    if len(_kept) < MOST:
        _kept.append(made)
    return made


def _over(storage: torch.UntypedStorage, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    made: Tensor = torch.empty(0, dtype=dtype).set_(storage, 0, tuple(shape))  # type: ignore[call-overload]
    return made
