"""Several labels at once: classes, targets, loss, the baseline."""

from __future__ import annotations

import json
import math
from itertools import product

import numpy as np
import pytest
import torch

from tests.training.tasks.batches import batch_of, material
from training.errors import DataError
from training.metrics.multi_label import micro_f1
from training.tasks.multi_label import MultiLabel, MultiLabelConfig, best_constant

LABELS = [
    {"tags": ["rock", "live"], "size": "small"},
    {"tags": [], "size": "small"},
    {"tags": ["live"]},
    {"size": "large"},
]
ROWS = [{"labels": json.dumps(labels), "speaker": "ada"} for labels in LABELS]


def learnt(**config):
    settings = MultiLabelConfig(**config)
    return MultiLabel(settings, MultiLabel.learn(settings, material(rows=ROWS)))


def test_each_value_is_a_class():
    assert learnt(labels=("tags",)).learnt == {"classes": ["live", "rock"], "shares": [0.5, 0.25]}
    assert learnt(labels=("tags", "size")).learnt == {
        "classes": ["size=large", "size=small", "tags=live", "tags=rock"],
        "shares": [0.25, 0.5, 0.5, 0.25],
    }
    assert learnt(labels=("speaker",)).classes == ["ada"]


def test_rare_classes_are_left_out():
    assert learnt(labels=("tags", "size"), min_count=2).classes == ["size=small", "tags=live"]
    with pytest.raises(DataError, match="labels tags: no value stands 3 times in train"):
        learnt(labels=("tags",), min_count=3)


def test_targets_say_which_classes_are_true():
    batch = batch_of({"log_mel": [np.zeros((2, 1))] * 5}, [*LABELS, {"tags": ["unheard"], "size": "small"}])
    assert learnt(labels=("tags", "size")).targets(batch).astype(int).tolist() == [
        [0, 1, 1, 1], [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0],
    ]  # fmt: skip


def test_the_loss_is_the_mean_over_the_classes():
    scores = torch.tensor([[math.log(3), 0.0], [math.log(3), -math.log(3)]])  # chances 3/4, 1/2; 3/4, 1/4
    batch = batch_of({"log_mel": [np.zeros((2, 1))] * 2}, LABELS[:2])
    expected = [-(math.log(3 / 4) + math.log(1 / 2)) / 2, -(math.log(1 / 4) + math.log(3 / 4)) / 2]
    task = learnt(labels=("tags",))
    torch.testing.assert_close(task.losses(scores, batch), torch.tensor(expected))
    answers = task.answers(scores, batch)
    assert [answer["truth"] for answer in answers] == [["live", "rock"], []]
    assert answers[1]["probabilities"] == pytest.approx([0.75, 0.25], abs=1e-6)
    assert task.metrics(answers)["micro_f1"] == pytest.approx(2 * 2 / (2 + 3))  # both, and live once too often
    assert task.explain(answers[1]) == "nothing heard as live"


def test_what_is_said_without_a_truth():
    task = learnt(labels=("tags",))
    one, none = task.say(torch.tensor([[math.log(3), math.log(4)], [-1.0, -2.0]]))
    assert one["labels"] == ["rock", "live"]
    assert [item["probability"] for item in one["top"]] == pytest.approx([0.8, 0.75])
    assert (none["labels"], none["summary"]) == ([], "none of the labels")


def test_the_baseline_is_the_best_answer_that_is_always_the_same():
    rng = np.random.default_rng(0)
    for _ in range(20):
        truth = rng.random((50, 5)) < rng.random(5) ** 2
        shares = truth.mean(0)
        every = [np.array(answer) for answer in product([False, True], repeat=5) if any(answer)]
        best = max(micro_f1(truth, np.tile(answer, (50, 1)).astype(float)) for answer in every)
        chosen = best_constant(shares.tolist())
        assert micro_f1(truth, np.tile(chosen, (50, 1)).astype(float)) == pytest.approx(best)


def test_a_report_names_the_average_precision_of_each_class():
    task = learnt(labels=("tags",))
    answers = [{"truth": ["live"], "probabilities": [0.9, 0.1]}, {"truth": [], "probabilities": [0.2, 0.3]}]
    report = task.report(answers)
    assert report["average_precision"]["live"] == 1.0
    assert math.isnan(report["average_precision"]["rock"])
    assert report["baseline_micro_f1"] == pytest.approx(2 / 3)  # of shares 0.5 and 0.25: live, always
