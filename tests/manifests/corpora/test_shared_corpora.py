"""The readers on real corpora; skipped where WAVEMILL_DATA does not name a folder that has them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from manifests.corpora import reader_class
from manifests.recording import Recording
from manifests.splits import Assigner, Split

DATA = os.environ.get("WAVEMILL_DATA", "")

pytestmark = pytest.mark.skipif(not DATA, reason="WAVEMILL_DATA is not set")


def read(reader: str, corpus: str, **parameters: Any) -> list[Recording]:
    root = Path(DATA, corpus)
    if not root.is_dir():
        pytest.skip(f"no {corpus} there")
    found = list(reader_class(reader).model_validate({"root": str(root), **parameters}).rows())
    assert len({row.key for row in found}) == len(found)
    assert all((root / row.span.path).is_file() for row in found)
    return found


def test_fsdd() -> None:
    found = read("fsdd", "fsdd")
    assert Counter(row.split for row in found) == {"train": 2700, "test": 300}
    assert Counter(row.labels["digit"] for row in found) == dict.fromkeys("0123456789", 300)
    assert len({row.speaker for row in found}) == 6


def test_fsdd_has_the_same_rows_by_its_names(tmp_path: Path) -> None:
    listed = read("fsdd", "fsdd")
    (tmp_path / "recordings").symlink_to(Path(DATA, "fsdd", "recordings").resolve())
    named = list(reader_class("fsdd")(root=str(tmp_path)).rows())
    assert sorted(named, key=lambda row: row.key) == sorted(listed, key=lambda row: row.key)


def test_kerstin_tts() -> None:
    found = read("ljspeech", "kerstin-tts")
    assert len(found) == 226
    assert found[0].text == "Auch diesmal behaupten die Behörden, sie wüssten nichts von der Existenz solcher Dateien."


def test_kerstin_asr() -> None:
    found = read("table", "kerstin-asr", path="metadata.tsv")
    assert len(found) == 1374
    assert all(row.text and row.span.seconds is None and float(row.extra["seconds"]) > 0 for row in found)
    assigner = Assigner(Split.model_validate({"from": "corpus"}))
    assert Counter(assigner.assign(row) for row in found) == {"train": 1248, "test": 69, "valid": 57}


def test_barista() -> None:
    labels = {"intent": "intent", "drink": "slots.coffeeDrink", "size": "slots.size"}
    found = read("table", "barista", path="labels.jsonl", labels=labels)
    assert len(found) == 180
    assert {row.labels["intent"] for row in found} == {"orderDrink"}
    sized = [row for row in found if "size" in row.labels]
    assert 0 < len(sized) < 180
    assert all(row.labels["size"] == row.extra["slots"]["size"] for row in sized)


def test_instruments() -> None:
    found = read("folder", "instruments", label="parent")
    assert Counter(Counter(row.labels["label"] for row in found).values()) == {10: 10}
    listed = read("table", "instruments", path="labels.csv", labels=["label"])
    assert {row.key: row.labels for row in found} == {row.key: row.labels for row in listed}


def test_noise_is_split_by_file() -> None:
    found = read("folder", "noise")
    assigner = Assigner(Split.model_validate({"by": "path", "valid": 0.3, "seed": 1}))
    splits = {row.span.path: assigner.assign(row) for row in found}
    assigner.finish()
    assert len(splits) == 7
    assert set(splits.values()) == {"train", "valid"}
