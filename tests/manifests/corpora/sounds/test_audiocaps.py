from __future__ import annotations

from pathlib import Path

import pytest

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

HEADER = "audiocap_id,youtube_id,start_time,caption"
LISTS = {
    "train": ('91139,r1nicOVtvkQ,130,"A woman talks, as water pours"',),
    "val": ("1,vabc-_123XY,30,Rain falls", "2,other567890,0,A dog barks", "3,vabc-_123XY,30,It pours"),
}
NAMES = ("train/r1nicOVtvkQ", "val/vabc-_123XY", "val/other567890")


def corpus(root: Path, folder: str = "") -> Path:
    for name, lines in LISTS.items():
        write_lines(root / folder / f"{name}.csv", HEADER, *lines)
    return folder_corpus(root, [f"audio/{name}.wav" for name in NAMES])


@pytest.mark.parametrize("folder", ["", "dataset"])
def test_each_caption_is_a_recording(tmp_path: Path, folder: str) -> None:
    rows = read("audiocaps", corpus(tmp_path, folder))
    assert rows[0] == Recording(
        "91139",
        Span("audio/train/r1nicOVtvkQ.wav"),
        text="A woman talks, as water pours",
        split="train",
        extra={"source": "https://www.youtube.com/watch?v=r1nicOVtvkQ&t=130s"},
    )
    assert [(row.key, row.text, row.split) for row in rows[1:]] == [
        ("1", "Rain falls", "valid"),
        ("2", "A dog barks", "valid"),
        ("3", "It pours", "valid"),
    ]
    assert rows[3].origin.endswith("val.csv:4")


def test_the_folder_of_the_lists_may_be_named(tmp_path: Path) -> None:
    write_lines(corpus(tmp_path) / "dataset2.0" / "train.csv", HEADER, "7,r1nicOVtvkQ,130,Water")
    assert [row.text for row in read("audiocaps", tmp_path, lists="dataset2.0")] == ["Water"]


def test_a_clip_may_keep_its_captions_together(tmp_path: Path) -> None:
    rows = read("audiocaps", corpus(tmp_path), captions="first")
    assert [(row.key, row.text, row.extra["captions"]) for row in rows[1:]] == [
        ("vabc-_123XY_30", "Rain falls", ["Rain falls", "It pours"]),
        ("other567890_0", "A dog barks", ["A dog barks"]),
    ]


def test_clips_that_are_gone_may_be_left_out(tmp_path: Path) -> None:
    (corpus(tmp_path) / "audio/val/vabc-_123XY.wav").unlink()
    assert [row.key for row in read("audiocaps", tmp_path, missing="skip")] == ["91139", "2"]


def test_broken_rows_and_missing_lists_are_named(tmp_path: Path) -> None:
    expected = "has none of train.csv, val.csv and test.csv; say where they lie, lists: .."
    assert message_of("audiocaps", tmp_path) == f"{tmp_path}: {expected}"
    table = write_lines(tmp_path / "test.csv", HEADER, "1,abc,2.5,Rain falls")
    assert message_of("audiocaps", tmp_path) == f"{table}:2: start_time is '2.5', which is no whole number"
