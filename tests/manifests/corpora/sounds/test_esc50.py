from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from manifests.corpora.sounds.esc50 import Esc50
from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

ROWS = (
    "filename,fold,target,category,esc10,src_file,take",
    "1-100032-A-0.wav,1,0,dog,True,100032,A",
    "2-101676-A-10.wav,2,10,rain,True,101676,A",
    "5-9032-B-36.wav,5,36,vacuum_cleaner,False,9032,B",
)
LICENSE = (
    "## Licensing/attribution details for individual clips:",
    "101 - Dog:",
    "- [1-100032-A.ogg]: clip derived from bark (a).wav (http://www.freesound.org/people/nfrae/sounds/100032/)"
    " by nfrae [CC0]",
    "- [5-9032-B.ogg]:  clip derived from hum (http://www.freesound.org/people/a%20b/sounds/9032/) by a b [CC-BY]",
)


def corpus(root: Path, *rows: str) -> Path:
    folder_corpus(root, [f"audio/{row.partition(',')[0]}" for row in rows[1:]])
    write_lines(root / "meta" / "esc50.csv", *rows)
    return root


def test_clips_have_category_fold_licence_and_author(tmp_path: Path) -> None:
    write_lines(corpus(tmp_path, *ROWS) / "LICENSE", *LICENSE)
    rows = read("esc50", tmp_path)
    assert rows == [
        Recording(
            "1-100032-A-0",
            Span("audio/1-100032-A-0.wav"),
            labels={"category": "dog", "fold": 1},
            split="test",
            extra={
                "esc10": True,
                "licence": "cc-by-3.0",
                "target": 0,
                "source": "nfrae, http://www.freesound.org/people/nfrae/sounds/100032/",
                "source_licence": "cc0-1.0",
            },
        ),
        Recording(
            "2-101676-A-10",
            Span("audio/2-101676-A-10.wav"),
            labels={"category": "rain", "fold": 2},
            split="train",
            extra={
                "esc10": True,
                "licence": "cc-by-3.0",
                "target": 10,
                "source": "https://freesound.org/s/101676/",
            },
        ),
        Recording(
            "5-9032-B-36",
            Span("audio/5-9032-B-36.wav"),
            labels={"category": "vacuum_cleaner", "fold": 5},
            split="train",
            extra={
                "esc10": False,
                "licence": "cc-by-nc-3.0",
                "target": 36,
                "source": "a b, http://www.freesound.org/people/a%20b/sounds/9032/",
                "source_licence": "cc-by-3.0",
            },
        ),
    ]
    assert rows[0].origin == f"{tmp_path}/meta/esc50.csv:2"


def test_folds_become_splits_as_told(tmp_path: Path) -> None:
    corpus(tmp_path, *ROWS)
    assert [row.split for row in read("esc50", tmp_path, test_fold=5, valid_fold=1)] == ["valid", "train", "test"]
    assert [row.split for row in read("esc50", tmp_path, test_fold=None)] == [None, None, None]
    for wrong in ({"test_fold": 6}, {"test_fold": 2, "valid_fold": 2}, {"test_fold": None, "valid_fold": 2}):
        with pytest.raises(ValidationError):
            Esc50.model_validate({"root": str(tmp_path), **wrong})


def test_the_subset_of_ten_classes_leaves_the_others_out(tmp_path: Path) -> None:
    corpus(tmp_path, *ROWS)
    assert [row.labels["category"] for row in read("esc50", tmp_path, esc10=True)] == ["dog", "rain"]


def test_broken_rows_are_named(tmp_path: Path) -> None:
    table = tmp_path / "meta" / "esc50.csv"
    assert message_of("esc50", tmp_path) == f"{table}: no such file"
    corpus(tmp_path, *ROWS, "6-1-A-0.wav,6,0,dog,True,1,A")
    assert message_of("esc50", tmp_path) == f"{table}:5: fold is 6; there are folds 1 to 5"
    corpus(tmp_path, "filename,fold", "1-1-A-0.wav,1")
    assert message_of("esc50", tmp_path) == f"{table}: no column 'target'; there are filename, fold"
