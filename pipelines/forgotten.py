"""Forgotten: the recordings that a store must not hold again, as hashes of their keys.

The list holds no key: whoever has one can ask for it, nobody can read it out. Readings of the sources leave out
what is on it, so that a forgotten recording has no fate and no row in any index.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from manifests.sealed import seal, unseal
from manifests.storage import Storage
from pipelines.small_files import FORGOTTEN, write_spare

BYTES = 16


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Salted BLAKE2b hashes of keys. `done` is False while rows of them may still be in the store."""

    salt: str = ""
    hashes: frozenset[str] = frozenset()
    done: bool = True

    def __contains__(self, key: str) -> bool:
        return bool(self.hashes) and self._hash(key) in self.hashes

    def adding(self, keys: set[str]) -> Forgotten:
        """The list with more keys, of which the store must be cleared."""
        wider = Forgotten(self.salt or secrets.token_hex(BYTES), self.hashes, False)
        return Forgotten(wider.salt, self.hashes | {wider._hash(key) for key in keys}, False)

    def write(self, storage: Storage) -> None:
        """Puts the list into the store, with its spare."""
        value = {"salt": self.salt, "done": self.done, "hashes": sorted(self.hashes)}
        storage.replace(FORGOTTEN, seal(value))
        write_spare(storage, FORGOTTEN)

    def _hash(self, key: str) -> str:
        return hashlib.blake2b(key.encode(), digest_size=BYTES, salt=bytes.fromhex(self.salt)).hexdigest()


def read_forgotten(storage: Storage) -> Forgotten:
    """The list of a store, empty where nothing was forgotten; DamagedError rather than an empty one in doubt."""
    if not storage.exists(FORGOTTEN):
        return Forgotten()
    found = unseal(storage.read(FORGOTTEN), f"{storage.root}/{FORGOTTEN}")
    return Forgotten(found["salt"], frozenset(found["hashes"]), found["done"])
