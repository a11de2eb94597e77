"""The classification task: its classes, its loss, its answers."""

from __future__ import annotations

import math

import pytest
import torch

from tests.training.fakes import CLASSES, batch_of
from training.errors import DataError
from training.tasks.classification import Classification, ClassificationConfig
from training.tasks.labels import classes_of


def task(label="pitch", classes=CLASSES, **changed):
    return Classification(ClassificationConfig(name="classification", label=label, **changed), {"classes": classes})


def test_classes_are_the_sorted_values_of_train():
    assert classes_of("x", iter(["b", "a", "b"])) == ["a", "b"]
    assert classes_of("x", [10, 9, 10]) == [9, 10]
    assert classes_of("x", ["10", "9"]) == ["10", "9"]
    for values, message in (
        ([None, "a"], "is None for a recording in train"),
        ([["a"], "a"], r"is \['a'\] for a recording in train"),
        (["a"], "has 1 values"),
    ):
        with pytest.raises(DataError, match=message):
            classes_of("x", values)


def test_targets_come_from_the_label_or_the_speaker():
    batch = batch_of([0, 1, 2, 3])
    assert task().targets(batch) == [0, 1, 2, 0]
    assert task("speaker", ["ada", "ben"]).targets(batch) == [1, 0, 1, 0]


def test_a_value_that_train_does_not_have_is_named_with_its_key():
    with pytest.raises(DataError, match=r"clip/2: label 'pitch' is 'middle', which no recording in train has: high"):
        task(classes=["high", "low"]).targets(batch_of([0, 2]))
    batch = batch_of([0])
    batch.labels[0]["pitch"] = True
    with pytest.raises(DataError, match="is True"):
        task(classes=[0, 1]).targets(batch)  # True equals 1, and is another label


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_loss_is_that_of_each_example(smoothing):
    scores = torch.tensor([[math.log(2), 0, 0], [0, 0, math.log(6)]])
    chances = [[2 / 4, 1 / 4, 1 / 4], [1 / 8, 1 / 8, 6 / 8]]
    expected = [
        -sum(((1 - smoothing) * (n == target) + smoothing / 3) * math.log(row[n]) for n in range(3))
        for target, row in zip([0, 1], chances, strict=True)
    ]
    losses = task(label_smoothing=smoothing).losses(scores, batch_of([0, 1]))
    torch.testing.assert_close(losses, torch.tensor(expected))


def test_answers_say_truth_answer_and_probability():
    scores = torch.tensor([[math.log(2), 0, 0], [0, 0, math.log(6)]])
    found = task().answers(scores, batch_of([0, 1]))
    assert [(a["truth"], a["answer"]) for a in found] == [("high", "high"), ("low", "middle")]
    assert [a["probability"] for a in found] == pytest.approx([0.5, 0.75])
    assert task().metrics(found) == {"accuracy": 0.5, "macro_f1": pytest.approx(1 / 3)}
    assert task().confusion(found).tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
