"""How fast builds went, from their notes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from manifests.storage import LocalStorage
from pipelines.build import build
from pipelines.report.speed import builds, throughput
from pipelines.runs import MOST_POINTS, Note, Run, read_notes
from tests.pipelines.corpora import Tones


def test_speed_is_the_slope_of_what_was_done():
    note = {"progress": [[2.0, 10, 100.0], [4.0, 20, 300.0], [8.0, 30, 500.0], [10.0, 40, 500.0]]}
    found = throughput(note)
    assert found is not None
    assert found.edges == [0.0, 2.5, 5.0, 7.5, 10.0]
    assert found.speeds == pytest.approx([150 / 2.5, 200 / 2.5, 125 / 2.5, 25 / 2.5])
    assert sum(speed * 2.5 for speed in found.speeds) == pytest.approx(500)


def test_a_note_that_does_not_know():
    assert throughput(None) is None
    assert throughput({}) is None
    assert throughput({"progress": []}) is None


def test_a_build_notes_its_progress(tmp_path):
    tones = Tones(tmp_path, 20)
    made = build(tones.recipe("store.shard_bytes=24000"), "inline")
    (note,) = read_notes(LocalStorage(tones.store))
    assert len(note["progress"]) == made.shards_built >= 2
    times, counts, audio = zip(*note["progress"], strict=True)
    assert list(times) == sorted(times)
    assert counts[-1] == made.examples
    assert audio[-1] == pytest.approx(made.audio_seconds, abs=0.01)
    (listed,) = builds([note])
    assert (listed.decoded, listed.generation) == (20, 1)
    assert listed.speed == pytest.approx(made.audio_seconds / note["seconds"]["build"], rel=1e-3)


def test_progress_is_bounded_and_keeps_its_end(tmp_path):
    run = Run.__new__(Run)
    run.note = Note("running", "r", "", "")
    run._planned, run._examples, run._audio_seconds = 0.0, 0, 0.0
    for _ in range(5 * MOST_POINTS):
        entry = SimpleNamespace(seconds=1.5, shard_bytes=1, examples=2)
        run.built(SimpleNamespace(decoded=1, copied=0, seconds=0.1, restarts=0, requests={}, entry=entry))
    assert len(run.note.progress) <= MOST_POINTS
    assert run.note.progress[-1][1:] == (10 * MOST_POINTS, 7.5 * MOST_POINTS)
