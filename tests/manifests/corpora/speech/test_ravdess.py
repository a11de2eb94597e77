from __future__ import annotations

from pathlib import Path

import pytest

from manifests.recording import Recording, Span
from tests.manifests.corpora.speech.miniature import audio, message_of, read

SPOKEN, SUNG = "Actor_12/03-01-06-01-02-01-12", "Actor_01/03-02-03-02-01-02-01"


def miniature(folder: Path) -> Path:
    audio(folder, f"{SPOKEN}.wav", f"{SUNG}.wav", "Actor_12/01-01-06-01-02-01-12.mp4")
    return folder


def test_seven_numbers_say_all(root: Path) -> None:
    sung, spoken = read("ravdess", root)
    assert spoken == Recording(
        "03-01-06-01-02-01-12",
        Span(f"{SPOKEN}.wav"),
        speaker="12",
        text="Dogs are sitting by the door.",
        labels={
            "emotion": "fear",
            "intensity": "normal",
            "vocal_channel": "speech",
            "language": "en",
            "gender": "female",
        },
        extra={"repetition": "01"},
    )
    assert sung.text == "Kids are talking by the door."
    assert sung.labels == {
        "emotion": "happiness",
        "intensity": "strong",
        "vocal_channel": "song",
        "language": "en",
        "gender": "male",
    }


def test_speech_can_be_read_without_song(root: Path) -> None:
    assert [row.span.path for row in read("ravdess", root, channels=["speech"])] == [f"{SPOKEN}.wav"]


@pytest.mark.parametrize("name", ["03-01-09-01-02-01-12", "03-01-06-01-02-01-25", "03-01-06-01-02-12", "noise"])
def test_another_name_is_an_error(root: Path, name: str) -> None:
    audio(root, f"Actor_12/{name}.wav")
    assert message_of("ravdess", root) == (
        f"ROOT/Actor_12/{name}.wav: is not called by seven numbers, 03-01-06-01-02-01-12.wav"
    )
