"""The readers of published speech on an object store, which lists and reads in other ways than a folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from manifests.corpora import reader_class
from tests.manifests.corpora.speech.miniature import read
from tests.manifests.corpora.speech.test_about import SPEECH
from tests.s3 import Proxy


@pytest.mark.parametrize("name", SPEECH)
def test_the_rows_are_those_of_the_folder(name: str, s3: Proxy, tmp_path: Path) -> None:
    root: Path = import_module(f"tests.manifests.corpora.speech.test_{name}").miniature(tmp_path)
    for path in sorted(root.rglob("*")):
        if path.is_file():
            s3.send("PUT", f"/{s3.bucket}/{root.name}/{path.relative_to(root)}", path.read_bytes())
    found = list(reader_class(name)(root=f"s3://{s3.bucket}/{root.name}").rows())
    assert found == read(name, root)
