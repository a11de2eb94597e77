from __future__ import annotations

from pathlib import Path

import pytest

from manifests.corpora.ljspeech import LjSpeech
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines


def voice(root: Path, *lines: str) -> list[Recording]:
    write_lines(root / "metadata.csv", *lines)
    return list(LjSpeech(root=str(root)).rows())


def message_of(root: Path, *lines: str) -> str:
    with pytest.raises(CorpusError) as caught:
        voice(root, *lines)
    return str(caught.value)


def test_the_normalised_text_is_the_text(tmp_path: Path) -> None:
    folder_corpus(tmp_path, ["wavs/LJ-1.wav", "wavs/LJ-2.flac", "wavs/LJ.3.wav", "wavs/unused.wav"])
    rows = voice(tmp_path, 'LJ-1|"Dr. Who|Doctor Who', "LJ-2|Ja, “so”.", "LJ.3|Same|Same")
    assert rows == [
        Recording("LJ-1", Span("wavs/LJ-1.wav"), text="Doctor Who", extra={"original_text": '"Dr. Who'}),
        Recording("LJ-2", Span("wavs/LJ-2.flac"), text="Ja, “so”."),
        Recording("LJ.3", Span("wavs/LJ.3.wav"), text="Same"),
    ]
    assert [row.origin for row in rows] == [f"{tmp_path}/metadata.csv:{line}" for line in (1, 2, 3)]
    assert voice(tmp_path, "LJ-1|one|")[0].text == "one"


def test_broken_rows_are_named(tmp_path: Path) -> None:
    folder_corpus(tmp_path, ["wavs/a.wav"])
    table = tmp_path / "metadata.csv"
    assert message_of(tmp_path, "a|one", "a") == f"{table}:2: 1 fields; there should be id|text or id|text|text"
    assert message_of(tmp_path, "a|one|two|three").startswith(f"{table}:1: 4 fields")
    assert message_of(tmp_path, "a|one", "", "b|two") == f"{table}:3: no wavs/b.wav, nor in another format"
    assert message_of(tmp_path, "a| ") == f"{table}:1: a has no text"
    assert message_of(tmp_path) == f"{tmp_path}: lists no recording"


def test_folders_that_are_no_such_corpus_are_named(tmp_path: Path) -> None:
    assert message_of(tmp_path, "a|one") == f"{tmp_path}/wavs: no such folder"
    folder_corpus(tmp_path, ["wavs/a.wav", "wavs/a.flac"])
    assert message_of(tmp_path, "a|one") == f"{tmp_path}/wavs: both a.flac and a.wav are there; keep one"
    (tmp_path / "wavs" / "a.flac").unlink()
    (tmp_path / "metadata.csv").unlink()
    with pytest.raises(CorpusError) as caught:
        list(LjSpeech(root=str(tmp_path)).rows())
    assert str(caught.value) == f"{tmp_path}/metadata.csv: no such file"
