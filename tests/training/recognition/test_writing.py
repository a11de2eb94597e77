"""Files of a transcript: their words, their times, and that they are whole."""

from __future__ import annotations

import json

import pytest

from training.errors import PredictError
from training.recognition.writing import subtitles, write_all


def word(text, start, end):
    return {"word": text, "start": start, "end": end, "confidence": 0.5}


def test_three_files_are_written(tmp_path):
    made = {"text": "größer ja", "words": [word("größer", 0.1, 0.5), word("ja", 0.6, 0.75)], "seconds": 1.5, "more": 1}
    paths = write_all(tmp_path / "new", "file.one", made)
    assert [path.name for path in paths] == ["file.one.txt", "file.one.json", "file.one.srt"]
    text, said, srt = (path.read_text("utf-8") for path in paths)
    assert text == "größer ja\n"
    assert json.loads(said) == {"text": "größer ja", "words": made["words"], "seconds": 1.5}
    assert srt == "1\n00:00:00,100 --> 00:00:00,750\ngrößer ja\n"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(path.name for path in paths)


def test_utterances_are_written_where_there_are_some(tmp_path):
    several = [{"start": 0.0, "end": 1.5, "alternatives": [{"text": "ja"}, {"text": "je"}]}]
    made = {"text": "ja", "words": [], "seconds": 1.5, "utterances": several}
    _, said, _ = write_all(tmp_path, "file", made)
    assert json.loads(said.read_text("utf-8")) == made


def test_a_subtitle_ends_at_a_pause_and_before_it_is_too_long():
    paused = subtitles([word("a", 0, 1), word("b", 1.7, 2), word("c", 2.8, 3)])
    assert paused == "1\n00:00:00,000 --> 00:00:02,000\na b\n\n2\n00:00:02,800 --> 00:00:03,000\nc\n"
    wide = subtitles([word("x" * 30, 0, 0.1), word("y" * 29, 0.1, 0.2), word("z", 0.2, 0.3)])
    assert [line for line in wide.splitlines() if line[:1].isalpha()] == ["x" * 30 + " " + "y" * 29, "z"]
    slow = subtitles([word(letter, place, place + 0.9) for place, letter in enumerate("abcdefgh")])
    assert [line for line in slow.splitlines() if line[:1].isalpha()] == ["a b c d e f", "g h"]
    assert subtitles([]) == ""


def test_what_cannot_be_written_is_an_error_with_its_name(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PredictError, match=r"file/a\.txt: cannot be written: (Not a directory|File exists)"):
        write_all(tmp_path / "file", "a", {"text": "", "words": [], "seconds": 1.0})
