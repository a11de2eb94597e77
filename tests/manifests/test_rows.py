from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from manifests.errors import CorpusError
from manifests.recording import Piece, Recording, Span
from manifests.rows import read_recordings, write_recordings
from tests.factories import write_lines

ROWS = [
    Recording("a.wav", Span("a.wav")),
    Recording("b@1.5", Span("b.flac", 1.5, 2.0), channel=0, speaker="theo", text="Grüße\n“so”"),
    Recording("c", Span("d.arrow", offset=0, size=44), labels={"digit": 3, "far": True, "tags": ["x"]}, split="test"),
    Recording("d", Span("d.wav"), extra={"nested": {"deep": [1, None]}}, origin="labels.csv:4"),
    Recording.composed(
        "e", [Piece(Span("a.wav", 0.5, 1.0), 0.25, 1, "theo", "eins"), Piece(Span("b.flac"))], text="eins zwei"
    ),
    Recording("f", Span("d.arrow", offset=0, size=44, version="e" * 32)),
    Recording(
        "g", Span("n.wav", 1.0), beside={"noise": Span("m.wav", 1.0), "clean": Span("c.arrow", offset=0, size=4)}
    ),
]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_rows_survive_being_written(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert write_recordings(path, iter(ROWS)) == len(ROWS)
    found = list(read_recordings(path))
    assert found == ROWS
    assert [row.encode() for row in found] == [row.encode() for row in ROWS]
    assert [row.origin for row in found] == [f"{path}:{line}" for line in range(1, len(ROWS) + 1)]
    assert [entry.name for entry in tmp_path.iterdir()] == [name], "no temporary file stays"


def test_the_file_is_json_lines_and_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl", "a.jsonl.gz", "b.jsonl.gz"):
        write_recordings(tmp_path / name, ROWS)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()
    assert (tmp_path / "a.jsonl.gz").read_bytes()[3:8] == bytes(5), "gzip's header has neither a name nor a time"
    text = (tmp_path / "a.jsonl").read_bytes()
    assert gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()) == text
    assert [json.loads(line) for line in text.splitlines()] == [row.to_json() for row in ROWS]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_a_stream_that_fails_leaves_the_older_file(tmp_path: Path, name: str) -> None:
    def broken() -> Any:
        yield ROWS[0]
        raise OSError("the disk is gone")

    write_recordings(tmp_path / name, ROWS[:2])
    with pytest.raises(OSError, match="the disk is gone"):
        write_recordings(tmp_path / name, broken())
    assert list(read_recordings(tmp_path / name)) == ROWS[:2]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"key": "a"}', "no 'path'; a manifest's row has at least key and path"),
        ('{"path": "a", "key": ""}', "no 'key'; a manifest's row has at least key and path"),
        ('{"path": "a", "key": "a", "speeker": "x"}', "unknown field 'speeker'; there are key, path, start, seconds"),
        ('{"path": "a", "key": "a", "start": "1"}', 'start is "1", which is of the wrong type'),
        ('{"path": "a", "key": "a", "channel": true}', "channel is true, which is of the wrong type"),
        ('{"path": "a", "key": "a", "labels": []}', "labels is [], which is of the wrong type"),
        ('{"key": "a", "pieces": []}', "no 'path'; a manifest's row has at least key and path, or key and pieces"),
        ('{"key": "a", "pieces": {"path": "a"}}', 'pieces is {"path": "a"}, which is of the wrong type'),
        ('{"key": "a", "path": "a", "pieces": [{"path": "a"}]}', "path stands beside pieces"),
        ('{"key": "a", "pieces": [{"path": "a"}, "b"]}', "piece 2 has no 'path'"),
        ('{"key": "a", "pieces": [{"path": "a", "gap": "1"}]}', 'piece 1: gap is "1", which is of the wrong type'),
        (
            '{"key": "a", "pieces": [{"path": "a", "pause": 1}]}',
            "piece 1: unknown field 'pause'; there are path, start",
        ),
        ('{"path": "a", "key": "a", "beside": ["b"]}', 'beside is ["b"], which is of the wrong type'),
        ('{"path": "a", "key": "a", "beside": {"clean": "b"}}', "clean beside it has no 'path'"),
        ('{"key": "a", "pieces": [{"path": "a"}], "beside": {"x": {"path": 1}}}', "x beside it: path is 1, which is"),
        ('{"path": "a", "key": "a", "beside": {"x": {"path": "b", "gap": 1}}}', "x beside it: unknown field 'gap'"),
        ("[]", "not a JSON object"),
        ("{", "not JSON: "),
    ],
)
def test_a_row_that_is_no_recording_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = write_lines(tmp_path / "rows.jsonl", '{"path": "a", "key": "a"}', "", line)
    with pytest.raises(CorpusError) as caught:
        list(read_recordings(path))
    assert str(caught.value).startswith(f"{path}:3: {message}")


def test_origin_is_no_part_of_what_a_row_says() -> None:
    here, there = (Recording("a", Span("a"), origin=origin) for origin in ("x.csv:1", "y.csv:2"))
    assert here == there
    assert here.encode() == there.encode()
    assert "origin" not in here.to_json()
