"""Selection: the rows that are found are those that plain Python finds, in the order in which it sorts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from explorer.browsing.columns import Columns
from explorer.browsing.rows import described
from explorer.browsing.selection import Query, Selections
from explorer.errors import ExplorerError
from manifests.store import Store
from tests.explorer.browsing.many import write_many
from tests.explorer.browsing.stores import damaged, no_score, rows_of, selected, varied_store

Row = dict[str, Any]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return varied_store(tmp_path_factory.mktemp("selection"))


@pytest.fixture(scope="module")
def rows(store):
    return rows_of(Store.open(store))


def numbers(rows: list[Row], wanted: Callable[[Row], Any]) -> list[int]:
    return [number for number, row in enumerate(rows) if wanted(row)]


def test_all_rows_stand_in_the_order_of_the_store(store, rows):
    assert selected(store) == list(range(len(rows)))
    assert len(rows) == 30 + 5, "each shard has a recording that was rejected"


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ("speaker == 'theo'", lambda row: row["speaker"] == "theo"),
        ("speaker != 'theo'", lambda row: row["speaker"] != "theo"),
        ("digit in ['1', '4'] and not loud", lambda row: row["labels"].get("digit") == "1"),
        ("level < -1", lambda row: row["labels"].get("level", 0) < -1),
        ("'cat' in tags", lambda row: "cat" in row["labels"].get("tags", ())),
        ("0.1 <= seconds < 0.2", lambda row: row["seconds"] is not None and 0.1 <= row["seconds"] < 0.2),
        ("fate == 'rejected' and reason == 'no audio'", lambda row: row["fate"] == "rejected"),
        ("copy == 1 and part == 1", lambda row: (row["copy"], row["part"]) == (1, 1)),
        ("text is None", lambda row: row["text"] is None),
        ("'seconds' in notes", lambda row: row["notes"] is not None),  # a column that is not held
    ],
)
def test_where(store, rows, where, wanted):
    expected = numbers(rows, wanted)
    assert 0 < len(expected) < len(rows)
    assert selected(store, where=where) == expected


@pytest.mark.parametrize("step", [1, 4, 1000])
def test_where_does_not_depend_on_how_many_rows_it_looks_at_in_one_go(store, rows, step, monkeypatch):
    monkeypatch.setattr("explorer.browsing.masks.STEP", step)
    expected = numbers(rows, lambda row: row["labels"].get("level", 9) >= 2 and row["speaker"] is not None)
    assert selected(store, where="level >= 2 and speaker is not None") == expected


@pytest.mark.parametrize("text", ["clip/00", "NUMBER 1", "lucas", "dog", "ÉCOUTEZ", "bird", ".wav", "[", "(", "\\"])
def test_find_in_key_text_speaker_and_labels(store, rows, text):
    def said(row: Row) -> list[str]:
        labels = [" ".join(one) if isinstance(one, list) else str(one) for one in row["labels"].values()]
        return [row["key"], row["text"] or "", row["speaker"] or "", *labels]

    wanted = text.lower()
    assert selected(store, find=text) == numbers(rows, lambda row: any(wanted in one.lower() for one in said(row)))


def test_find_does_not_find_the_names_of_labels(store):
    assert selected(store, find="digit") == selected(store, find='{"') == []


def test_split_where_and_find_hold_together(store, rows):
    theo = numbers(rows, lambda row: row["split"] == "test" and row["speaker"] == "theo")
    expected = [number for number in theo if "number 2" in (rows[number]["text"] or "").lower()]
    assert expected
    assert selected(store, split="test", where="speaker == 'theo'", find="number 2") == expected


SORTS: dict[str, Callable[[Row], Any]] = {
    "key": lambda row: row["key"],
    "text": lambda row: row["text"],
    "seconds": lambda row: row["seconds"],
    "speaker": lambda row: row["speaker"],
    "split": lambda row: row["split"],
    "copy": lambda row: row["copy"],
    "digit": lambda row: row["labels"].get("digit"),
    "level": lambda row: row["labels"].get("level"),
    "loud": lambda row: row["labels"].get("loud"),
    "tags": lambda row: " ".join(row["labels"]["tags"]) if row["labels"] else None,
}


@pytest.mark.parametrize("name", SORTS)
@pytest.mark.parametrize("descending", [False, True])
def test_sort(store, rows, name, descending):
    """Python's sort is stable and reverses without turning what is alike; what has no value comes last either way."""
    value = SORTS[name]
    known = numbers(rows, lambda row: value(row) is not None)
    expected = sorted(known, key=lambda number: value(rows[number]), reverse=descending)
    expected += numbers(rows, lambda row: value(row) is None)
    assert selected(store, sort=name, descending=descending) == expected
    train = [number for number in expected if rows[number]["split"] == "train"]
    assert selected(store, sort=name, descending=descending, split="train") == train


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        (Query(where="speaker = 'x'"), "where", "not an expression"),
        (Query(where="speaker > 3"), "where", "text is compared with a number"),
        (Query(where="spekaer == 'x'"), "where", "did you mean speaker"),
        (Query(where="__import__('os')"), "where", "not a condition"),
        (Query(split="dev"), "split", "there are test, train"),
        (Query(sort="loudness"), "sort", "there are key"),
        (Query(sort="labels"), "sort", "there are key"),
    ],
)
def test_what_cannot_be_followed_is_said_with_its_field(store, query, field, said):
    with pytest.raises(ExplorerError, match=said) as caught:
        selected(store, query)
    assert caught.value.field == field


def test_a_damaged_index_leaves_the_others(store, rows, tmp_path):
    import shutil

    copy = shutil.copytree(store, tmp_path / "copy")
    entry = Store.open(copy).generation.shards[1]
    damaged(copy / entry.index)
    columns = Columns(Store.open(copy))
    selections = Selections(columns, no_score)
    gone = range(int(columns.starts[1]), int(columns.starts[2]))
    expected = [number for number in numbers(rows, lambda row: row["speaker"] != "theo") if number not in gone]
    assert list(selections.rows(Query(where="speaker != 'theo'"))) == expected
    shown = described(columns, selections.rows(Query())[:20])
    problems = {row["row"] for row in shown if "problem" in row}
    assert problems == set(gone) & set(range(20))
    assert "its digest is not the one" in next(row["problem"] for row in shown if "problem" in row)


def test_rows_are_the_same_from_one_index_and_from_all_columns(store, rows):
    columns, wanted = Columns(Store.open(store)), [3, 30, 4]
    alone = described(columns, wanted)
    assert not columns.loaded(["text"])
    columns.load(list(columns.row(0))[:1])
    assert described(columns, range(len(rows)))[3] == alone[0]
    together = described(columns, wanted)
    assert together == alone
    for row, number in zip(together, wanted, strict=True):
        assert row == {name: rows[number][name] for name in row if name != "row"} | {"row": number}


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return write_many(tmp_path_factory.mktemp("many") / "store", 60_000, per_shard=3000)


def test_many_rows(many):
    """What is found in sixty thousand rows is what numpy finds in them."""
    opened = Store.open(many)
    columns = Columns(opened)
    selections = Selections(columns, no_score)
    seconds = np.array([row["seconds"] if row["seconds"] is not None else np.nan for row in rows_of(opened)])
    assert list(selections.rows(Query())[59_999:]) == [59_999]
    assert not columns.loaded(["seconds"]), "nothing is read for a selection of everything"
    found = np.asarray(selections.rows(Query(where="seconds < 0.5")))
    assert np.array_equal(found, np.flatnonzero(seconds < 0.5))
    order = np.asarray(selections.rows(Query(sort="seconds", descending=True)))
    assert np.array_equal(order, np.argsort(-seconds, kind="stable"))
    assert columns.nbytes < 20 << 20
