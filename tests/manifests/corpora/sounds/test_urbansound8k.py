from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

ROWS = (
    "slice_file_name,fsID,start,end,salience,fold,classID,class",
    "100032-3-0-0.wav,100032,0.0,0.317551,1,5,3,dog_bark",
    "100263-2-0-117.wav,100263,58.5,62.5,2,1,2,children_playing",
)


def corpus(root: Path, *rows: str) -> Path:
    folder_corpus(root / "audio", ["fold5/100032-3-0-0.wav", "fold1/100263-2-0-117.wav"])
    write_lines(root / "metadata" / "UrbanSound8K.csv", *rows)
    return root


def test_clips_lie_in_their_folds(tmp_path: Path) -> None:
    assert read("urbansound8k", corpus(tmp_path, *ROWS)) == [
        Recording(
            "100032-3-0-0",
            Span("audio/fold5/100032-3-0-0.wav"),
            labels={"category": "dog_bark", "fold": 5, "background": False},
            split="train",
            extra={"source": "https://freesound.org/s/100032/", "source_start": 0.0, "source_end": 0.317551},
        ),
        Recording(
            "100263-2-0-117",
            Span("audio/fold1/100263-2-0-117.wav"),
            labels={"category": "children_playing", "fold": 1, "background": True},
            split="test",
            extra={"source": "https://freesound.org/s/100263/", "source_start": 58.5, "source_end": 62.5},
        ),
    ]
    assert [row.split for row in read("urbansound8k", tmp_path, test_fold=10, valid_fold=5)] == ["valid", "train"]


def test_broken_rows_are_named(tmp_path: Path) -> None:
    table = tmp_path / "metadata" / "UrbanSound8K.csv"
    for row, problem in (
        ("1-0-0-0.wav,1,0,1,1,11,0,siren", "fold is 11; there are folds 1 to 10"),
        ("1-0-0-0.wav,1,0,1,3,1,0,siren", "salience is '3', which is neither 1 nor 2"),
        ("1-0-0-0.wav,1,x,1,1,1,0,siren", "start is 'x', which is no number of 0 or more"),
        ("1-0-0-0.wav,-1,0,1,1,1,0,siren", "fsID is '-1', which is no whole number"),
        ("1-0-0-0.wav,1,0,1,1,1,0,", "class is empty"),
    ):
        assert message_of("urbansound8k", corpus(tmp_path, *ROWS, row)) == f"{table}:4: {problem}"
