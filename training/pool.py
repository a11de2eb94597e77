"""Pool: pieces of memory that are taken again as soon as nobody holds a part of them."""

from __future__ import annotations

from collections.abc import Callable

import torch

SPARE = 1.25
"""How much larger than asked for a piece is made, since the next batch may be longer."""

holders: Callable[[int], int] | None = getattr(torch._C, "_storage_Use_Count", None)
"""How many hold a storage in this process, by its `_cdata`: tensors, views of them, arrays of numpy. A storage object
that was taken out of a tensor counts for nobody."""


class Pool:
    """At most `most` pieces, which `make` makes of so many bytes."""

    def __init__(self, most: int, make: Callable[[int], torch.UntypedStorage]) -> None:
        self.most, self.make = most, make
        self.pieces: list[torch.UntypedStorage] = []

    def is_free(self, number: int) -> bool:
        """Whether only the pool holds a piece."""
        assert holders is not None
        return holders(self.pieces[number]._cdata) == 1

    def take(self, size: int) -> torch.UntypedStorage:
        """The smallest free piece that is large enough, or else a new one, in place of a free one that is too small.

        Where all are in use, one that the pool does not keep.
        """
        free = [number for number in range(len(self.pieces)) if self.is_free(number)]
        fitting = [self.pieces[number] for number in free if self.pieces[number].nbytes() >= size]
        if fitting:
            return min(fitting, key=torch.UntypedStorage.nbytes)
        if not free and len(self.pieces) == self.most:
            return self.make(size)
        made = self.make(int(size * SPARE))
        if free:
            self.pieces[free[0]] = made
        else:
            self.pieces.append(made)
        return made
