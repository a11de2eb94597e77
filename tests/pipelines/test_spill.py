"""Rows on disk while a plan is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from manifests.errors import FullError
from pipelines.spill import BLOCK, Rows


def test_rows_come_back_as_they_went_in(tmp_path: Path) -> None:
    rows = Rows(tmp_path / "rows")
    given = [(number, "é", None) for number in range(2 * BLOCK + 1)]
    for row in given:
        rows.add(row)
    assert list(rows) == given


def test_a_full_disk_is_told() -> None:
    rows = Rows(Path("/dev/full"))
    rows.add((1, "a"))
    with pytest.raises(FullError, match=r"^/dev: No space left on device: free some space there"):
        rows.flush()
