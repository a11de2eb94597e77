"""What a plan says that a build will cost, beside what the build then counted."""

from pathlib import Path

import pytest

from manifests.storage import LocalStorage
from pipelines.build import build, planning
from pipelines.cost import Cost, builder_seconds
from tests.pipelines.corpora import Tones


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    return Tones(tmp_path, 12)


def _cost(tones: Tones) -> Cost:
    with planning(tones.recipe()) as made:
        return made.cost


def test_a_plan_counts_what_the_build_then_decodes(tones: Tones) -> None:
    planned = _cost(tones)
    sizes = sum(path.stat().st_size for path in tones.root.rglob("*.wav"))
    made = build(tones.recipe(), "inline")
    assert (planned.decode, planned.read_bytes, planned.requests) == (made.decoded, sizes, 0)
    stored = sum(path.stat().st_size for path in (tones.store / "shards").iterdir())
    assert 0.5 * stored < planned.written_bytes < 2 * stored


def test_a_change_costs_one_recording(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    assert _cost(tones) == Cost()
    tones.add(3, 0.7)
    tones.add(100, 0.5)
    assert _cost(tones).decode == 2
    assert build(tones.recipe(), "inline").decoded == 2


def test_time_is_told_by_the_last_run_that_decoded(tones: Tones) -> None:
    storage = LocalStorage(tones.store)
    assert builder_seconds(storage, Cost(seconds=10.0)) is None
    build(tones.recipe(), "inline")
    first = builder_seconds(storage, Cost(seconds=10.0))
    assert first is not None
    assert first > 0
    build(tones.recipe(), "inline")
    assert builder_seconds(storage, Cost(seconds=20.0)) == pytest.approx(2 * first)
