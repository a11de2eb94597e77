from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from manifests.corpora.table import Table
from manifests.errors import CorpusError
from manifests.recording import Piece, Recording, Span
from manifests.rows import write_recordings
from tests.factories import write_lines


def rows(path: Path, **parameters: Any) -> list[Recording]:
    return list(Table.model_validate({"root": str(path.parent), "path": path.name, **parameters}).rows())


def message_of(path: Path, **parameters: Any) -> str:
    with pytest.raises(CorpusError) as caught:
        rows(path, **parameters)
    return str(caught.value)


def test_columns_of_our_names_are_ours_and_the_rest_is_extra(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "t.csv",
        "path,key,speaker,text,split,start,seconds,channel,accent,empty",
        "a.wav,one,theo,hello,dev,1.5,2,1,GRC,",
    )
    assert rows(path) == [
        Recording(
            "one",
            Span("a.wav", 1.5, 2.0),
            channel=1,
            speaker="theo",
            text="hello",
            split="dev",
            extra={"accent": "GRC"},
        )
    ]
    assert rows(path)[0].origin == f"{path}:2"


def test_files_of_the_same_moment_have_columns_of_their_own(tmp_path: Path) -> None:
    """The span and the channel of a row are theirs as well; an empty cell is nothing beside the row."""
    path = write_lines(
        tmp_path / "pairs.csv",
        "path,start,end,channel,speech,noise,snr",
        "noisy/a.wav,1,3.5,1,clean/a.wav,noise/a.wav,5",
        "noisy/b.wav,,,,./clean/b.wav,,10",
    )
    one, other = rows(path, beside={"clean": "speech", "noise": "noise"})
    assert one == Recording(
        "noisy/a.wav@1.0#1",
        Span("noisy/a.wav", 1.0, 2.5),
        channel=1,
        beside={"clean": Span("clean/a.wav", 1.0, 2.5), "noise": Span("noise/a.wav", 1.0, 2.5)},
        extra={"snr": "5"},
    )
    assert other == Recording(
        "noisy/b.wav", Span("noisy/b.wav"), beside={"clean": Span("clean/b.wav")}, extra={"snr": "10"}
    )


def test_a_wrong_column_or_path_beside_a_row_is_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "pairs.csv", "path,clean_path", "a.wav,../b.wav")
    expected = f"{path}: no column 'clean_pth'; there are path, clean_path; did you mean clean_path?"
    assert message_of(path, beside={"clean": "clean_pth"}) == expected
    assert message_of(path, beside={"clean": "clean_path"}).startswith(f"{path}:2: '../b.wav' is no file below ")


def test_columns_can_be_named_and_left_out(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.tsv", "clip\tclient\tsentence\tkey", "x/a.mp3\tu1\tJa.\tC minor")
    (row,) = rows(path, columns={"path": "clip", "speaker": "client", "text": "sentence", "key": None})
    assert row == Recording("x/a.mp3", Span("x/a.mp3"), speaker="u1", text="Ja.", extra={"key": "C minor"})


def test_the_path_is_called_path_or_file(tmp_path: Path) -> None:
    both = write_lines(tmp_path / "both.csv", "file,path", "other,a.wav")
    assert rows(both) == [Recording("a.wav", Span("a.wav"), extra={"file": "other"})]
    assert rows(write_lines(tmp_path / "file.csv", "file", "a.wav")) == [Recording("a.wav", Span("a.wav"))]
    neither = write_lines(tmp_path / "neither.csv", "paths,x", "a.wav,1")
    assert message_of(neither) == (
        f"{neither}:2: no column path or file; there are paths, x; did you mean paths?; name it: columns: {{path: ..}}"
    )


def test_seconds_without_a_start_are_the_length_of_the_file(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.csv", "file,seconds,end", "a.wav,5.294,9")
    assert rows(path) == [Recording("a.wav", Span("a.wav"), extra={"seconds": "5.294", "end": "9"})]
    (row,) = rows(path, columns={"seconds": "seconds"})
    assert row.span == Span("a.wav", 0.0, 5.294)
    assert row.key == "a.wav"


def test_spans_and_channels_of_one_file_have_keys_of_their_own(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.csv", "path,start,end,channel", "a.wav,0,1.5,0", "a.wav,1.5,4,1", "b.wav,,,")
    assert [(row.key, row.span, row.channel) for row in rows(path)] == [
        ("a.wav@0.0#0", Span("a.wav", 0.0, 1.5), 0),
        ("a.wav@1.5#1", Span("a.wav", 1.5, 2.5), 1),
        ("b.wav", Span("b.wav"), None),
    ]


def test_labels_keep_their_names_or_get_new_ones(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.csv", "file,digit,room,word", "a.wav,3,,three")
    assert rows(path, labels=["digit", "room"])[0].labels == {"digit": "3"}
    (row,) = rows(path, labels={"number": "digit"})
    assert (row.labels, row.extra) == ({"number": "3"}, {"word": "three"})


def test_nested_values_can_be_labels(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "t.jsonl",
        '{"file": "a.flac", "intent": "order", "slots": {"size": "large", "shots": 2, "iced": true}, "tags": ["x"]}',
        '{"file": "b.flac", "intent": "order", "slots": {}}',
    )
    one, other = rows(path, labels={"intent": "intent", "size": "slots.size", "iced": "slots.iced", "tags": "tags"})
    assert one.labels == {"intent": "order", "size": "large", "iced": True, "tags": ["x"]}
    assert one.extra == {"slots": {"size": "large", "shots": 2, "iced": True}}
    assert other.labels == {"intent": "order"}
    assert message_of(path, labels=["slots"]) == (
        f"{path}:1: label 'slots' has parts; name one: slots.size, slots.shots, slots.iced"
    )


def test_a_column_whose_name_has_a_dot_is_that_column(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.csv", "file,slots.size", "a.wav,large")
    assert rows(path, labels=["slots.size"])[0].labels == {"slots.size": "large"}


def test_parquet_rows_have_their_number(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = {"file": ["a.wav", ""], "speaker": [7, 8], "slots": [{"size": "large"}, None], "audio": [b"\0", b"\1"]}
    pq.write_table(pa.table(columns), path)
    assert message_of(path) == f"{path}:2: the path is empty"
    pq.write_table(pa.table(columns).slice(0, 1), path)
    (row,) = rows(path, labels=["slots.size"])
    assert row == Recording(
        "a.wav", Span("a.wav"), speaker="7", labels={"slots.size": "large"}, extra={"slots": {"size": "large"}}
    )


def test_paths_stay_below_the_root(tmp_path: Path) -> None:
    inside = tmp_path / "audio" / "b.wav"
    path = write_lines(tmp_path / "t.csv", "path", "./audio//a.wav", str(inside), "audio/../c.wav")
    assert [row.span.path for row in rows(path)] == ["audio/a.wav", "audio/b.wav", "c.wav"]
    for outside in ("../x.wav", "/etc/passwd", "..", "."):
        path = write_lines(tmp_path / "u.csv", "path", "a.wav", outside)
        assert message_of(path) == (
            f"{path}:3: {outside!r} is no file below {tmp_path}; let root be a folder that holds all audio"
        )


def test_the_table_may_lie_elsewhere(tmp_path: Path) -> None:
    table = write_lines(tmp_path / "lists" / "t.csv", "path", "a.wav")
    (tmp_path / "audio").mkdir()
    for path in (str(table), "../lists/t.csv"):
        assert [row.key for row in Table(root=str(tmp_path / "audio"), path=path).rows()] == ["a.wav"]


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet"])
def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "t.csv":
        write_lines(path, "file,digit", "a.wav,3")
    elif name == "t.jsonl":
        write_lines(path, '{"file": "a.wav"}', '{"file": "b.wav", "digit": 3}')
    else:
        pq.write_table(pa.table({"file": ["a.wav"], "digit": [3]}), path)
    wording = "no row has 'digits'" if name == "t.jsonl" else "no column 'digits'"
    expected = f"{path}: {wording}; there are file, digit; did you mean digit?"
    assert message_of(path, labels=["digits"]) == expected
    assert message_of(path, columns={"speaker": "digits"}) == expected


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("path,start", "a.wav,soon", "start is 'soon', which is no number of 0 or more"),
        ("path,start", "a.wav,-1", "start is '-1', which is no number of 0 or more"),
        ("path,start", "a.wav,nan", "start is 'nan', which is no number of 0 or more"),
        ("path,start", "a.wav,inf", "start is 'inf', which is no number of 0 or more"),
        ("path,start,end", "a.wav,2,1.5", "a span of -0.5 seconds from 2"),
        ("path,start,seconds", "a.wav,2,0", "a span of 0 seconds from 2"),
        ("path,start,seconds,end", "a.wav,2,1,3", "has both a length and an end"),
        ("path,channel", "a.wav,left", "channel is 'left', which is no number of 0 or more"),
        ("path,channel", "a.wav,0.5", "channel is 0.5, which is no channel; they count from 0"),
        ("path,text", ",hello", "the path is empty"),
        ("path,text", "a.wav", "1 fields where the header has 2 (path, text)"),
        ("path,text", "a.wav,b,c", "3 fields where the header has 2 (path, text)"),
        ("path", "a\0.wav", "'a\\x00.wav' is no file below"),
    ],
)
def test_a_broken_row_is_named_with_its_line(tmp_path: Path, header: str, row: str, message: str) -> None:
    good = ",".join({"path": "ok.wav", "start": "1"}.get(name, "") for name in header.split(","))
    path = write_lines(tmp_path / "t.csv", header, good, row, good)
    assert message_of(path).startswith(f"{path}:3: {message}")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"path": 1.5}', "path is 1.5, which is no text"),
        ('{"path": "a", "text": ["x"]}', "text is ['x'], which is no text"),
        ('{"path": "a", "speaker": true}', "speaker is True, which is no text"),
        ('{"path": "a", "start": true}', "start is True, which is no number"),
        ('{"path": "a", "start": [1]}', "start is [1], which is no number"),
        ('{"path": "a", "start": 1' + "0" * 400 + "}", "start is 1000"),
        ('{"path": "a", "tags": [1]}', "label 'tags' is a list that holds more than text"),
    ],
)
def test_json_of_the_wrong_type_is_named_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    path = write_lines(tmp_path / "t.jsonl", '{"path": "a", "tags": []}', row)
    assert message_of(path, labels=["tags"]).startswith(f"{path}:2: {message}")


def test_a_table_without_rows_is_an_error(tmp_path: Path) -> None:
    assert message_of(write_lines(tmp_path / "t.csv", "path,text")) == f"{tmp_path}: lists no recording"
    assert message_of(write_lines(tmp_path / "t.jsonl")) == f"{tmp_path}: lists no recording"


def test_a_missing_table_is_an_error(tmp_path: Path) -> None:
    assert message_of(tmp_path / "t.csv") == f"{tmp_path}/t.csv: no such file"


def test_columns_of_no_known_meaning_are_refused() -> None:
    with pytest.raises(ValidationError, match="'path', 'key', 'speaker'"):
        Table.model_validate({"root": "r", "path": "t.csv", "columns": {"pth": "file"}})


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet"])
def test_a_long_table_is_streamed(tmp_path: Path, name: str) -> None:
    """Neither the first row nor the last 10,000 take more than 2 MB; held, those alone would take 6."""
    path, count = tmp_path / name, 200_000 if name == "t.csv" else 50_000
    text = "some words that were said " * 4
    if name == "t.parquet":
        paths = [f"audio/{number:08d}.wav" for number in range(count)]
        pq.write_table(pa.table({"path": paths, "text": [text] * count}), path)
    else:
        line = (
            "audio/{:08d}.wav," + text if name == "t.csv" else '{{"path": "audio/{:08d}.wav", "text": "' + text + '"}}'
        )
        lines = (line.format(number) for number in range(count))
        write_lines(path, *(["path,text"] if name == "t.csv" else []), *lines)
    stream = Table(root=str(tmp_path), path=name).rows()
    assert traced_peak(islice(stream, 1)) < 2_000_000
    assert sum(1 for _ in islice(stream, count - 10_001)) == count - 10_001
    assert traced_peak(stream) < 2_000_000


def traced_peak(stream: Iterator[Recording]) -> int:
    """The most memory that consuming the stream took, in bytes."""
    tracemalloc.start()
    try:
        for _ in stream:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_transcript_table_makes_utterances_of_long_recordings(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "talk.csv", "file,speaker,start,end,text", "talk.flac,a,0,2.5,hello", "talk.flac,b,2.75,4,goodbye"
    )
    assert rows(path) == [
        Recording("talk.flac@0.0", Span("talk.flac", 0.0, 2.5), speaker="a", text="hello"),
        Recording("talk.flac@2.75", Span("talk.flac", 2.75, 1.25), speaker="b", text="goodbye"),
    ]


PIECES = [{"path": "x/a.wav", "start": 0.5, "end": 2, "speaker": "a", "text": "one"}, {"path": "b.wav", "gap": 0.25}]
COMPOSED = (Piece(Span("x/a.wav", 0.5, 1.5), speaker="a", text="one"), Piece(Span("b.wav"), 0.25))


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv", "t.parquet"])
def test_a_row_is_composed_of_the_pieces_in_a_column_that_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    listed = [{"key": "k", "parts": PIECES, "text": "one two", "mood": "glad"}, {"key": "l", "path": "c.wav"}]
    if name == "t.jsonl":
        write_lines(path, *map(json.dumps, listed))
    elif name == "t.csv":
        quoted = json.dumps(PIECES).replace('"', '""')
        write_lines(path, "key,parts,text,mood,path", f'k,"{quoted}",one two,glad,', "l,,,,c.wav")
    else:
        pq.write_table(pa.Table.from_pylist([row | {"path": row.get("path")} for row in listed]), path)
    assert rows(path, columns={"pieces": "parts"}, labels=["mood"]) == [
        Recording.composed("k", COMPOSED, text="one two", labels={"mood": "glad"}),
        Recording("l", Span("c.wav")),
    ]


def test_a_column_of_that_name_is_read_only_where_it_is_asked_for(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.jsonl", json.dumps({"path": "a.wav", "pieces": ["queen", "rook"]}))
    assert rows(path) == [Recording("a.wav", Span("a.wav"), extra={"pieces": ["queen", "rook"]})]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"pieces": PIECES}, "a recording that is composed of pieces needs a key"),
        ({"key": "k", "pieces": 3}, "pieces is 3, which is no list of pieces"),
        ({"key": "k", "pieces": "[{"}, "pieces is no JSON: "),
        ({"key": "k", "pieces": ["a.wav"]}, "piece 1 is 'a.wav', which is no mapping with a path"),
        ({"key": "k", "pieces": [{"gap": 1}]}, "piece 1: the path is empty"),
        ({"key": "k", "pieces": [PIECES[0], {"path": "../a.wav"}]}, "piece 2: '../a.wav' is no file below"),
        ({"key": "k", "pieces": [{"path": "a", "gap": -1}]}, "piece 1: gap is -1, which is no number of 0 or more"),
        ({"key": "k", "pieces": [{"path": "a", "start": 2, "end": 1}]}, "piece 1: a span of -1 seconds from 2"),
        ({"key": "k", "pieces": [{"path": "a", "pause": 1}]}, "piece 1 has 'pause'; there are path, start, seconds"),
        ({"key": "k", "pieces": []}, "the path is empty"),
    ],
)
def test_a_piece_that_is_none_is_named(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    path = write_lines(tmp_path / "t.jsonl", json.dumps(row))
    assert message_of(path, columns={"pieces": "pieces"}).startswith(f"{path}:1: {message}")


def test_a_manifest_of_composed_recordings_is_a_table(tmp_path: Path) -> None:
    written = [Recording.composed("k", COMPOSED, speaker="a", text="one two", split="test"), Recording("l", Span("c"))]
    write_recordings(tmp_path / "m.jsonl", written)
    assert rows(tmp_path / "m.jsonl", columns={"pieces": "pieces"}) == written
