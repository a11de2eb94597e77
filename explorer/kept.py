"""Kept: a recording of a store as the explorer opens it: its source where the recipe's corpora are here, else its audio
as the store keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from explorer.errors import ExplorerError
from explorer.framing import encoded
from explorer.opening import Opened
from explorer.waves import float_wav
from features.example import Audio, Example, Source
from manifests.errors import ManifestError
from manifests.index import PRODUCED
from manifests.shard import ShardReader
from manifests.spec import ArraySpec
from manifests.store import Store

if TYPE_CHECKING:
    from explorer.world import World


def open_kept(world: World, asked: Mapping[str, Any]) -> Opened:
    """The recording that a request names by store, key, copy and part; ExplorerError where it is not there."""
    with _told():
        store = _opened(world, asked)
        found = _find(store, str(asked.get("key", "")), int(asked.get("copy", 0)), int(asked.get("part", 0)))
        source = _from_recipe(world, store, found[0])
        if source is not None:
            return replace(source, part=found[0]["part"])
        return _from_audio(store, *found)


def digests(world: World, asked: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of each array of an example, as `framing` takes it; ExplorerError where it is not there."""
    with _told():
        store = _opened(world, asked)
        row, reader = _find(store, str(asked.get("key", "")), int(asked["copy"]), int(asked["part"]))
        if reader is None:
            return {}
        reader.check(row)
        return {spec.name: encoded(reader.read(row, spec.name))["sha256"] for spec in store.generation.arrays}


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a store is told as what is wrong with a request is."""
    try:
        yield
    except ExplorerError:
        raise
    except (ManifestError, ValueError) as error:
        raise ExplorerError(str(error), "source") from error


def _opened(world: World, asked: Mapping[str, Any]) -> Store:
    name, number = str(asked["store"]), asked.get("generation")
    address = world.store(name)
    return Store.open(address if number is None else f"{address.partition('@')[0]}@{int(number)}")


def _find(store: Store, key: str, copy: int, part: int) -> tuple[dict[str, Any], ShardReader | None]:
    """The index row of an example, or of a recording that gave none, and the reader of its shard."""
    for entry in store.generation.shards:
        table = store.index(entry)
        rows = table.filter(pc.equal(table["key"], key)).to_pylist()
        for row in rows:
            if row["fate"] != PRODUCED or (row["copy"], row["part"]) == (copy, part):
                return row, store.shard(entry) if row["fate"] == PRODUCED else None
        if rows:
            raise ExplorerError(f"{key} has no copy {copy} with part {part}", "source.copy", 404)
    raise ExplorerError(f"this store has no recording {key!r}", "source.key", 404)


def _from_recipe(world: World, store: Store, row: Mapping[str, Any]) -> Opened | None:
    """The recording as its corpus has it, by the recipe that built the store; None where it is not to be had here."""
    for recipe in world.recipes.values():
        if recipe.document.get("name") == store.generation.recipe and recipe.has_sources():
            try:
                return recipe.opened(row["key"])
            except ExplorerError:
                continue
    return None


def _from_audio(store: Store, row: Mapping[str, Any], reader: ShardReader | None) -> Opened:
    also = [name for stage in store.generation.chain for name in stage.get("decode", {}).get("also", ())]
    waves = {spec.name: spec for spec in store.generation.arrays if spec.kind == "audio"}
    spec = next((spec for name, spec in waves.items() if name not in also), None)
    if reader is None or spec is None:
        what = "was left out" if reader is None else "has no audio in this store"
        raise ExplorerError(
            f"{row['key']} {what}, and its corpus is not here; serve the recipe beside the store: --recipe",
            "source.key",
        )
    reader.check(row)
    beside = {name: Source(_encoded(reader, row, waves[name]), name) for name in also if name in waves}
    example = Example(
        row["key"],
        Source(_encoded(reader, row, spec), row["key"], beside=beside),
        text=row["text"],
        speaker=row["speaker"],
        labels=json.loads(row["labels"] or "{}"),
        split=row["split"],
    )
    return Opened(f"kept {row['checksum']} {spec.name}", example, fitted=store.generation.fitted)


def _encoded(reader: ShardReader, row: Mapping[str, Any], spec: ArraySpec) -> bytes:
    """The audio of a row as bytes that `decode` reads, to the bit."""
    if spec.encoding == "flac":
        return bytes(reader.raw(row, spec))
    values = reader.read(row, spec.name)
    scale = np.float32(1 / 32768) if spec.encoding == "int16" else np.float32(1)
    return float_wav(Audio(np.ascontiguousarray(values.T, np.float32) * scale, round(row[f"{spec.name}.rate"])))
