"""Lending: memory that a worker process fills, and takes again when its parent has done with it.

A worker fills a slot of shared memory and sends where the batch lies in it. The parent maps each slot once; when nobody
there holds a part of it any more, it marks the slot as free, where the worker sees it. So no page of a batch is fresh,
and nothing of it is copied on its way.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

import torch
from torch import Tensor

from training.pool import Pool, holders

SLOTS = 16
"""Slots of one worker, at most. Two batches that are read ahead, one that is used and one that is made take four for
each of their arrays; where more are wanted, memory is fresh."""


class Lender(Pool):
    """The slots of this process, which is a worker."""

    def __init__(self) -> None:
        super().__init__(SLOTS, torch.UntypedStorage._new_shared)
        _borrowed.clear()  # what the parent had of other workers as it forked
        self._name = f"{os.getpid()} {secrets.token_hex(8)}"
        self._lent = torch.zeros(SLOTS, dtype=torch.uint8).share_memory_()  # type: ignore[no-untyped-call]
        self._sent: dict[int, torch.UntypedStorage] = {}

    def is_free(self, number: int) -> bool:
        """Whether neither this process nor the parent holds a slot."""
        # Whoever sends marks a slot before letting go of the batch: so the mark must be read behind the count.
        return super().is_free(number) and not self._lent[number]

    def lend(self, tensor: Tensor) -> Lent | None:
        """What the parent unpickles as the tensor; None for a tensor that lies in no slot."""
        found = tensor.untyped_storage()._cdata
        for number, slot in enumerate(self.pieces):
            if slot._cdata == found:
                self._lent[number] = 1
                news = None if self._sent.get(number) is slot else (self._lent, slot)
                self._sent[number] = slot
                how = tensor.dtype, tensor.storage_offset(), tuple(tensor.shape), tensor.stride()
                return Lent((self._name, number, news, how))
        return None


class Lent:
    """A tensor on its way to the parent."""

    def __init__(self, fields: tuple[Any, ...]) -> None:
        self._fields = fields

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, self._fields


class _Borrower:
    """What this process has of one worker's slots."""

    def __init__(self, lent: Tensor) -> None:
        self.lent = lent
        self.slots: dict[int, torch.UntypedStorage] = {}
        self.received: set[int] = set()

    def give_back(self) -> None:
        """Marks as free what nobody here holds any more; what is still on its way was not received."""
        assert holders is not None
        for number in [n for n in self.received if holders(self.slots[n]._cdata) == 1]:
            self.received.remove(number)
            self.lent[number] = 0


_borrowed: dict[str, _Borrower] = {}


def _received(name: str, number: int, news: tuple[Tensor, torch.UntypedStorage] | None, how: Any) -> Tensor:
    """The tensor in slot `number` of a worker; `news`, where the slot was not here before: the marks, and the slot."""
    if news is not None and name not in _borrowed:
        for gone in [known for known in list(_borrowed) if not _runs(int(known.split(" ")[0]))]:
            _borrowed.pop(gone, None)
        _borrowed[name] = _Borrower(news[0])
    borrower = _borrowed[name]
    borrower.give_back()
    if news is not None:
        borrower.slots[number] = news[1]
    borrower.received.add(number)
    dtype, offset, shape, stride = how
    made: Tensor = torch.empty(0, dtype=dtype).set_(borrower.slots[number], offset, shape, stride)
    return made


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, PermissionError):  # gone, or its number is somebody else's by now
        return False
    return True
