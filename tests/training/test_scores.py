"""Scores: one row for every example, which says what evaluate said of it."""

from __future__ import annotations

import math

import pyarrow.parquet as pq
import pytest

from training.metrics.classification import accuracy
from training.scores import measures, read_facts, scores_file, write_scores
from training.tasks.classification import Classification, ClassificationConfig

TASK = Classification(ClassificationConfig(label="x"), {"classes": ["a", "b"]})


def answer(number: int, truth: str, said: str, loss: float) -> dict[str, object]:
    who = {"key": f"k{number}", "copy": number % 2, "part": 0, "loss": loss}
    return {**who, "truth": truth, "answer": said, "probability": 0.75, "scores": [1, 2]}


@pytest.mark.parametrize("block", [1, 2, 100])
def test_every_example_has_a_row(tmp_path, monkeypatch, block):
    monkeypatch.setattr("training.scores.ROWS", block)
    answers = [answer(0, "a", "a", 0.25), answer(1, "a", "b", 1.5), answer(2, "b", "b", math.nan)]
    path = scores_file(tmp_path, "test")
    write_scores(path, TASK, answers, {"store": "here@1", "split": "test", "where": None})
    assert [one.name for one in tmp_path.iterdir()] == ["evaluate-test.parquet"]
    table = pq.read_table(path).to_pydict()
    assert (table["key"], table["copy"], table["part"]) == (["k0", "k1", "k2"], [0, 1, 0], [0, 0, 0])
    assert table["loss"][:2] == [0.25, 1.5]
    assert math.isnan(table["loss"][2])
    assert table["wrong"] == [False, True, False]
    assert table["said"] == ["a heard as a (0.75)", "a heard as b (0.75)", "b heard as b (0.75)"]
    assert table["probability"] == [0.75] * 3
    assert "scores" not in table, "only numbers are kept"
    assert read_facts(path) == {"store": "here@1", "split": "test", "where": None}
    assert measures(path) == ["loss", "wrong", "probability"]
    assert accuracy(TASK.confusion(answers)) == pytest.approx(1 - sum(table["wrong"]) / 3)


def test_beside_a_checkpoint_or_in_a_run(tmp_path):
    (tmp_path / "best.safetensors").write_bytes(b"")
    assert scores_file(tmp_path / "best.safetensors", "test") == scores_file(tmp_path, "test")
