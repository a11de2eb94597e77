"""Lease: who builds a store on s3://, and since when. A courtesy; it keeps nobody from building.

There is no lock there that goes with its process. Generations decide instead, since each is put only if absent:
who is done first commits, and the other hears of it. The lease lets a second build say so at its start.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from manifests.errors import ManifestError, RemoteError
from manifests.storage import Storage
from pipelines.errors import LockedError

NAME = "lease.json"
LIFE_SECONDS, RENEW_SECONDS = 300.0, 100.0
_log = logging.getLogger(__name__)


@contextmanager
def leased(storage: Storage, alone: bool = False) -> Iterator[None]:
    """Says in the store that it is being built, as long as nobody else says so; warns when somebody does.

    With `alone`, that is a LockedError: for who removes or replaces files.
    """
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    me = f"process {os.getpid()} on {socket.gethostname()} since {since}"
    other = holder(storage)
    if other and alone:
        raise LockedError(f"{storage.root} is being built by {other}; wait for it, or for its lease to expire")
    if other:
        _log.warning("%s is being built by %s; whoever is done first commits", storage.root, other)
        yield
        return
    ended = threading.Event()
    _write(storage, me)
    renewing = threading.Thread(target=_renew, args=(storage, me, ended), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        if holder(storage) == me:
            storage.delete(NAME)


def holder(storage: Storage) -> str | None:
    """Who says that the store is being built; None when nobody does, or did so too long ago."""
    try:
        found = json.loads(storage.read(NAME))
        return str(found["holder"]) if found["expires"] > time.time() else None
    except (ManifestError, ValueError, KeyError, TypeError):
        return None


def _renew(storage: Storage, me: str, ended: threading.Event) -> None:
    while not ended.wait(RENEW_SECONDS):
        _write(storage, me)


def _write(storage: Storage, me: str) -> None:
    """A build does not fail for want of its lease."""
    try:
        storage.replace(NAME, json.dumps({"holder": me, "expires": round(time.time() + LIFE_SECONDS)}).encode())
    except RemoteError as error:
        _log.warning("the lease cannot be written: %s", error)
