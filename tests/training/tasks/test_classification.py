"""The classification task: its classes, its loss, its answers."""

from __future__ import annotations

import math

import pytest
import torch

from tests.training.fakes import CLASSES, batch_of
from training.errors import DataError
from training.tasks.classification import Classification, ClassificationConfig


def task(label="pitch", classes=CLASSES, **changed):
    return Classification(ClassificationConfig(name="classification", label=label, **changed), {"classes": classes})


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


def test_a_report_says_how_far_confidence_and_accuracy_are_apart():
    # Bins are a fifteenth wide: 0.65 stands alone and is right, 0.9 and 0.92 stand together and one of them is right.
    pairs = [("high", "high", 0.65), ("low", "low", 0.9), ("low", "high", 0.92)]
    answers = [{"truth": truth, "answer": answer, "probability": chance} for truth, answer, chance in pairs]
    report = task().report(answers)
    assert report["expected_calibration_error"] == pytest.approx((1 * 0.35 + 2 * (0.91 - 0.5)) / 3)
    assert report["confusion"] == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert task().errors(answers) == answers[2:]
    assert task().explain(answers[2]) == "low heard as high (0.92)"


def test_what_is_said_without_a_truth():
    (said,) = task().say(torch.tensor([[math.log(2), 0, math.log(5)]]))
    assert said["label"] == "middle"
    assert [item["label"] for item in said["top"]] == ["middle", "high", "low"]
    assert [item["probability"] for item in said["top"]] == pytest.approx([5 / 8, 2 / 8, 1 / 8])
    assert said["summary"] == "middle 0.625  (high 0.250, low 0.125)"


@pytest.mark.parametrize("number", [100, 101])
def test_the_confusion_of_more_classes_than_one_can_read_is_left_out(tmp_path, number):
    many = task(classes=[f"c{place}" for place in range(number)])
    answers = [{"truth": "c0", "answer": "c1", "probability": 0.5}]
    report = {"split": "test", "accuracy": 0.0, "examples": 1, **many.report(answers)}
    assert ("confusion" in report) == (number == 100)
    if number == 101:
        assert many.draw(report, tmp_path) == []


def test_the_confusion_is_drawn(tmp_path):
    report = {"split": "test", "accuracy": 0.5, "examples": 2}
    report |= task().report([{"truth": "high", "answer": name, "probability": 0.5} for name in ("high", "low")])
    (place,) = task().draw(report, tmp_path)
    assert place == tmp_path / "confusion-test.png"
    assert place.read_bytes().startswith(b"\x89PNG")
