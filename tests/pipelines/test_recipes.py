"""The recipes that come with the package: sound, and in the case of the digits, true of the real corpus."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

import pipelines
from manifests.store import Store
from pipelines.build import build
from pipelines.plan import Wishes
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from pipelines.scan import scan
from pipelines.verify import damages
from tests.factories import folder_corpus, write_lines

KEPT = ("barista", "kerstin-asr", "kerstin-tts", "instruments", "speech-fixtures/rir")
PUBLISHED = ("librispeech", "speech_commands", "esc50", "ljspeech", "voxceleb", "gtzan", "voicebank_demand")
SHIPPED = sorted((Path(pipelines.__file__).parent / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_recipe_is_sound(path: Path, tmp_path: Path) -> None:
    folder_corpus(tmp_path, ["fsdd/recordings/0_theo_0.wav", "noise/audio/hiss.wav"])
    for folder in (*KEPT, *PUBLISHED):
        (tmp_path / folder).mkdir(parents=True)
    write_lines(tmp_path / "manifest.csv", "path,label,speaker", "fsdd/recordings/0_theo_0.wav,zero,theo")
    read = load_recipe(path, environ={"DATA": str(tmp_path)})
    assert read.arrays()
    assert read.name.replace("-", "_") == path.stem
    assert read.store.path == f"stores/{path.stem}", "a store is named as its recipe"


def real(name: str, **environ: str) -> Recipe:
    data = os.environ.get("WAVEMILL_DATA")
    if data is None:
        pytest.skip("WAVEMILL_DATA names no folder of real audio")
    (path,) = (path for path in SHIPPED if path.stem == name)
    return load_recipe(path, environ={"DATA": data, **environ})


def test_the_official_split_of_the_digits_is_kept() -> None:
    counts = Counter(row.split for row in scan(real("spoken_digits")))
    assert counts["test"] == 300
    assert counts["train"] + counts["valid"] == 2700
    assert 200 < counts["valid"] < 340


def test_one_speaker_is_left_out() -> None:
    read = real("spoken_digits_augmented", TEST_SPEAKER="george")
    speakers = {(row.split, row.recording.speaker) for row in scan(read)}
    assert {speaker for split, speaker in speakers if split == "test"} == {"george"}
    others = {"jackson", "lucas", "nicolas", "theo", "yweweler"}
    for kept in ("train", "valid"):
        assert {speaker for split, speaker in speakers if split == kept} == others
    assert read.copies == {"train": 3}


@pytest.mark.parametrize("name", ["german_tts", "german_asr", "instruments", "denoising", "connected_digits"])
def test_twenty_recordings_of_the_real_corpus_go_through(name: str, tmp_path: Path) -> None:
    if name == "german_tts":
        pytest.importorskip("espeakng_loader")
    read = real(name)
    read = read.model_copy(update={"store": read.store.model_copy(update={"path": str(tmp_path / "store")})})
    made = build(read, "inline", wishes=Wishes(limit=20))
    assert made.recordings == 20
    assert made.rejected == 0
    assert made.produced >= 15
    assert list(damages(Store.open(tmp_path / "store"))) == []


def test_connected_digits_keep_the_official_split() -> None:
    rows = list(scan(real("connected_digits")))
    assert Counter(row.split for row in rows) == {"train": 3600, "valid": 240, "test": 300}
    words = Counter(len(str(row.recording.text).split()) for row in rows)
    assert sorted(words) == [1, 2, 3, 4, 5, 6, 7]
    heard: dict[str, set[str]] = {}
    for row in rows:
        assert {piece.speaker for piece in row.recording.pieces} == {row.recording.speaker}
        heard.setdefault(row.split, set()).update(span.path for span in row.recording.spans)
    indices = {split: {int(path[:-4].rpartition("_")[2]) for path in paths} for split, paths in heard.items()}
    assert indices["test"] == set(range(5))
    assert indices["train"] | indices["valid"] == set(range(5, 50))
    assert not heard["train"] & heard["valid"]


def test_one_speaker_is_left_out_of_connected_digits() -> None:
    rows = list(scan(real("connected_digits_voices", TEST_SPEAKER="george")))
    assert {row.recording.speaker for row in rows if row.split == "test"} == {"george"}
    for kept in ("train", "valid"):
        speakers = {row.recording.speaker for row in rows if row.split == kept}
        assert speakers == {"jackson", "lucas", "nicolas", "theo", "yweweler"}
    assert Counter(row.split for row in rows) == {"train": 1500, "valid": 200, "test": 300}
