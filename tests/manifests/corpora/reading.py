"""What the tests of readers of published corpora do: read one, and catch what it says of a broken one."""

from __future__ import annotations

from pathlib import Path

import pytest

from manifests.corpora import reader_class
from manifests.errors import CorpusError
from manifests.index import COLUMNS
from manifests.licences import require_licence
from manifests.recording import Recording


def read(reader: str, root: Path, **parameters: object) -> list[Recording]:
    """The recordings of the reader called so; files are there, keys differ, labels fit beside a store's columns."""
    rows = list(reader_class(reader).model_validate({"root": str(root), **parameters}).rows())
    assert len({row.key for row in rows}) == len(rows)
    assert all((root / row.span.path).is_file() for row in rows)
    for row in rows:
        require_licence(row.extra.get("licence", "own"))
        assert not row.labels.keys() & COLUMNS.keys()
    return rows


def message_of(reader: str, root: Path, **parameters: object) -> str:
    with pytest.raises(CorpusError) as caught:
        list(reader_class(reader).model_validate({"root": str(root), **parameters}).rows())
    return str(caught.value)
