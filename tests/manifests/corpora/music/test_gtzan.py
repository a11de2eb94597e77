from __future__ import annotations

from pathlib import Path

import pytest

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

NAMES = ("blues/blues.00000.wav", "blues/blues.00029.wav", "jazz/jazz.00054.wav", "metal/metal.00006.wav")


def corpus(root: Path, folder: str = "genres", ending: str = "wav") -> Path:
    folder_corpus(root / folder, [name.replace(".wav", f".{ending}") for name in NAMES])
    return root


def filtered(root: Path, **lists: tuple[str, ...]) -> Path:
    for split in ("train", "valid", "test"):
        write_lines(root / "lists" / f"{split}_filtered.txt", *lists.get(split, ()))
    return root


def test_folders_are_genres(tmp_path: Path) -> None:
    rows = read("gtzan", corpus(tmp_path))
    assert rows[0] == Recording("blues.00000", Span("genres/blues/blues.00000.wav"), labels={"genre": "blues"})
    assert [row.labels["genre"] for row in rows] == ["blues", "blues", "jazz", "metal"]


@pytest.mark.parametrize("folder", ["", "genres_original"])
def test_copies_lie_in_several_folders_and_formats_under_the_same_keys(tmp_path: Path, folder: str) -> None:
    rows = read("gtzan", corpus(tmp_path, folder, "au"))
    assert [row.key for row in rows] == ["blues.00000", "blues.00029", "jazz.00054", "metal.00006"]


def test_the_split_without_faults_leaves_clips_out(tmp_path: Path) -> None:
    filtered(corpus(tmp_path), train=NAMES[1:3], test=NAMES[3:])
    rows = read("gtzan", tmp_path, filtered="lists")
    assert [(row.key, row.split) for row in rows] == [
        ("blues.00029", "train"),
        ("jazz.00054", "train"),
        ("metal.00006", "test"),
    ]
    assert rows[0].origin == f"{tmp_path}/lists/train_filtered.txt:1"


def test_what_is_not_the_corpus_is_named(tmp_path: Path) -> None:
    assert (
        message_of("gtzan", tmp_path) == f"{tmp_path}: has no folder blues, nor genres/blues, nor genres_original/blues"
    )
    folder_corpus(corpus(tmp_path), ["genres/blues/jazz.00001.wav"])
    expected = f"{tmp_path}/genres/blues/jazz.00001.wav: is not called {{genre}}/{{genre}}.{{number}}.wav, or .au"
    assert message_of("gtzan", tmp_path) == expected


def test_broken_lists_are_named(tmp_path: Path) -> None:
    filtered(corpus(tmp_path), train=NAMES[:2], valid=NAMES[1:2])
    lists = tmp_path / "lists"
    assert (
        message_of("gtzan", tmp_path, filtered="lists")
        == f"{lists}/valid_filtered.txt:1: blues.00029 is in train already"
    )
    filtered(tmp_path, test=("pop/pop.00001.wav",))
    assert (
        message_of("gtzan", tmp_path, filtered="lists")
        == f"{lists}/test_filtered.txt:1: names pop.00001, which is not there"
    )
