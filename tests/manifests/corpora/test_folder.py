from __future__ import annotations

import os
from pathlib import Path

import pytest

from manifests.corpora.folder import AUDIO, Folder
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines


def keys(root: Path, **parameters: object) -> list[str]:
    return [row.key for row in Folder.model_validate({"root": str(root), **parameters}).rows()]


def message_of(root: Path, **parameters: object) -> str:
    with pytest.raises(CorpusError) as caught:
        keys(root, **parameters)
    return str(caught.value)


def test_audio_is_found_at_any_depth_in_the_order_of_its_paths(tmp_path: Path) -> None:
    names = ["b.wav", "a/x.wav", "a/b/y.flac", "a.b/z.ogg", "a-/q.wav", "c d/ü.wav"]
    folder_corpus(tmp_path, names)
    write_lines(tmp_path / "a" / "notes.txt", "no audio")
    rows = list(Folder(root=str(tmp_path)).rows())
    assert [row.key for row in rows] == sorted(names)
    assert rows[0] == Recording("a-/q.wav", Span("a-/q.wav"))


def test_the_order_does_not_depend_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_corpus(tmp_path, [f"{folder}/{name}.wav" for folder in "ab" for name in "xyz"])
    before, scandir = keys(tmp_path), os.scandir

    class Backwards:
        def __init__(self, path: str) -> None:
            with scandir(path) as entries:
                self.entries = list(entries)[::-1]

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *problem: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", Backwards)
    assert keys(tmp_path) == before


def test_endings_are_known_in_any_case_and_can_be_named(tmp_path: Path) -> None:
    for name in ("a.WAV", "b.Mp3", "c.raw", "d.wav.bak", "wav"):
        (tmp_path / name).touch()
    assert keys(tmp_path) == ["a.WAV", "b.Mp3"]
    assert keys(tmp_path, extensions=[".RAW"]) == ["c.raw"]
    assert len(set(AUDIO)) == len(AUDIO)


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    folder_corpus(tmp_path, ["a.wav", ".b.wav", ".cache/c.wav", "d/.e/f.wav"])
    assert keys(tmp_path) == ["a.wav"]


def test_the_parent_folder_is_the_label(tmp_path: Path) -> None:
    folder_corpus(tmp_path, ["audio/cello/a.wav", "audio/flute/low/b.wav"])
    rows = list(Folder(root=str(tmp_path), label="parent").rows())
    assert [row.labels for row in rows] == [{"label": "cello"}, {"label": "low"}]
    assert all(not row.labels for row in Folder(root=str(tmp_path)).rows())


def test_a_file_that_lies_in_no_folder_has_no_label(tmp_path: Path) -> None:
    folder_corpus(tmp_path, ["a.wav"])
    assert message_of(tmp_path, label="parent") == f"{tmp_path}/a.wav: lies in no folder that could name its label"


def test_a_root_that_is_missing_or_without_audio_is_an_error(tmp_path: Path) -> None:
    assert message_of(tmp_path / "nowhere") == f"{tmp_path}/nowhere: no such folder"
    assert message_of(tmp_path, extensions=["wav", "flac"]) == f"{tmp_path}: holds no file that ends in wav, flac"
    for name in ("a.xyz", "b.xyz", "c.txt"):
        (tmp_path / name).touch()
    assert message_of(tmp_path, extensions=["wav"]).endswith("holds no file that ends in wav; there are 2 .xyz files")


def test_links_are_followed_but_not_round_in_circles(tmp_path: Path) -> None:
    folder_corpus(tmp_path, ["disk/a.wav", "root/b/c.wav"])
    root = tmp_path / "root"
    (root / "linked").symlink_to(tmp_path / "disk")
    (root / "b" / "up").symlink_to(root)
    (tmp_path / "disk" / "back").symlink_to(root / "b")
    assert keys(root) == ["b/c.wav", "linked/a.wav", "linked/back/c.wav"]


def test_a_dead_link_is_listed_so_that_its_loss_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.wav").symlink_to(tmp_path / "gone.wav")
    assert keys(tmp_path) == ["a.wav"]


def test_pipes_are_not_audio(tmp_path: Path) -> None:
    folder_corpus(tmp_path, ["a.wav"])
    os.mkfifo(tmp_path / "b.wav")
    assert keys(tmp_path) == ["a.wav"]


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_corpus(tmp_path, ["a.wav", "b/c.wav"])
    scandir = os.scandir

    def denied(path: str) -> object:
        if path.endswith("b/"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    assert message_of(tmp_path) == f"{tmp_path}/b/: cannot be listed: Permission denied"


def test_a_name_that_no_manifest_can_hold_is_an_error(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xe4.wav", "wb"):
        pass
    assert message_of(tmp_path) == f"{tmp_path}/: the name '\\udce4.wav' is not UTF-8; rename it"
