from __future__ import annotations

from pathlib import Path

import pytest

from manifests.errors import FetchError
from manifests.fetching.install import install
from tests.manifests.fetching.heard import Heard


def grow(folder: Path, **files: str) -> Path:
    """Files by their paths, with _ for /."""
    for name, content in files.items():
        path = folder / name.replace("_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_is_there_in_one_step(tmp_path: Path, heard: Heard) -> None:
    names = install(grow(tmp_path / "new", README="r", wavs_a="1"), tmp_path / "deep/corpus", "one", heard)
    assert names == ["README", "wavs"]
    assert tree(tmp_path / "deep/corpus") == {"README": "r", "wavs/a": "1"}
    assert not (tmp_path / "new").exists()


def test_parts_share_folders_and_documents(tmp_path: Path, heard: Heard) -> None:
    corpus = grow(tmp_path / "corpus", README="r", SPEAKERS="s1", data_dev_a="1")
    names = install(grow(tmp_path / "new", README="r", SPEAKERS="s2", data_test_b="2"), corpus, "test", heard)
    assert names == ["SPEAKERS.test", "data/test"]
    assert tree(corpus) == {
        "README": "r",
        "SPEAKERS": "s1",
        "SPEAKERS.test": "s2",
        "data/dev/a": "1",
        "data/test/b": "2",
    }
    assert heard.said == [f"{corpus}/SPEAKERS is there with other content; see SPEAKERS.test beside it"]


def test_what_was_interrupted_is_completed(tmp_path: Path, heard: Heard) -> None:
    corpus = grow(tmp_path / "corpus", README="other", data_a="1")
    for _ in range(2):
        install(grow(tmp_path / "new", README="r", data_a="1", data_b="2"), corpus, "part", heard)
    assert tree(corpus) == {"README": "other", "README.part": "r", "data/a": "1", "data/b": "2"}


@pytest.mark.parametrize("there", [{"data_a": "other"}, {"data": "a file"}])
def test_nothing_moves_while_something_else_is_in_the_way(tmp_path: Path, heard: Heard, there: dict[str, str]) -> None:
    corpus = grow(tmp_path / "corpus", **there)
    before = tree(corpus)
    with pytest.raises(FetchError, match=f"{corpus}/.* is in the way, with other content; move it, or choose another"):
        install(grow(tmp_path / "new", AUTHORS="z", README="r", data_a="1"), corpus, "part", heard)
    assert tree(corpus) == before
