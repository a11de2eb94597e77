"""Figures and reports as a person reads them."""

from __future__ import annotations

import math

from training import words


class Heard:
    """As much of a task as words need."""

    def explain(self, answer):
        return f"heard {answer['heard']}"


def answer(key, loss, copy=0, part=0):
    return {"key": key, "copy": copy, "part": part, "loss": loss, "heard": "a bell"}


def report(errors, worst, **more):
    return {"store": "s@1", "split": "test", "where": None, "weights": "best.safetensors", "examples": 7, "loss": 0.25,
            "error_rate": None, "made_worse": 2, "intervals": {}, "classes": ["a"], **more,
            "errors": errors, "worst": worst}  # fmt: skip


def test_figures_that_could_not_be_taken_are_dashes():
    values = {
        "accuracy": 1.0,
        "loss": math.nan,
        "min_dcf": None,
        "made_worse": 3,
        "right": True,
        "classes": [1],
        "where": None,
    }
    assert words.figures(values) == {"accuracy": "1.0000", "loss": "-", "min_dcf": "-", "made_worse": "3"}


def test_an_epoch():
    line = {
        "epoch": 3,
        "step": 30,
        "train_loss": 0.5,
        "valid_loss": None,
        "valid_accuracy": 0.75,
        "padding": 0.1,
        "seconds": 2.04,
    }
    assert words.epoch(line) == "epoch 3  train_loss 0.5000  valid_loss -  valid_accuracy 0.7500  2.0 s"


def test_an_evaluation_lists_errors_and_worst_by_loss():
    wrong, right = answer("b", 3.0), answer("a", 4.0, copy=1)
    groups = {"ada": {"examples": 3, "accuracy": 0.5}, "ben": {"examples": 4, "accuracy": None}}
    assert list(words.evaluation(report([wrong], [right, wrong], by={"speaker": groups}), Heard())) == [
        "test: 7 examples  loss 0.2500 error_rate - made_worse 2",
        "  speaker ada: 3 examples  accuracy 0.5000",
        "  speaker ben: 4 examples  accuracy -",
        "1 wrong; by loss:",
        "  a (copy 1): heard a bell, loss 4.0000",
        "  b: heard a bell, loss 3.0000",
    ]


def test_without_errors_the_highest_losses_are_listed():
    assert list(words.evaluation(report([], [answer("a", 4.0)]), Heard()))[1:] == [
        "the highest losses:",
        "  a: heard a bell, loss 4.0000",
    ]


def test_a_long_list_is_cut():
    errors = [answer(str(number), float(number)) for number in range(words.MOST_LISTED + 3)]
    lines = list(words.evaluation(report(errors, []), Heard()))
    assert lines[2].startswith(f"  {words.MOST_LISTED + 2}: ")
    assert len(lines) == 2 + words.MOST_LISTED + 1
    assert lines[-1] == "  and 3 more in evaluate-test.json"


def test_a_loss_that_is_no_number_is_the_highest():
    found = [answer("a", 1.0), answer("b", math.nan), answer("c", math.inf), answer("d", 2.0)]
    assert [one["key"] for one in sorted(found, key=words.by_loss)] == ["b", "c", "d", "a"]
