"""Digests: what a file is known by. Written as its kind and its number: "sha256:ab12..", "md5:..".

Many publishers give MD5 only. It tells damage; against somebody who makes files on purpose it is no help.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from manifests.fetching.watch import Watch

LENGTHS = {"md5": 32, "sha256": 64}
"""The hexadecimal digits of each kind."""
BLOCK = 1 << 20


def digests(path: Path, kinds: set[str], watch: Watch) -> dict[str, str]:
    """The digests of a file by their kinds, all from one reading."""
    states = {kind: hashlib.new(kind, usedforsecurity=False) for kind in sorted(kinds)}
    done, total = 0, os.path.getsize(path)
    with open(path, "rb") as source:
        while block := source.read(BLOCK):
            for state in states.values():
                state.update(block)
            done += len(block)
            watch.advance(f"checking {path.name.removesuffix('.part')}", done, total)
    return {kind: f"{kind}:{state.hexdigest()}" for kind, state in states.items()}


def kind_of(digest: str) -> str:
    """The kind of a digest.

    >>> kind_of("md5:0c472d4fc0c5141eca47ad1ffeb2a7df")
    'md5'
    """
    return digest.partition(":")[0]
