"""Speakers: those of train are told apart, others are compared."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.training.tasks.batches import batch_of
from training.errors import DataError
from training.losses.angular_margin import angular_margin_loss
from training.tasks.speakers import MOST_COMPARED, Speakers, SpeakersConfig

VECTORS = torch.tensor([[1.0, 0.0], [0.0, 2.0], [-3.0, 0.0]])
COSINES = torch.tensor([[0.9, 0.1], [0.2, 0.8], [-0.5, 0.3]])


def task(label="speaker", classes=("ada", "ben")):
    return Speakers(SpeakersConfig(label=label), {"classes": list(classes)})


def batch(speakers, label="speaker"):
    labels = None if label == "speaker" else [{label: value} for value in speakers]
    names = speakers if label == "speaker" else None
    return batch_of({"log_mel": [np.zeros((2, 1))] * len(speakers)}, labels, names)


def answer(truth, vector, found="ada"):
    return {"truth": truth, "answer": found, "cosine": 1.0, "embedding": np.array(vector)}


def test_speakers_of_train_cost_their_margin_and_others_nothing():
    losses = task().losses((VECTORS, COSINES), batch(["ada", "ben", "eve"]))
    expected = angular_margin_loss(COSINES[:2], torch.tensor([0, 1]), 0.2, 30.0)
    torch.testing.assert_close(losses, torch.cat([expected, torch.zeros(1)]))


def test_answers_name_the_nearest_speaker():
    found = task().answers((VECTORS, COSINES), batch(["ada", "ada", "eve"]))
    assert [(item["truth"], item["answer"]) for item in found] == [("ada", "ada"), ("ada", "ben"), ("eve", "ben")]
    assert [item["cosine"] for item in found] == pytest.approx([0.9, 0.8, 0.3])
    assert found[2]["embedding"].tolist() == [-3.0, 0.0]
    assert task().errors(found) == [found[1]]  # eve cannot be named, so she is not named wrongly
    assert "embedding" not in task().shown(found[1])
    assert task().explain(task().shown(found[1])) == "ada heard as ben (cosine 0.80)"


@pytest.mark.parametrize("value", [None, ["ada", "ben"]])
def test_a_recording_without_a_speaker_is_named(value):
    with pytest.raises(DataError, match=r"1: label 'voice' is .*; it must be one value"):
        task("voice").answers((VECTORS[:2], COSINES[:2]), batch(["ada", value], "voice"))
    with pytest.raises(DataError, match="1: label 'voice' is"):
        task("voice").losses((VECTORS[:2], COSINES[:2]), batch(["ada", value], "voice"))


def test_numbers_and_truths_are_other_labels():
    number = task("voice", [0, 1])
    assert (number.losses((VECTORS[:2], COSINES[:2]), batch([1, True], "voice")) > 0).tolist() == [True, False]


def test_figures_of_pairs():
    answers = [answer("ada", [1, 0]), answer("ada", [2, 0.1]), answer("eve", [0, 1]), answer("eve", [0.1, 1])]
    figures = task().metrics(answers)
    assert figures == {"equal_error_rate": 0.0, "min_dcf": 0.0, "accuracy": 1.0}


def test_figures_that_cannot_be_taken_are_nan():
    strangers = task().metrics([answer("eve", [1, 0]), answer("fay", [0, 1]), answer("eve", [1, 0.1])])
    assert math.isnan(strangers["accuracy"])
    assert strangers["equal_error_rate"] == 0
    alone = task().metrics([answer("ada", [1, 0]), answer("ada", [0, 1], "ben")])
    assert alone["accuracy"] == 0.5
    assert math.isnan(alone["equal_error_rate"])
    assert math.isnan(alone["min_dcf"])
    assert all(math.isnan(value) for value in task().metrics([answer("eve", [1, 0])]).values())


def test_of_many_answers_some_are_compared(monkeypatch):
    compared = []
    monkeypatch.setattr(
        "training.tasks.speakers.pairs",
        lambda vectors, speakers: (
            compared.append(vectors[:, 0].tolist()),
            (np.array([1.0, 0]), np.array([True, False])),
        )[1],
    )
    for number in (3, MOST_COMPARED, 3 * MOST_COMPARED):
        task().metrics([answer("ada", [place]) for place in range(number)])
    assert compared[0] == [0, 1, 2]
    assert compared[1] == list(range(MOST_COMPARED))
    assert compared[2] == list(range(0, 3 * MOST_COMPARED, 3))


def test_what_is_said_without_a_truth():
    said = task().say((VECTORS[:1], COSINES[:1]))
    assert said[0]["label"] == "ada"
    assert said[0]["embedding"] == [1.0, 0.0]
    assert said[0]["summary"] == "nearest to ada, cosine 0.900"
