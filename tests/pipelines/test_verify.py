"""Every flipped bit is found, and a damaged row is never handed out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from manifests.errors import DamagedError
from manifests.store import Store
from pipelines.build import build
from pipelines.verify import damages
from tests.pipelines.corpora import Tones


@pytest.mark.parametrize("format", ["arrow", "tar"])
def test_flipped_bits_and_cuts_are_found_wherever_they_are(tmp_path: Path, format: str) -> None:
    tones = Tones(tmp_path, 8, format=format)
    build(tones.recipe(), "inline")
    store = Store.open(tones.store)
    assert list(damages(store)) == []
    rng = np.random.default_rng(1)
    entry = store.generation.shards[0]
    for name in (str(entry.shard), entry.index):
        path = store.storage.path(name)
        sound = path.read_bytes()
        for place in rng.integers(0, len(sound) * 8, 40):
            hurt = bytearray(sound)
            hurt[place // 8] ^= 1 << (place % 8)
            path.write_bytes(hurt)
            assert len(list(damages(store))) == 1, (name, place)
        for end in rng.integers(0, len(sound), 5):
            path.write_bytes(sound[:end])
            assert len(list(damages(store))) == 1, (name, end)
        path.write_bytes(sound)
    assert list(damages(store)) == []


def test_a_generation_that_was_changed_is_refused(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 8)
    build(tones.recipe(), "inline")
    path = tones.store / "generations" / "00000001.json"
    sound = path.read_bytes()
    for place in range(0, len(sound), 97):
        hurt = bytearray(sound)
        hurt[place] ^= 1
        path.write_bytes(hurt)
        with pytest.raises(DamagedError):
            Store.open(tones.store)


def test_a_damaged_row_is_refused_by_name(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 8)
    build(tones.recipe(), "inline")
    store = Store.open(tones.store)
    entry = store.generation.shards[0]
    row = store.index(entry).to_pylist()[0]
    path = store.storage.path(str(entry.shard))
    content = bytearray(path.read_bytes())
    content[row["log_mel.offset"] + 3] ^= 4
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=row["key"]):
        store.shard(entry).check(row)
