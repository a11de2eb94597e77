"""Distributions: every row is counted once, and pressing on a bar finds the rows that it counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.browsing.columns import Columns
from explorer.browsing.distribution import LISTED, counted, distribution, histogram
from explorer.browsing.masks import of_split
from explorer.errors import ExplorerError
from manifests.store import Store
from tests.explorer.browsing.stores import rows_of, selected, varied_store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return varied_store(tmp_path_factory.mktemp("distribution"))


def test_durations(store):
    columns = Columns(Store.open(store))
    found = distribution(columns, "seconds", None)
    assert sum(found["counts"]) + found["missing"] == columns.rows
    assert found["missing"] == 5
    edges = found["edges"]
    for at, count in enumerate(found["counts"]):
        last = "<=" if at == len(edges) - 2 else "<"
        assert len(selected(store, where=f"{edges[at]} <= seconds {last} {edges[at + 1]}")) == count


def test_values(store):
    columns = Columns(Store.open(store))
    found = distribution(columns, "speaker", None)
    assert dict(map(tuple, found["values"])) == {"theo": 10, "Lucas": 10}
    assert found["missing"] == 15
    train = distribution(columns, "digit", of_split(columns, "train"))
    assert sum(count for _, count in train["values"]) == 20
    tags = distribution(columns, "tags", None)
    assert tags["values"] == [[["bird"], 24], [["cat", "Dog"], 6]]
    assert distribution(columns, "loud", None)["values"] == [[True, 15], [False, 15]]
    assert distribution(columns, "level", None)["kind"] == "values", "seven numbers are listed"


def test_many_numbers_are_a_histogram(store, monkeypatch):
    monkeypatch.setattr("explorer.browsing.distribution.MOST_KINDS", 5)
    columns = Columns(Store.open(store))
    found = distribution(columns, "level", None)
    assert found["kind"] == "histogram"
    levels = [row["labels"]["level"] for row in rows_of(Store.open(store)) if row["labels"]]
    assert sum(found["counts"]) == len(levels)
    assert distribution(columns, "loud", None)["kind"] == "values"


def test_an_unknown_name_is_told(store):
    with pytest.raises(ExplorerError, match="there are seconds, speaker, digit") as caught:
        distribution(Columns(Store.open(store)), "pitch", None)
    assert caught.value.field == "of"


@given(st.lists(st.floats(0, 1e4, allow_nan=False, width=32), max_size=200))
def test_a_histogram_counts_every_number(values):
    found = histogram(np.array([*values, np.nan]))
    assert sum(found["counts"]) == len(values)
    assert found["missing"] == 1
    assert len(found["edges"]) == (len(found["counts"]) + 1 if values else 0)
    assert sorted(set(found["edges"])) == found["edges"]


def test_a_long_tail_does_not_flatten_the_rest():
    values = np.concatenate([np.random.default_rng(0).uniform(0, 2, 1000), [500.0]])
    found = histogram(values)
    assert found["edges"][-1] == 500
    assert found["edges"][-2] <= 2
    assert max(found["counts"]) < 100


def test_rare_values_are_counted_together():
    numbers = np.repeat(np.arange(LISTED + 5), 2)
    found = counted([str(one) for one in range(LISTED + 5)], numbers)
    assert (len(found["values"]), found["others"], found["rest"]) == (LISTED, 5, 10)
