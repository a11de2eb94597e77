from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read

NEW = (
    "client_id path sentence_id sentence sentence_domain up_votes down_votes age gender accents variant locale segment"
)
OLD = "client_id path sentence up_votes down_votes age gender accent"


def table(root: Path, name: str, header: str, *rows: tuple[str, ...]) -> None:
    write_lines(root / f"{name}.tsv", "\t".join(header.split()), *("\t".join(row) for row in rows))


def clip(speaker: str, number: int, text: str, *about: str) -> tuple[str, ...]:
    age, gender, accent = (*about, "", "", "")[:3]
    name = f"common_voice_de_{number}.mp3"
    return (speaker, name, f"s{number}", text, "", "2", "0", age, gender, accent, "", "de", "")


TRAIN = clip("aa", 17, '"Ja", sagte er.', "twenties", "female_feminine", "Deutschland Deutsch")
DEV, TEST = clip("bb", 18, "Nein."), clip("cc", 19, 'Ein 5" Rohr.', "fourties", "male")
REST = (clip("aa", 20, "Noch einmal."), clip("bb", 21, "Auch hier."), clip("dd", 22, "Und neu."))


def miniature(folder: Path) -> Path:
    audio(folder, *(f"clips/common_voice_de_{number}.mp3" for number in range(17, 23)))
    for name, rows in {"train": [TRAIN], "dev": [DEV], "test": [TEST], "validated": [TRAIN, DEV, TEST, *REST]}.items():
        table(folder, name, NEW, *rows)
    write_lines(folder / "clip_durations.tsv", "clip\tduration[ms]", "common_voice_de_17.mp3\t4200")
    return folder


def test_the_official_parts_are_read_and_quotation_marks_are_letters(root: Path) -> None:
    dev, test, train = read("common_voice", root)
    assert train == Recording(
        "common_voice_de_17",
        Span("clips/common_voice_de_17.mp3"),
        speaker="aa",
        text='"Ja", sagte er.',
        labels={"language": "de", "age": "twenties", "accent": "Deutschland Deutsch", "gender": "female"},
        split="train",
        extra={"sentence_id": "s17", "up_votes": "2", "down_votes": "0"},
    )
    assert (dev.split, dev.labels) == ("valid", {"language": "de"})
    assert (test.text, test.labels["gender"]) == ('Ein 5" Rohr.', "male")
    assert test.origin == f"{root}/test.tsv:2"


def test_all_that_is_validated_can_be_trained_on_but_for_the_voices_held_out(root: Path) -> None:
    found = read("common_voice", root, train="validated")
    assert [(row.key[-2:], row.split, row.speaker) for row in found] == [
        ("18", "valid", "bb"),
        ("19", "test", "cc"),
        ("17", "train", "aa"),
        ("20", "train", "aa"),
        ("22", "train", "dd"),
    ]


def test_earlier_releases_have_other_columns(root: Path) -> None:
    for name in ("dev", "test"):
        table(root, name, OLD)
    table(root, "train", OLD, ("aa", "common_voice_de_17.mp3", "Ja.", "2", "0", "", "other", "austria"))
    (row,) = read("common_voice", root)
    assert (row.text, row.labels) == ("Ja.", {"accent": "austria", "gender": "other"})


def test_what_is_not_the_corpus_is_named(root: Path) -> None:
    write_lines(root / "dev.tsv", "\t".join(NEW.split()), "bb\tcommon_voice_de_18.mp3\tNein.")
    assert message_of("common_voice", root).startswith("ROOT/dev.tsv:2: 3 fields where the header has 13 (client_id, ")
    write_lines(root / "dev.tsv", "path\tsentence", "common_voice_de_18.mp3\tNein.")
    assert message_of("common_voice", root) == "ROOT/dev.tsv: no column 'client_id'; there are path, sentence"
    assert message_of("common_voice", root.parent) == (
        "ROOT: has no train.tsv; root is the folder of one language, cv-corpus-../de"
    )
