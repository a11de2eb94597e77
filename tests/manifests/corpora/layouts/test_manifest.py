from __future__ import annotations

from pathlib import Path

import pytest

from manifests.recording import Piece, Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.layouts.reading import message_of, rows


def test_json_lines_are_recordings_as_they_are(tmp_path: Path) -> None:
    table = write_lines(
        tmp_path / "rows.jsonl",
        f'{{"key": "a", "path": "{tmp_path}/a.wav", "labels": {{"n": 3}}, "extra": {{"x": [1]}}}}',
        '{"key": "b", "pieces": [{"path": "a.wav", "seconds": 0.5}, {"path": "b.wav", "gap": 0.1}]}',
    )
    found = rows("manifest", tmp_path, path="rows.jsonl")
    pieces = [Piece(Span("a.wav", 0.0, 0.5)), Piece(Span("b.wav"), 0.1)]
    assert found == [Recording("a", Span("a.wav"), labels={"n": 3}, extra={"x": [1]}), Recording.composed("b", pieces)]
    assert found[1].origin == f"{table}:2"


def test_columns_say_of_what_type_labels_are(tmp_path: Path) -> None:
    header = (
        "key,path,start,channel,label.digit,label.n:int,label.x:float,label.on:bool,label.tags:list,label.a:int:text"
    )
    write_lines(tmp_path / "rows.csv", header, 'k,a.wav,0.5,1,007,7,0.5,true,"[""a"", ""b""]",t', "l,b.wav,,,,,,,,")
    assert rows("manifest", tmp_path, path="rows.csv") == [
        Recording(
            "k",
            Span("a.wav", 0.5),
            1,
            labels={"digit": "007", "n": 7, "x": 0.5, "on": True, "tags": ["a", "b"], "a:int": "t"},
        ),
        Recording("l", Span("b.wav")),
    ]


@pytest.mark.parametrize(
    ("header", "row", "problem"),
    [
        ("key,file", "a,a.wav", "unknown column 'file'; the reader table reads tables of any columns"),
        ("key,path,start", "a,a.wav,nan", "start is 'nan', which is no number"),
        ("key,path,label.on:bool", "a,a.wav,yes", "label.on:bool is 'yes'; write true or false"),
        ("key,path,channel", "a,a.wav,1.5", "channel is '1.5': invalid literal for int() with base 10: '1.5'"),
        ("key,path", "a,", "no 'path'; a manifest's row has at least key and path, or key and pieces"),
        ("key,path,extra", "a,a.wav,3", "extra is 3, which is of the wrong type"),
    ],
)
def test_broken_rows_are_named(tmp_path: Path, header: str, row: str, problem: str) -> None:
    table = write_lines(tmp_path / "rows.csv", header, row)
    assert message_of("manifest", tmp_path, path="rows.csv") == f"{table}:2: {problem}"


def test_paths_outside_the_root_are_refused(tmp_path: Path) -> None:
    table = write_lines(tmp_path / "rows.jsonl", '{"key": "a", "path": "/etc/passwd"}')
    assert message_of("manifest", tmp_path, path="rows.jsonl") == (
        f"{table}:1: '/etc/passwd' is no file below {tmp_path}; let root be a folder that holds all audio"
    )
