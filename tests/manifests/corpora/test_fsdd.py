from __future__ import annotations

from pathlib import Path

import pytest

from manifests.corpora.fsdd import Fsdd
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines

NAMES = ["recordings/0_theo_4.wav", "recordings/0_theo_5.wav", "recordings/9_jackson_12.wav"]
LABELS = (
    "file,digit,word,speaker,index,rate,frames,official_split",
    "recordings/0_theo_4.wav,0,zero,theo,4,8000,800,test",
    "recordings/0_theo_5.wav,0,zero,theo,5,8000,800,train",
    "recordings/9_jackson_12.wav,9,nine,jackson,12,8000,800,train",
)


def message_of(root: Path) -> str:
    with pytest.raises(CorpusError) as caught:
        list(Fsdd(root=str(root)).rows())
    return str(caught.value)


def test_names_say_digit_speaker_and_official_split(tmp_path: Path) -> None:
    rows = list(Fsdd(root=str(folder_corpus(tmp_path, NAMES))).rows())
    assert rows[0] == Recording(
        NAMES[0],
        Span(NAMES[0]),
        speaker="theo",
        labels={"digit": "0", "word": "zero"},
        split="test",
        extra={"index": "4"},
    )
    assert [(row.speaker, row.labels["word"], row.split) for row in rows[1:]] == [
        ("theo", "zero", "train"),
        ("jackson", "nine", "train"),
    ]


def test_a_table_beside_the_recordings_gives_the_same_rows(tmp_path: Path) -> None:
    root = folder_corpus(tmp_path, NAMES)
    named = list(Fsdd(root=str(root)).rows())
    write_lines(root / "labels.csv", *LABELS)
    listed = list(Fsdd(root=str(root)).rows())
    assert listed == named
    assert [row.encode() for row in listed] == [row.encode() for row in named]
    assert listed[0].origin == f"{root}/labels.csv:2"


def test_a_file_of_another_name_is_an_error(tmp_path: Path) -> None:
    root = folder_corpus(tmp_path, [*NAMES, "recordings/theo_0.wav"])
    assert message_of(root) == f"{root}/recordings/theo_0.wav: is not called {{digit}}_{{speaker}}_{{index}}.wav"


def test_a_folder_that_is_not_the_corpus_is_an_error(tmp_path: Path) -> None:
    assert message_of(tmp_path) == f"{tmp_path}: has neither labels.csv nor a folder recordings"
    write_lines(tmp_path / "labels.csv", "file,digit", "a.wav,0")
    assert message_of(tmp_path) == f"{tmp_path}/labels.csv: no column 'official_split'; there are file, digit"
    write_lines(tmp_path / "labels.csv", *LABELS, "x,1")
    assert message_of(tmp_path).startswith(f"{tmp_path}/labels.csv:5: 2 fields where the header has 8")
