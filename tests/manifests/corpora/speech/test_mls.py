from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read

TRAIN, DEV = "10087_10388_000000", "252_1737_000003"


def miniature(folder: Path) -> Path:
    root = folder / "mls_german"
    audio(root, f"train/audio/10087/10388/{TRAIN}.flac", f"dev/audio/252/1737/{DEV}.flac")
    write_lines(root / "train/transcripts.txt", f"{TRAIN}\tdie brücke am tay")
    write_lines(root / "dev/transcripts.txt", f"{DEV}\tes war einmal")
    write_lines(root / "train/segments.txt", f"{TRAIN}\thttp://www.archive.org/a.mp3\t98.1\t110.6")
    write_lines(
        root / "metainfo.txt",
        " SPEAKER   |   GENDER   | PARTITION  |  MINUTES  |   BOOK ID   |  TITLE  |  CHAPTER",
        " 10087     |   M        | train      |  12.4     |   10388     |  Balladen  |  1",
        " 252       |   F        | dev        |  10.0     |   1737      |  Märchen  |  Eins | Zwei",
    )
    return root


def test_each_utterance_has_its_text_speaker_and_language(root: Path) -> None:
    train, dev = read("mls", root)
    assert train == Recording(
        TRAIN,
        Span(f"train/audio/10087/10388/{TRAIN}.flac"),
        speaker="10087",
        text="die brücke am tay",
        labels={"language": "de", "gender": "male"},
        split="train",
        extra={"book": "10388"},
    )
    assert (dev.split, dev.labels["gender"], dev.origin) == ("valid", "female", f"{root}/dev/transcripts.txt:1")


def test_opus_and_another_name_of_the_folder(root: Path) -> None:
    other = root.rename(root.parent / "polish-speech")
    assert message_of("mls", other) == "ROOT: is no folder mls_<language>; say which it is: language: de"
    audio(other, f"dev/audio/252/1737/{DEV}.opus")
    (other / f"dev/audio/252/1737/{DEV}.flac").unlink()
    (row,) = read("mls", other, language="pl", parts=["dev"])
    assert (row.span.path, row.labels["language"]) == (f"dev/audio/252/1737/{DEV}.opus", "pl")
    opus = other.rename(root.parent / "mls_polish_opus")
    assert {row.labels["language"] for row in read("mls", opus)} == {"pl"}


def test_what_does_not_fit_is_named(root: Path) -> None:
    write_lines(root / "dev/transcripts.txt", f"{DEV} es war einmal")
    assert message_of("mls", root, parts=["dev"]) == (
        "ROOT/dev/transcripts.txt:1: there should be <speaker>_<book>_<number>, a tab, and a text"
    )
    assert message_of("mls", root, parts=["test"]) == "ROOT/test: no such folder; name parts that are there"
    write_lines(root / "metainfo.txt", "10087 M train")
    assert message_of("mls", root) == (
        "ROOT/metainfo.txt:1: 1 fields; there should be speaker | gender | partition | .."
    )
