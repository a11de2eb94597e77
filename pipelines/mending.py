"""Mending the small files: from their spares, from what generations say, or by putting aside what nothing needs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from manifests import generation
from manifests.errors import StoreError
from manifests.storage import Storage
from manifests.store import Store
from pipelines import receipts
from pipelines.small_files import DAMAGED, SPARE, TAGS, damaged_small_files, problem_of, spare_of, write_spare
from pipelines.task import receipt_name
from pipelines.verify import sound_generations

CHUNK = 1 << 20


def mend_small_files(storage: Storage) -> list[str]:
    """Mends what has a spare, or is one, and puts aside what nothing needs; the names of those files."""
    mended = []
    for damage in list(damaged_small_files(storage)):
        name, spare = damage.name, spare_of(damage.name)
        if name.startswith(f"{receipts.FOLDER}/"):
            continue
        set_aside(storage, name)
        if name.startswith(f"{SPARE}/"):
            write_spare(storage, name.removeprefix(f"{SPARE}/"))
        elif problem_of(storage, spare) is None:
            storage.replace(name, storage.read(spare))
        elif _is_needed(storage, name):
            continue
        else:
            set_aside(storage, spare)
            storage.delete(spare)
            storage.delete(name)
        mended.append(name)
    return mended


def mend_receipts(storage: Storage) -> list[str]:
    """Writes damaged receipts anew from generations and their indexes; those of no generation go, with their work."""
    entries = {receipt_name(entry.task): (made, entry) for made in sound_generations(storage) for entry in made.shards}
    mended = []
    for name in storage.names(receipts.FOLDER):
        if problem_of(storage, name) is None:
            continue
        set_aside(storage, name)
        storage.delete(name)
        if name in entries:
            made, entry = entries[name]
            with suppress(StoreError):  # its index is lost; the shard is none the worse for want of a receipt
                keys = Store(storage, made).index(entry, ["key"])["key"].to_pylist()
                receipts.write_receipt(storage, entry, dict.fromkeys(keys))
        mended.append(name)
    return mended


def _is_needed(storage: Storage, name: str) -> bool:
    """Whether a damaged file must stay where it is, since readers would see something else without it."""
    numbers = generation.numbers(storage)
    current = bool(numbers) and name == generation.name_of(numbers[-1])
    return current or name.partition("/")[0] not in (generation.FOLDER, TAGS)


def set_aside(storage: Storage, name: str) -> None:
    """Keeps a damaged file as it is, where no reader looks."""
    if storage.exists(name):
        with storage.local(name) as path:
            put_copy(path, storage, f"{DAMAGED}/{name.replace('/', '-')}")


def put_copy(path: Path, storage: Storage, name: str) -> None:
    """Gives a copy of a file a name in the store, in place of what may be there; readers of that go on."""
    with storage.new_file(name) as sink, open(path, "rb") as source:
        while block := source.read(CHUNK):
            sink.write(block)
        sink.commit(name, replace=True)
