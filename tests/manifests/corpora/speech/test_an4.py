from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read

ONE, TWO, TEST = "an4_clstk/fash/an251-fash-b", "an4_clstk/mgah/cen2-mgah-b", "an4test_clstk/fcaw/an406-fcaw-b"


def miniature(folder: Path) -> Path:
    audio(folder, f"wav/{ONE}.sph", f"wav/{TWO}.sph", f"wav/{TEST}.sph")
    write_lines(folder / "etc/an4_train.fileids", ONE, TWO)
    write_lines(folder / "etc/an4_test.fileids", TEST)
    write_lines(
        folder / "etc/an4_train.transcription",
        "<s> YES </s> (an251-fash-b)",
        "<s> P I T T S B U R G H </s> (cen2-mgah-b)",
    )
    write_lines(folder / "etc/an4_test.transcription", "RUBOUT G M E F THREE NINE (an406-fcaw-b)")
    return folder


def test_the_two_lists_go_line_by_line(root: Path) -> None:
    found = read("an4", root)
    assert found[0] == Recording(
        "an251-fash-b",
        Span(f"wav/{ONE}.sph"),
        speaker="fash",
        text="YES",
        labels={"language": "en", "gender": "female"},
        split="train",
    )
    assert [(row.key, row.text, row.labels["gender"], row.split) for row in found[1:]] == [
        ("cen2-mgah-b", "P I T T S B U R G H", "male", "train"),
        ("an406-fcaw-b", "RUBOUT G M E F THREE NINE", "female", "test"),
    ]
    assert found[1].origin == f"{root}/etc/an4_train.transcription:2"


def test_what_does_not_fit_is_named(root: Path) -> None:
    table = root / "etc/an4_train.transcription"
    write_lines(table, "<s> YES </s> (an251-fash-b)", "<s> NO </s> (cen3-mgah-b)")
    assert message_of("an4", root) == (
        "ROOT/etc/an4_train.transcription:2: there should be a text and (cen2-mgah-b), as in .fileids"
    )
    write_lines(table, "<s> YES </s> (an251-fash-b)")
    assert message_of("an4", root) == "ROOT/etc/an4_train.transcription: 1 texts for 2 names in .fileids"
    (root / "wav" / f"{TEST}.sph").unlink()
    write_lines(root / "etc/an4_train.fileids", ONE)
    assert message_of("an4", root) == f"ROOT/etc/an4_test.transcription:1: no audio wav/{TEST}"


def test_audio_without_a_header_is_refused(root: Path) -> None:
    audio(root, f"wav/{ONE}.raw")
    assert message_of("an4", root).startswith("ROOT/wav: holds .raw, audio without a header; take an4_sphere.tar.gz")
    assert message_of("an4", root / "etc") == "ROOT: has no folder wav; root is the folder an4"
