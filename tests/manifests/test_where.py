"""The expression language against the same conditions written in Python over the same rows."""

import json
import pickle
from typing import Any

import pyarrow as pa
import pytest

from manifests import index
from manifests.errors import WhereError
from manifests.where import Where, label_names

ROWS: list[dict[str, Any]] = [
    {"speaker": "theo", "seconds": 1.0, "copy": 0, "path": "a/bird 1.wav", "labels": {"digit": "1", "snr": -5.5}},
    {"speaker": "theo", "seconds": 2.5, "copy": 1, "path": "a/b.wav", "labels": {"digit": "2", "clean": True}},
    {"speaker": "lucas", "seconds": 3.0, "copy": 2, "path": "b.wav", "labels": {"digit": "1", "tags": ["wind", "sea"]}},
    {"speaker": None, "seconds": None, "copy": 0, "path": "bird.wav", "labels": {"clean": False, "tags": []}},
    {"speaker": "o'neil", "seconds": 4.5, "copy": 0, "path": "c.wav", "labels": {"snr": 3, "tags": ["sea"]}},
]
TABLE = index.decode(
    index.encode([{"key": str(n), **row, "labels": json.dumps(row["labels"])} for n, row in enumerate(ROWS)], [])
)


def less(a: float | None, b: float) -> bool:
    return a is not None and a < b


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("speaker == 'theo'", lambda r: r["speaker"] == "theo"),
        ("speaker != 'theo'", lambda r: r["speaker"] != "theo"),
        ("'theo' != speaker", lambda r: r["speaker"] != "theo"),
        ('speaker == "o\'neil"', lambda r: r["speaker"] == "o'neil"),
        ("seconds < 3", lambda r: less(r["seconds"], 3)),
        ("not seconds < 3", lambda r: not less(r["seconds"], 3)),
        ("1 < seconds <= 3", lambda r: r["seconds"] is not None and 1 < r["seconds"] <= 3),
        ("copy >= 1", lambda r: r["copy"] >= 1),
        ("copy < 99999", lambda r: True),
        ("copy == 0.5", lambda r: False),
        ("copy < seconds", lambda r: r["seconds"] is not None and r["copy"] < r["seconds"]),
        ("copy in (0, 2)", lambda r: r["copy"] in (0, 2)),
        ("speaker in {'theo', 'lucas'}", lambda r: r["speaker"] in {"theo", "lucas"}),
        ("speaker not in ['theo']", lambda r: r["speaker"] not in ["theo"]),
        ("speaker in []", lambda r: False),
        ("speaker not in []", lambda r: True),
        ("speaker is None", lambda r: r["speaker"] is None),
        ("speaker is not None", lambda r: r["speaker"] is not None),
        ("extra is None and extra != 'x' and not extra == 'x'", lambda r: True),
        ("extra < 'x' or extra in ['x']", lambda r: False),
        ("digit == '1'", lambda r: r["labels"].get("digit") == "1"),
        ("digit in ['1', '2']", lambda r: r["labels"].get("digit") in ["1", "2"]),
        ("digit not in ['1']", lambda r: r["labels"].get("digit") not in ["1"]),
        ("digit is None", lambda r: "digit" not in r["labels"]),
        ("snr < -5", lambda r: less(r["labels"].get("snr"), -5)),
        ("snr == 3", lambda r: r["labels"].get("snr") == 3),
        ("clean", lambda r: r["labels"].get("clean") is True),
        ("not clean", lambda r: r["labels"].get("clean") is not True),
        ("clean == False", lambda r: r["labels"].get("clean") is False),
        ("'sea' in tags", lambda r: "sea" in r["labels"].get("tags", [])),
        ("'sea' not in tags", lambda r: "sea" not in r["labels"].get("tags", [])),
        ("'bird' in path", lambda r: "bird" in r["path"]),
        (
            " speaker == 'theo' or (seconds > 4 and copy == 0)\n",
            lambda r: r["speaker"] == "theo" or r["seconds"] == 4.5,
        ),
        (
            "speaker != 'theo' and seconds < 4 and digit in ['1','2']",
            lambda r: r["speaker"] != "theo" and less(r["seconds"], 4) and r["labels"].get("digit") in ["1", "2"],
        ),
    ],
)
def test_selects_what_python_selects(text: str, condition: Any) -> None:
    expected = [str(n) for n, row in enumerate(ROWS) if condition(row)]
    assert Where(text).filter(TABLE)["key"].to_pylist() == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not an expression"),
        ("speaker = 'theo'", "not an expression"),
        ("speaker == 'theo", "not an expression"),
        ("a\0b", "not an expression"),
        ("(" * 5000, "not an expression"),
        ("not " * 5000 + "clean", "not an expression"),
        ("speaker.upper() == 'THEO'", "one side must be the name"),
        ("__import__('os').system('true')", "not a condition"),
        ("[x for x in speaker]", "not a condition"),
        ("speaker[0] == 't'", "one side must be the name"),
        ("seconds + 1 < copy", r"'seconds \+ 1': not followed"),
        ("seconds < 10**9", "not followed"),
        ("seconds < 2j", "not followed"),
        ("seconds < 99999999999999999999", "not followed"),
        ("'theo'", "'theo'\": not a condition"),
        ("1 < 2", "one side must be the name"),
        ("speaker == None", "is None"),
        ("speaker is 'theo'", "compares with None only"),
        ("speaker in 'theo'", "takes a list"),
        ("speaker in ['theo', 1]", "mixes a number and text"),
        ("speaker in ['theo', None]", "is None"),
        ("speaker in [path]", "'path': not followed"),
        ("1 in tags", "only text is looked for in tags"),
        ("digit == 1", "text is compared with a number; text is quoted"),
        ("digit in [1, 2]", "text is looked for in a list of a number"),
        ("speaker", "text"),
        ("clean < True", "not compared with <"),
        ("tags == tags", "a list is not compared"),
        ("'1' in seconds", "text is looked for in a number"),
    ],
)
def test_says_what_it_does_not_follow(text: str, message: str) -> None:
    with pytest.raises(WhereError, match=message):
        Where(text).filter(TABLE)


def test_an_unknown_name_is_named_with_a_suggestion_and_the_names_there_are() -> None:
    with pytest.raises(WhereError) as caught:
        Where("speeker == 'theo'").filter(TABLE)
    message = str(caught.value)
    assert "unknown name 'speeker'; did you mean speaker?" in message
    assert "key, copy, part" in message
    assert "labels clean, digit, snr, tags" in message
    with pytest.raises(WhereError, match="did you mean digit"):
        Where("digits == '1'").filter(TABLE)
    assert caught.value.exit_code == 2


def test_a_label_that_only_other_shards_have_is_missing_here() -> None:
    where = Where("accent != 'north' and copy == 0")
    where.require({"accent"})
    assert where.mask(TABLE).tolist() == [row["copy"] == 0 for row in ROWS]


def test_a_label_of_two_types_is_refused() -> None:
    table = pa.table({"labels": ['{"digit": "1"}', '{"digit": 1}']})
    with pytest.raises(WhereError, match="the label digit is int and str by turns"):
        Where("digit == '1'").mask(table)


def test_knows_its_columns_before_it_reads_any() -> None:
    assert Where("speaker != 'theo' and seconds < 3").columns == ["seconds", "speaker"]
    assert Where("speaker != 'theo' and digit == '1'").columns == ["labels", "speaker"]
    assert label_names(TABLE) == {"digit", "snr", "clean", "tags"}


def test_rows_without_labels_and_chunked_tables() -> None:
    table = pa.concat_tables([TABLE, pa.table({name: [None] for name in TABLE.column_names}, TABLE.schema), TABLE])
    kept = Where("digit == '1'").filter(table)
    assert kept["key"].to_pylist() == ["0", "2", "0", "2"]


def test_travels_to_other_processes() -> None:
    where = pickle.loads(pickle.dumps(Where("copy == 2")))
    assert where.filter(TABLE)["key"].to_pylist() == ["2"]
