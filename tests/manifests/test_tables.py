from __future__ import annotations

import csv
import datetime
import decimal
import gzip
import io
import json
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from manifests.errors import CorpusError
from manifests.tables import BATCH_ROWS, MAX_LINE, delimited_rows, plain, table_columns, table_rows
from tests.factories import write_lines


def message_of(path: Path, **options: Any) -> str:
    with pytest.raises(CorpusError) as caught:
        list(table_rows(path, **options))
    return str(caught.value)


cells = st.lists(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=2, max_size=2), max_size=8
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=cells, tabs=st.booleans())
def test_what_the_csv_module_writes_is_read_with_the_lines_that_it_wrote(
    tmp_path: Path, rows: list[list[str]], tabs: bool
) -> None:
    path = tmp_path / ("t.tsv" if tabs else "t.csv")
    sink, lines = io.StringIO(newline=""), []
    writer = csv.writer(sink, delimiter="\t" if tabs else ",", lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b"])
    for row in rows:
        lines.append(sink.getvalue().count("\n") + 1)
        writer.writerow(row)
    path.write_bytes(sink.getvalue().encode())
    assert list(table_rows(path)) == [
        (line, dict(zip("ab", row, strict=True))) for line, row in zip(lines, rows, strict=True)
    ]


def test_a_row_that_follows_a_value_of_several_lines_has_its_own_line(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.csv", "path,text", 'a.wav,"one', "", 'three"', "b.wav,x", "c.wav")
    assert message_of(path) == f"{path}:6: 1 fields where the header has 2 (path, text)"
    path = write_lines(tmp_path / "u.csv", "path,text", 'a.wav,"one', 'three"', "", "b.wav,x")
    assert list(table_rows(path)) == [(2, {"path": "a.wav", "text": "one\nthree"}), (5, {"path": "b.wav", "text": "x"})]


def test_a_byte_order_mark_and_windows_lines_are_no_part_of_the_values(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("\ufeffpath,text\r\na.wav,Öl\r\n".encode())
    assert table_columns(path) == ["path", "text"]
    assert list(table_rows(path)) == [(2, {"path": "a.wav", "text": "Öl"})]


def test_plain_quotation_marks(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.tsv", "path\ttext", 'a.wav\t"Ja", sagte er', 'b.wav\t"')
    assert (
        message_of(path)
        == f"{path}:2: '\t' expected after '\"'; where quotation marks are letters, say `quotes: false`"
    )
    assert [row["text"] for _, row in table_rows(path, quotes=False)] == ['"Ja", sagte er', '"']


def test_a_quotation_mark_that_never_closes_is_named_where_it_opens(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.csv", "path,text", "a,b", 'c,"d', *["e,f"] * 100_000)
    assert message_of(path).startswith(f"{path}:3: field larger than field limit")


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_gzip(tmp_path: Path, suffix: str) -> None:
    text = {"csv": "a,b\n1,2\n", "tsv": "a\tb\n1\t2\n", "jsonl": '{"a": "1", "b": "2"}\n'}[suffix]
    whole = tmp_path / f"t.{suffix}.gz"
    whole.write_bytes(gzip.compress(text.encode() * 2))
    assert next(iter(row for _, row in table_rows(whole))) == {"a": "1", "b": "2"}
    cut = tmp_path / f"cut.{suffix}.gz"
    cut.write_bytes(gzip.compress(text.encode())[:-4])
    assert message_of(cut).startswith(f"{cut}:")
    assert "cannot be read" in message_of(cut)
    fake = write_lines(tmp_path / f"fake.{suffix}.gz", text)
    assert message_of(fake).startswith(f"{fake}: cannot be read: Not a gzipped file")


def test_json_lines(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.jsonl", '{"a": {"b": 1}}', "", '{"a": NaN, "c": "\\ud83d\\ude00"}')
    assert table_columns(path) is None
    assert list(table_rows(path)) == [(1, {"a": {"b": 1}}), (3, {"a": None, "c": "😀"})]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"a": 1', "not JSON: "),
        ("[1]", "not a JSON object {..}"),
        ('{"a": "\\ud800"}', "not JSON: "),
        ("[" * 100_000, "not JSON: "),
    ],
)
def test_broken_json_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = write_lines(tmp_path / "t.jsonl", '{"a": 1}', line)
    assert message_of(path).startswith(f"{path}:2: {message}")


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_text_that_is_not_utf8_is_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(b'{"a": 1}\n{"a": 2}\n{"a": "\xe4"}\n')
    assert message_of(path) == f"{path}:3: not UTF-8 (invalid continuation byte); save the file as UTF-8"


def test_a_line_without_an_end_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    with open(path, "wb") as sink:
        sink.write(b"{}\n")
        sink.truncate(8 * MAX_LINE)
    tracemalloc.start()
    try:
        assert message_of(path) == f"{path}:2: more than 16 MiB in one line; is this a table?"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * MAX_LINE


def test_headers(tmp_path: Path) -> None:
    empty, twice = write_lines(tmp_path / "empty.csv"), write_lines(tmp_path / "twice.csv", "", "a,b,a")
    assert message_of(empty) == f"{empty}: empty; it should begin with the names of its columns"
    assert message_of(twice) == f"{twice}:2: two columns are called 'a'"


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    missing, other = tmp_path / "t.csv", tmp_path / "t.xlsx"
    assert message_of(missing) == f"{missing}: no such file"
    assert message_of(other) == f"{other}: unknown kind of table; there are .csv, .tsv, .jsonl (also .gz) and .parquet"
    assert message_of(tmp_path / "t.parquet") == f"{tmp_path / 't.parquet'}: no such file"
    fake = write_lines(tmp_path / "fake.parquet", "path,text")
    assert message_of(fake).startswith(f"{fake}: cannot be read as Parquet: ")


def test_parquet_gives_what_json_can_hold(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    table = pa.table(
        {
            "path": ["a.wav"],
            "score": [float("nan")],
            "day": [datetime.date(2024, 2, 29)],
            "price": [decimal.Decimal("1.50")],
            "slots": [{"size": "large", "times": [1, 2]}],
            "audio": pa.array([{"bytes": b"\0\1", "path": "a"}]),
            "raw": [b"\0"],
        }
    )
    pq.write_table(table, path)
    (found,) = table_rows(path)
    wanted = {
        "path": "a.wav",
        "score": None,
        "day": "2024-02-29",
        "price": "1.50",
        "slots": {"size": "large", "times": [1, 2]},
    }
    assert found == (1, wanted)
    assert table_columns(path) == list(wanted)
    json.dumps(found, allow_nan=False)


def test_parquet_rows_are_numbered_across_batches_and_row_groups(tmp_path: Path) -> None:
    path, count = tmp_path / "t.parquet", 2 * BATCH_ROWS + 7
    pq.write_table(pa.table({"n": range(1, count + 1)}), path, row_group_size=700)
    rows = list(table_rows(path))
    assert [line for line, _ in rows] == [row["n"] for _, row in rows] == list(range(1, count + 1))


def test_damaged_parquet_is_named_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"n": [str(n) for n in range(5000)]}), path, row_group_size=2500, compression="zstd")
    content = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(1).column(0).dictionary_page_offset
    content[start : start + 200] = b"\xff" * 200
    path.write_bytes(content)
    found = re.match(rf"{re.escape(str(path))}:(\d+): cannot be read as Parquet: ", message_of(path))
    assert found
    assert 1 < int(found[1]) <= 2501, "the first rows are whole, the second row group is not"


def test_delimited_rows_of_another_delimiter(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "metadata.csv", 'a|"Hm|x', "", "b|c")
    assert list(delimited_rows(path, "|", quotes=False)) == [(1, ["a", '"Hm', "x"]), (3, ["b", "c"])]


@pytest.mark.parametrize("value", [None, True, 3, "x", 2.5, [1, "a"], {"a": [None]}])
def test_plain_leaves_what_is_json(value: Any) -> None:
    assert plain(value) == value
    assert type(plain(value)) is type(value)
