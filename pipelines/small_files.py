"""Small files: generations, candidates, tags, receipts, and what was forgotten. Each carries its own digest.

Generations, tags and the list of what was forgotten could not be told again by anything else, so each has a
spare copy below spare/, written after the file itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from manifests import generation
from manifests.errors import DamagedError
from manifests.sealed import unseal
from manifests.storage import Storage
from pipelines import receipts
from pipelines.damage import Damage

TAGS = "tags"
FORGOTTEN = "forgotten.json"
SPARE = "spare"
DAMAGED = "damaged"
"""Where files that were repaired are kept as they were found, until gc."""
_FOLDERS = (generation.FOLDER, TAGS)


def spare_of(name: str) -> str:
    return f"{SPARE}/{name}"


def write_spare(storage: Storage, name: str) -> None:
    """Brings the spare copy of a file up to date."""
    content, spare = storage.read(name), spare_of(name)
    if not storage.exists(spare) or storage.read(spare) != content:
        storage.replace(spare, content)


def problem_of(storage: Storage, name: str) -> str | None:
    """What is wrong with a file that carries its own digest, None for a sound one."""
    if not storage.exists(name):
        return "missing"
    try:
        if name.startswith(f"{receipts.FOLDER}/"):
            receipts.read_receipt(storage, name)
        else:
            unseal(storage.read(name), name)
    except DamagedError as error:
        return str(error).partition(": ")[2]
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None


def damaged_small_files(storage: Storage) -> Iterator[Damage]:
    """What is damaged of the small files; `wavemill repair` mends what has a spare, or can be told from others."""
    repair = f"wavemill repair {storage.root}"
    names = set(_spared(storage))
    for name in sorted(names | {spare.removeprefix(f"{SPARE}/") for spare in _spares(storage)}):
        problem, spare = problem_of(storage, name), spare_of(name)
        if problem is None:
            if storage.exists(spare) and (found := problem_of(storage, spare)):
                yield Damage(spare, found, f"{repair} copies it anew")
        elif problem_of(storage, spare) is None:
            yield Damage(name, problem, f"{repair} restores it from its spare")
        else:
            yield Damage(name, problem, _advice(storage, name))
    for name in generation.candidates(storage):
        if problem := problem_of(storage, name):
            yield Damage(name, problem, f"{repair} puts it aside, and a build makes it anew")
    for name in storage.names(receipts.FOLDER):
        if problem := problem_of(storage, name):
            yield Damage(name, problem, f"{repair} writes it anew")


def _spared(storage: Storage) -> Iterator[str]:
    yield from (generation.name_of(number) for number in generation.numbers(storage))
    yield from storage.names(TAGS)
    if storage.exists(FORGOTTEN):
        yield FORGOTTEN


def _spares(storage: Storage) -> Iterator[str]:
    for folder in _FOLDERS:
        yield from storage.names(spare_of(folder))
    if storage.exists(spare_of(FORGOTTEN)):
        yield spare_of(FORGOTTEN)


def _advice(storage: Storage, name: str) -> str:
    """What to do about a file without a sound spare."""
    numbers = generation.numbers(storage)
    if name == FORGOTTEN:
        return "it has no sound spare: put the file back from a backup, or forget the recordings again"
    if not numbers or name != generation.name_of(numbers[-1]):
        return f"it has no sound spare; wavemill repair {storage.root} puts it aside"
    sound = [number for number in numbers[:-1] if problem_of(storage, generation.name_of(number)) is None]
    if not sound:
        return "it has no sound spare, and no older generation is sound: move it away and build again"
    back = f"wavemill rollback {storage.root} {sound[-1]}"
    return f"it has no sound spare; {back} goes back, and the next build finds the shards that are finished"
