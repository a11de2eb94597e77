from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read

SPEAKERS = (
    "; Some pipe(|) separated metadata",
    ";ID  |SEX| SUBSET           |MINUTES| NAME",
    "60   | M | train-clean-100  | 20.18 | |CBW|Simon",
    "84   | F | dev-clean        | 8.02  | Christie Nowak",
)
DEV, TRAIN = "dev-clean/84/121123", "train-clean-100/60/121082"


def miniature(folder: Path) -> Path:
    audio(folder, f"{DEV}/84-121123-0000.flac", f"{DEV}/84-121123-0001.flac", f"{TRAIN}/60-121082-0000.flac")
    write_lines(folder / DEV / "84-121123.trans.txt", "84-121123-0000 GO DO YOU HEAR", "84-121123-0001 BUT IN LESS")
    write_lines(folder / TRAIN / "60-121082.trans.txt", "60-121082-0000 BY THIS MANOEUVRE")
    write_lines(folder / "SPEAKERS.TXT", *SPEAKERS)
    return folder


def test_each_utterance_has_its_text_speaker_and_subset(root: Path) -> None:
    found = read("librispeech", root)
    assert found == [
        Recording(
            f"84-121123-000{number}",
            Span(f"{DEV}/84-121123-000{number}.flac"),
            speaker="84",
            text=text,
            labels={"subset": "dev-clean", "language": "en", "gender": "female"},
            split="valid",
            extra={"chapter": "121123"},
        )
        for number, text in enumerate(("GO DO YOU HEAR", "BUT IN LESS"))
    ] + [
        Recording(
            "60-121082-0000",
            Span(f"{TRAIN}/60-121082-0000.flac"),
            speaker="60",
            text="BY THIS MANOEUVRE",
            labels={"subset": "train-clean-100", "language": "en", "gender": "male"},
            split="train",
            extra={"chapter": "121082"},
        )
    ]
    assert found[1].origin == f"{root}/{DEV}/84-121123.trans.txt:2"


def test_parts_can_be_chosen(root: Path) -> None:
    assert [row.split for row in read("librispeech", root, parts=["train-clean-100"])] == ["train"]
    assert message_of("librispeech", root, parts=["test-other"]) == (
        "ROOT/test-other: no such folder; name parts that are there"
    )
    with pytest.raises(ValidationError, match="train-clean-100"):
        read("librispeech", root, parts=["train-clean"])


def test_without_the_table_of_speakers_nothing_is_said_of_gender(root: Path) -> None:
    (root / "SPEAKERS.TXT").unlink()
    assert {"gender" in row.labels for row in read("librispeech", root)} == {False}


def test_what_does_not_fit_together_is_named(root: Path) -> None:
    transcript = root / DEV / "84-121123.trans.txt"
    write_lines(transcript, "84-121123-0000 GO", "84-121123-0002 BUT")
    assert message_of("librispeech", root) == f"ROOT/{DEV}/84-121123.trans.txt:2: no audio 84-121123-0002 beside it"
    write_lines(transcript, "84-121123-0000 ")
    assert message_of("librispeech", root) == f"ROOT/{DEV}/84-121123.trans.txt:1: 84-121123-0000 has no text"
    write_lines(transcript, "84-121123-0001 BUT")
    assert message_of("librispeech", root) == (
        f"ROOT/{DEV}/84-121123-0000.flac: no .trans.txt beside it has its text; 1 files of its folder have none"
    )
    audio(root, f"{DEV}/84-121123-0000.wav")
    assert message_of("librispeech", root) == (
        f"ROOT/{DEV}: both 84-121123-0000.flac and 84-121123-0000.wav are there; keep one"
    )
    write_lines(root / "SPEAKERS.TXT", "84 | F")
    assert message_of("librispeech", root) == (
        "ROOT/SPEAKERS.TXT:1: 2 fields; there should be id | sex | part | minutes | name"
    )


def test_the_folder_above_is_not_the_corpus(root: Path) -> None:
    assert message_of("librispeech", root.parent).startswith("ROOT: holds none of the folders dev-clean, dev-clean-2, ")
