"""What a reader of a layout finds, or what it says is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from manifests.corpora import reader_class
from manifests.errors import CorpusError
from manifests.recording import Recording


def rows(reader: str, root: Path, **parameters: Any) -> list[Recording]:
    """The recordings, in the reader's order."""
    return list(reader_class(reader).model_validate({"root": str(root), **parameters}).rows())


def message_of(reader: str, root: Path, **parameters: Any) -> str:
    """The message of the error that reading ends with."""
    with pytest.raises(CorpusError) as caught:
        rows(reader, root, **parameters)
    return str(caught.value)
