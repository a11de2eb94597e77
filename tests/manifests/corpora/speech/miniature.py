"""Miniatures: small corpora in the layout of large ones, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from manifests.corpora import reader_class
from manifests.errors import CorpusError
from manifests.recording import Recording
from tests.factories import write_audio


def audio(root: Path, *names: str) -> None:
    """Files of these names: WAV and FLAC hold a short tone, others nothing; readers open none of them."""
    for name in names:
        if name.endswith((".wav", ".flac")):
            write_audio(root / name)
        else:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()


def read(reader: str, root: Path, **parameters: Any) -> list[Recording]:
    """The recordings that a registered reader finds; each key is there once, and so is each file."""
    found = list(reader_class(reader).model_validate({"root": str(root), **parameters}).rows())
    assert len({row.key for row in found}) == len(found)
    assert all((root / row.span.path).is_file() for row in found)
    return found


def message_of(reader: str, root: Path, **parameters: Any) -> str:
    """The message of the CorpusError that a reader ends with, the root written as ROOT."""
    with pytest.raises(CorpusError) as caught:
        list(reader_class(reader).model_validate({"root": str(root), **parameters}).rows())
    return str(caught.value).replace(str(root), "ROOT")
