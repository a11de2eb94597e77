"""Scores: rows get the numbers of the evaluations that are theirs, and are sorted by them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from explorer.browsing.selection import Query
from explorer.errors import ExplorerError
from manifests.store import Store
from tests.explorer.browsing.stores import rows_of, shelf_of, varied_store
from training.scores import scores_file, write_scores
from training.tasks.classification import Classification, ClassificationConfig

TASK = Classification(ClassificationConfig(label="x"), {"classes": ["a", "b"]})


def answer(row, loss):
    who = {name: row[name] for name in ("key", "copy", "part")}
    return {**who, "loss": loss, "truth": "a", "answer": "b" if loss > 1 else "a", "probability": 0.5}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A store, a run that was evaluated on its test split, and one that was evaluated on another store."""
    place = tmp_path_factory.mktemp("scores")
    store = varied_store(place)
    rows = [row for row in rows_of(Store.open(store)) if row["split"] == "test" and row["fate"] == "produced"]
    losses = {row["key"]: float(number * 7 % 5) for number, row in enumerate(rows)} | {rows[2]["key"]: math.nan}
    for run, address in (("good", f"{store}@1"), ("other", "/elsewhere/shop@1")):
        (place / run).mkdir()
        answers = [answer(row, losses[row["key"]]) for row in rows[::-1]]
        write_scores(scores_file(place / run, "test"), TASK, answers, {"store": address, "split": "test"})
    return shelf_of(store, runs=[place / "good", place / "other"]).open("store"), losses


def test_evaluations_of_the_store_are_listed(opened):
    store, _ = opened
    assert store.scores.there() == [{"run": "good", "split": "test", "measures": ["loss", "wrong", "probability"]}]


def test_each_row_has_its_own_number(opened):
    store, losses = opened
    found = store.scores.numbers(store.columns, "score:good:test:loss")
    for row, value in zip(rows_of(store.store), found, strict=True):
        expected = losses.get(row["key"], math.nan)
        if row["key"] in losses and math.isnan(expected):
            assert value == math.inf, "a loss that is no number is above all"
        else:
            np.testing.assert_equal(value, expected)


def test_rows_are_sorted_by_loss(opened):
    store, losses = opened
    rows = rows_of(store.store)
    order = store.selections.rows(Query(sort="score:good:test:loss", descending=True, split="test"))
    found = [losses.get(rows[number]["key"], -1.0) for number in order]
    assert math.isnan(found[0])
    assert found[1:] == sorted(found[1:], reverse=True)


def test_what_was_said_of_one_example(opened):
    store, _losses = opened
    row = next(row for row in rows_of(store.store) if row["split"] == "test" and row["fate"] == "produced")
    (said,) = store.scores.said(row["key"], row["copy"], row["part"])
    assert (said["run"], said["said"]) == ("good", "a heard as a (0.50)")
    assert said["numbers"] == {"loss": 0.0, "wrong": False, "probability": 0.5}
    assert store.scores.said(row["key"], 9, 0) == []


@pytest.mark.parametrize("name", ["score:good:test:beauty", "score:bad:test:loss", "score:", "score:../x:test:loss"])
def test_a_score_that_is_not_there_is_told(opened, name):
    store, _ = opened
    with pytest.raises(ExplorerError, match="There is no") as caught:
        store.selections.rows(Query(sort=name))
    assert caught.value.field == "sort"
