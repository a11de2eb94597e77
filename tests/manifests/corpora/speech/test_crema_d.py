from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read

NAMES = ("1001_IEO_ANG_HI", "1001_IEO_NEU_XX", "1040_ITH_SAD_X")


def miniature(folder: Path) -> Path:
    audio(folder, *(f"AudioWAV/{name}.wav" for name in NAMES), "AudioMP3/1001_IEO_ANG_HI.mp3")
    write_lines(
        folder / "VideoDemographics.csv",
        "ActorID,Age,Sex,Race,Ethnicity",
        "1001,51,Male,Caucasian,Not Hispanic",
        "1040,42,Female,Asian,Not Hispanic",
    )
    return folder


def test_names_and_the_table_of_actors_say_all(root: Path) -> None:
    found = read("crema_d", root)
    assert found[0] == Recording(
        "1001_IEO_ANG_HI",
        Span("AudioWAV/1001_IEO_ANG_HI.wav"),
        speaker="1001",
        text="It's eleven o'clock.",
        labels={"emotion": "anger", "intensity": "high", "language": "en", "gender": "male"},
        extra={"age": "51", "race": "Caucasian", "ethnicity": "Not Hispanic"},
    )
    assert [(row.key, row.labels) for row in found[1:]] == [
        ("1001_IEO_NEU_XX", {"emotion": "neutral", "language": "en", "gender": "male"}),
        ("1040_ITH_SAD_X", {"emotion": "sadness", "language": "en", "gender": "female"}),
    ]


def test_without_the_table_the_names_are_enough(root: Path) -> None:
    (root / "VideoDemographics.csv").unlink()
    assert read("crema_d", root)[0].labels == {"emotion": "anger", "intensity": "high", "language": "en"}


def test_what_is_not_the_corpus_is_named(root: Path) -> None:
    audio(root, "AudioWAV/1001_IEO_JOY_HI.wav")
    assert message_of("crema_d", root) == (
        "ROOT/AudioWAV/1001_IEO_JOY_HI.wav: is not called <actor>_<sentence>_<emotion>_<level>"
    )
    write_lines(root / "VideoDemographics.csv", "Actor,Sex", "1001,Male")
    assert message_of("crema_d", root) == (
        "ROOT/VideoDemographics.csv:2: no columns ActorID and Sex; there are Actor, Sex"
    )
    assert message_of("crema_d", root / "AudioWAV") == "ROOT: has neither of the folders AudioWAV and AudioMP3"
