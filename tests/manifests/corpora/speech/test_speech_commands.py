from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read

ONE, TWO, THREE = "bed/0a7c2a8d_nohash_0.wav", "bed/c08e4058_nohash_1.wav", "yes/0a7c2a8d_nohash_0.wav"
FOUR = "yes/f17be97f_nohash_2.wav"


def miniature(folder: Path) -> Path:
    audio(folder, ONE, TWO, THREE, FOUR, "_background_noise_/white_noise.wav")
    write_lines(folder / "validation_list.txt", TWO)
    write_lines(folder / "testing_list.txt", THREE, ONE)
    write_lines(folder / "_background_noise_/README.md", "These are longer audio clips")
    return folder


def test_words_speakers_and_splits_come_from_names_and_lists(root: Path) -> None:
    found = read("speech_commands", root)
    assert found[0] == Recording(
        ONE, Span(ONE), speaker="0a7c2a8d", labels={"word": "bed", "language": "en"}, split="test", extra={"index": "0"}
    )
    assert [(row.key, row.split) for row in found] == [(ONE, "test"), (TWO, "valid"), (THREE, "test"), (FOUR, "train")]


def test_a_speaker_who_says_several_words_is_in_one_split(root: Path) -> None:
    splits: dict[str | None, set[str | None]] = {}
    for row in read("speech_commands", root):
        splits.setdefault(row.speaker, set()).add(row.split)
    assert splits == {"0a7c2a8d": {"test"}, "c08e4058": {"valid"}, "f17be97f": {"train"}}


def test_words_that_are_chosen_are_all_that_is_read(root: Path) -> None:
    (root / ONE).unlink()
    (root / TWO).unlink()
    assert [row.key for row in read("speech_commands", root, words=["yes"])] == [THREE, FOUR]
    assert message_of("speech_commands", root) == (
        f"ROOT/validation_list.txt: names {TWO}, which is not there; "
        "where words were left out on purpose, name the others: words: [..]"
    )


def test_what_is_not_the_corpus_is_named(root: Path) -> None:
    audio(root, "yes/me.wav")
    assert message_of("speech_commands", root) == (
        "ROOT/yes/me.wav: is not called <word>/<speaker>_nohash_<number>.wav"
    )
    (root / "testing_list.txt").unlink()
    assert message_of("speech_commands", root) == "ROOT/testing_list.txt: no such file"
