"""Rows on disk: any part of them can be read again, and groups come out whole and in order."""

import random
from pathlib import Path

import pytest

from pipelines.spill import BLOCK, Rows, Spill, grouped, place_of

COUNT = 3 * BLOCK + 7


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    made = Rows(tmp_path / "rows")
    for number in range(COUNT):
        made.add((number, f"key {number}"))
    return made


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 0), (0, COUNT), (5, 6), (BLOCK - 1, BLOCK + 1), (BLOCK, 2 * BLOCK), (COUNT - 1, COUNT)]
)
def test_a_part_is_what_was_added_there(rows: Rows, start: int, stop: int) -> None:
    part = rows.part(start, stop)
    assert len(part) == stop - start
    assert list(part) == list(part) == [(number, f"key {number}") for number in range(start, stop)]


def test_rows_that_are_added_after_a_reading_are_found(rows: Rows) -> None:
    assert len(list(rows)) == COUNT
    rows.add((COUNT, "late"))
    assert list(rows.part(COUNT - 1, COUNT + 1)) == [(COUNT - 1, f"key {COUNT - 1}"), (COUNT, "late")]


def test_a_spill_gives_its_rows_in_the_order_of_their_places(tmp_path: Path) -> None:
    items = [(place_of(f"key {number}", 3), number) for number in range(COUNT)]
    spill = Spill(tmp_path, "spill")
    spill.extend(items)
    assert len(spill) == COUNT
    assert [item for part in spill.parts() for item in part] == sorted(items)


def test_groups_are_whole_and_sorted(tmp_path: Path) -> None:
    items = [(number % 150, (place_of(str(number), 0), number)) for number in range(COUNT)]
    random.Random(0).shuffle(items)
    parts = grouped(tmp_path, items)
    assert {group: list(part) for group, part in parts.items()} == {
        group: sorted(item for other, item in items if other == group) for group in range(150)
    }
