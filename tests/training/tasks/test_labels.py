"""Labels: their values in train become classes."""

from __future__ import annotations

import json

import pytest

from tests.training.tasks.batches import material
from training.errors import DataError
from training.tasks.labels import classes_in, classes_of


def test_classes_are_the_sorted_values_of_train():
    assert classes_of("x", iter(["b", "a", "b"])) == ["a", "b"]
    assert classes_of("x", [10, 9, 10]) == [9, 10]
    assert classes_of("x", ["10", "9"]) == ["10", "9"]
    for values in ([1, True, 1], [True, 1]):
        assert [(type(value), value) for value in classes_of("x", values)] == [(bool, True), (int, 1)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([None, "a"], "is None for a recording in train"),
        ([["a"], "a"], r"is \['a'\] for a recording in train"),
        (["a"], "has 1 values"),
        ([], "has 0 values"),
    ],
)
def test_values_that_are_no_classes(values, message):
    with pytest.raises(DataError, match=message):
        classes_of("x", values)


def test_a_label_or_the_speaker():
    rows = [{"speaker": name, "labels": json.dumps({"digit": digit})} for name, digit in (("ada", "1"), ("ben", "0"))]
    assert classes_in(material(rows=rows), "digit") == ["0", "1"]
    assert classes_in(material(rows=rows), "speaker") == ["ada", "ben"]
