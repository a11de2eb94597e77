"""From our manifest to a neighbour's and back: the same recordings, whatever their texts, names and labels hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from manifests.recording import Piece, Recording, Span
from pipelines.errors import LeavingError
from pipelines.neighbours import write
from tests.pipelines.neighbours.going import ODD, RIGHT, ROWS, Going, corpus, rows, said

READERS = {
    "jsonl": "manifest",
    "csv": "manifest",
    "kaldi": "kaldi",
    "espnet": "espnet",
    "lhotse": "lhotse",
    "nemo": "nemo",
}
NAMES = {"jsonl": "rows.jsonl", "csv": "rows.csv"}
FORMATS = sorted(READERS)


def back(format: str, root: Path, recordings: Iterable[Recording], folder: Path) -> list[Recording]:
    """The recordings that our reader finds in what is written for a neighbour."""
    out = folder / NAMES.get(format, format)
    meant = list(recordings)
    assert write(format, Going(root, meant), out) == len(meant)
    return rows(READERS[format], root, out)


def by_key(recordings: Iterable[Recording]) -> list[Recording]:
    return sorted(recordings, key=lambda row: row.key)


@pytest.mark.parametrize("format", FORMATS)
def test_rows_of_every_kind_come_back(tmp_path: Path, format: str) -> None:
    root = corpus(tmp_path / "corpus")
    meant = [*ROWS, RIGHT] if format != "nemo" else list(ROWS)
    meant = [row for row in meant if format != "csv" or row.text != ""]
    assert back(format, root, meant, tmp_path) == by_key(meant)


@pytest.mark.parametrize("format", FORMATS)
def test_a_single_whole_file_comes_back(tmp_path: Path, format: str) -> None:
    """Without any span, Kaldi's directories have no segments."""
    root = corpus(tmp_path / "corpus")
    assert back(format, root, ROWS[:1], tmp_path) == list(ROWS[:1])
    assert not list(tmp_path.rglob("segments"))


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strategies.lists(strategies.tuples(said, said, said, said), min_size=1, max_size=5, unique_by=lambda t: t[0]))
def test_odd_letters_come_back(tmp_path: Path, format: str, drawn: list[tuple[str, str, str, str]]) -> None:
    root = tmp_path / "corpus"
    if not root.exists():
        corpus(root)
    meant = [
        Recording(f"c/{key}", Span("a.wav"), None, speaker, text, {"label": label}, "train", {"more": [text]})
        for key, speaker, text, label in drawn
    ]
    if format == "csv":
        kept = [
            row for row in meant if not {"\r", "\0"} & set(f"{row.key}{row.speaker}{row.text}{row.labels['label']}")
        ]
        meant = [row for row in kept if row.speaker and row.text and row.labels["label"]] or [ROWS[0]]
    with TemporaryDirectory(dir=tmp_path) as folder:
        assert back(format, root, meant, Path(folder)) == by_key(meant)


@pytest.mark.parametrize("format", FORMATS)
def test_each_odd_text_comes_back(tmp_path: Path, format: str) -> None:
    root = corpus(tmp_path / "corpus")
    meant = [Recording(f"c/{text}", Span("a.wav"), text=text, split="test") for text in ODD]
    assert back(format, root, meant, tmp_path) == by_key(meant)


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_our_own_manifests_hold_places_and_pieces(tmp_path: Path, format: str) -> None:
    root = corpus(tmp_path / "corpus")
    pieces = [Piece(Span("a.wav", 0.1, 0.2), speaker="ann"), Piece(Span("deep/b c.flac"), gap=0.3, text="b")]
    meant = [
        Recording.composed("c/joined", pieces, text="a b", split="train"),
        Recording("c/placed", Span("x.tar", offset=512, size=99, version="abc"), split="train"),
    ]
    assert back(format, root, meant, tmp_path) == meant


@pytest.mark.parametrize("format", ["kaldi", "espnet", "lhotse", "nemo"])
def test_what_a_neighbour_cannot_say_is_refused_with_the_key(tmp_path: Path, format: str) -> None:
    root = corpus(tmp_path / "corpus")
    name = {"kaldi": "Kaldi", "espnet": "Kaldi", "lhotse": "lhotse", "nemo": "NeMo"}[format]
    instead = "--to datasets writes the audio itself, --to jsonl keeps the row as it is"
    joined = Recording.composed("c/joined", [Piece(Span("a.wav")), Piece(Span("a.wav"))])
    with pytest.raises(LeavingError) as caught:
        back(format, root, [ROWS[0], joined], tmp_path)
    assert str(caught.value) == f"c/joined: is composed of several spans, which {name} cannot say; {instead}"
    with pytest.raises(LeavingError) as caught:
        back(format, root, [Recording("c/x", Span("x.tar", offset=512, size=9))], tmp_path)
    assert str(caught.value) == f"c/x: lies inside x.tar, where {name} cannot find it; {instead}"
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"], "nothing half-done is left"


def test_what_csv_cannot_say_is_refused_with_the_key(tmp_path: Path) -> None:
    root = corpus(tmp_path / "corpus")
    for text, problem in (
        ("", "text is empty, which CSV cannot tell from none; --to jsonl can"),
        ("a\rb", "text holds a carriage return or a NUL, which CSV does not keep; --to jsonl does"),
    ):
        with pytest.raises(LeavingError) as caught:
            back("csv", root, [Recording("c/a", Span("a.wav"), text=text)], tmp_path)
        assert str(caught.value) == f"c/a: {problem}"


def test_a_channel_and_a_taken_name_are_refused_where_they_cannot_be_said(tmp_path: Path) -> None:
    root = corpus(tmp_path / "corpus")
    with pytest.raises(LeavingError) as caught:
        back("nemo", root, [RIGHT], tmp_path)
    assert str(caught.value) == "c/right: is channel 1 of 2, which a line of NeMo cannot say; --to lhotse can"
    labelled = Recording("c/a", Span("a.wav"), labels={"duration": "long"})
    with pytest.raises(LeavingError) as caught:
        back("nemo", root, [labelled], tmp_path)
    assert str(caught.value) == "c/a: the label 'duration' has the name of another field; call it otherwise"
    assert back("lhotse", root, [labelled], tmp_path) == [labelled]


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    root = corpus(tmp_path / "corpus")
    (tmp_path / "kaldi").mkdir()
    with pytest.raises(LeavingError, match="is there already; name a new folder"):
        back("kaldi", root, ROWS, tmp_path)
