from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read

FOLDER = "wav48_silence_trimmed"
INFO = (
    "ID  AGE  GENDER  ACCENTS  REGION COMMENTS ",
    "p225  23  F    English    Southern  England",
    "p280  25  F    Unknown    France  (mic2 files unavailable)",
    "p315  18  M    American   New  England  (Text unavailable)",
)


def miniature(folder: Path) -> Path:
    both = [f"p225/p225_00{number}_mic{mic}.flac" for number in (1, 2) for mic in (1, 2)]
    audio(folder, *(f"{FOLDER}/{name}" for name in (*both, "p280/p280_001_mic1.flac", "p315/p315_001_mic1.flac")))
    for name, text in {"p225_001": "Please call Stella.", "p225_002": "Ask her.", "p280_001": "Six spoons."}.items():
        write_lines(folder / "txt" / name[:4] / f"{name}.txt", text)
    write_lines(folder / "txt/p362/p362_001.txt", "A text that nobody speaks.")
    write_lines(folder / FOLDER / "log.txt", "p225 trimmed")
    write_lines(folder / "speaker-info.txt", *INFO)
    return folder


def test_one_microphone_is_read_with_texts_and_speakers(root: Path) -> None:
    found = read("vctk", root)
    assert found[0] == Recording(
        "p225_001",
        Span(f"{FOLDER}/p225/p225_001_mic1.flac"),
        speaker="p225",
        text="Please call Stella.",
        labels={"language": "en", "gender": "female", "accent": "English"},
        extra={"age": "23", "region": "Southern England"},
    )
    assert [(row.key, row.text) for row in found] == [
        ("p225_001", "Please call Stella."),
        ("p225_002", "Ask her."),
        ("p280_001", "Six spoons."),
        ("p315_001", None),
    ]
    assert [row.extra["region"] for row in found[2:]] == ["France", "New England"]


def test_the_other_microphone_lacks_two_speakers(root: Path) -> None:
    assert [row.span.path for row in read("vctk", root, microphone="mic2")] == [
        f"{FOLDER}/p225/p225_001_mic2.flac",
        f"{FOLDER}/p225/p225_002_mic2.flac",
    ]


def test_the_earlier_version_has_one_microphone_and_bare_ids(tmp_path: Path) -> None:
    audio(tmp_path, "wav48/p225/p225_001.wav")
    write_lines(tmp_path / "txt/p225/p225_001.txt", "Please call Stella.")
    write_lines(tmp_path / "speaker-info.txt", "ID  AGE  GENDER  ACCENTS  REGION", "225  23  F    English")
    (row,) = read("vctk", tmp_path, microphone="mic2")
    assert (row.span.path, row.labels["gender"], row.extra) == ("wav48/p225/p225_001.wav", "female", {"age": "23"})


def test_what_is_not_the_corpus_is_named(root: Path) -> None:
    audio(root, f"{FOLDER}/p225/p226_001_mic1.flac")
    assert message_of("vctk", root) == (f"ROOT/{FOLDER}/p225/p226_001_mic1.flac: is not called p225_<number>_mic1.flac")
    write_lines(root / "speaker-info.txt", INFO[0], "p225  23  F")
    assert message_of("vctk", root) == (
        "ROOT/speaker-info.txt:2: 3 fields; there should be id, age, sex, accent and region"
    )
    assert message_of("vctk", root / "txt") == "ROOT: has neither of the folders wav48_silence_trimmed and wav48"
