"""The recipes that come with the package: sound, and in the case of the digits, true of the real corpus."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

import pipelines
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from pipelines.scan import scan
from tests.factories import folder_corpus, write_lines

SHIPPED = sorted((Path(pipelines.__file__).parent / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_recipe_is_sound(path: Path, tmp_path: Path) -> None:
    folder_corpus(tmp_path, ["fsdd/recordings/0_theo_0.wav", "noise/audio/hiss.wav"])
    write_lines(tmp_path / "manifest.csv", "path,label,speaker", "fsdd/recordings/0_theo_0.wav,zero,theo")
    read = load_recipe(path, environ={"DATA": str(tmp_path)})
    assert read.arrays()
    assert read.name.replace("-", "_") == path.stem
    assert read.store.path == f"stores/{path.stem}", "a store is named as its recipe"


def digits(name: str, **environ: str) -> Recipe:
    data = os.environ.get("WAVEMILL_DATA")
    if data is None:
        pytest.skip("WAVEMILL_DATA names no folder of real audio")
    (path,) = (path for path in SHIPPED if path.stem == name)
    return load_recipe(path, environ={"DATA": data, **environ})


def test_the_official_split_of_the_digits_is_kept() -> None:
    counts = Counter(row.split for row in scan(digits("spoken_digits")))
    assert counts["test"] == 300
    assert counts["train"] + counts["valid"] == 2700
    assert 200 < counts["valid"] < 340


def test_one_speaker_is_left_out() -> None:
    read = digits("spoken_digits_augmented", TEST_SPEAKER="george")
    speakers = {(row.split, row.recording.speaker) for row in scan(read)}
    assert {speaker for split, speaker in speakers if split == "test"} == {"george"}
    others = {"jackson", "lucas", "nicolas", "theo", "yweweler"}
    for kept in ("train", "valid"):
        assert {speaker for split, speaker in speakers if split == kept} == others
    assert read.copies == {"train": 3}
