"""Stages that make several examples of one recording, in a store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from manifests.store import Store
from pipelines.build import build
from tests.pipelines.corpora import Tones, checksums

COUNT = 12
SEGMENT = "  - segment: {seconds: 0.1, overlap_seconds: 0.05, rest: drop}\n"


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    return Tones(tmp_path, COUNT, more=SEGMENT)


def test_each_part_is_a_row_and_each_recording_counts_once(tones: Tones) -> None:
    report = build(tones.recipe(), "inline")
    assert (report.recordings, report.produced, report.rejected) == (COUNT, COUNT, 0)
    seconds = [round(0.2 + 0.01 * (number % 7), 2) for number in range(COUNT)]
    windows = sum(1 + round((length - 0.1) * 1000) // 50 for length in seconds)
    assert report.examples == windows == len(checksums(tones.store))
    assert report.audio_seconds == pytest.approx(sum(seconds))
    store = Store.open(tones.store)
    for entry in store.generation.shards:
        for row in store.index(entry).to_pylist():
            assert json.loads(row["notes"])["segment"]["start_seconds"] == pytest.approx(0.05 * row["part"])


def test_rows_of_several_parts_are_copied_and_the_bytes_are_those_of_two_workers(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    other = tones.folder / "other"
    build(tones.recipe(f"store.path={other}"), "local", workers=2)
    assert tones.digests() == tones.digests(other)
    tones.add(100)
    grown = build(tones.recipe(), "inline")
    assert grown.decoded == 1
    fresh = tones.folder / "fresh"
    build(tones.recipe(f"store.path={fresh}"), "inline")
    assert checksums(tones.store) == checksums(fresh)
