from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read

FOLDER = "test-other/1688/142285"
TABLE = f"{FOLDER}/1688_142285.trans.tsv"
ONE, TWO = "1688_142285_000000_000000", "1688_142285_000003_000002"


def miniature(folder: Path) -> Path:
    audio(folder, f"{FOLDER}/{ONE}.wav", f"{FOLDER}/{TWO}.wav")
    for kind in ("original", "normalized"):
        write_lines(folder / FOLDER / f"{ONE}.{kind}.txt", "not read")
    write_lines(folder / FOLDER / "1688_142285.book.tsv", f"{ONE}\tnot\tread\t0.5")
    write_lines(folder / TABLE, f'{ONE}\t"No. 3?" said he.\t"Number three?" said he.', f"{TWO}\tYes.\tYes.")
    write_lines(folder / "SPEAKERS.txt", ";ID|SEX|SUBSET|MINUTES|NAME", "1688 | F | test-other | 8.0 | R. |S| Miller")
    return folder


def test_the_text_is_the_normalised_one(root: Path) -> None:
    one, two = read("libritts", root)
    assert one == Recording(
        ONE,
        Span(f"{FOLDER}/{ONE}.wav"),
        speaker="1688",
        text='"Number three?" said he.',
        labels={"subset": "test-other", "language": "en", "gender": "female"},
        split="test",
        extra={"chapter": "142285", "original_text": '"No. 3?" said he.'},
    )
    assert (two.text, two.extra, two.origin) == ("Yes.", {"chapter": "142285"}, f"{root}/{TABLE}:2")


def test_text_and_audio_without_each_other_are_errors_unless_they_are_known(root: Path) -> None:
    (root / FOLDER / f"{TWO}.wav").unlink()
    assert message_of("libritts", root) == (
        f"ROOT/{TABLE}:2: no audio {TWO} beside it; `missing: skip` leaves such sentences out"
    )
    assert [row.key for row in read("libritts", root, missing="skip")] == [ONE]
    write_lines(root / TABLE, f"{TWO}\tYes.\tYes.")
    audio(root, f"{FOLDER}/{TWO}.wav")
    assert message_of("libritts", root) == (
        f"ROOT/{FOLDER}/{ONE}.wav: no .trans.tsv beside it has its text; `missing: skip` leaves such audio out"
    )
    assert [row.key for row in read("libritts", root, missing="skip")] == [TWO]


def test_a_row_of_other_fields_is_named(root: Path) -> None:
    write_lines(root / TABLE, f"{ONE}\tNo.")
    assert message_of("libritts", root) == f"ROOT/{TABLE}:1: 2 fields; there should be id, text and normalised text"
