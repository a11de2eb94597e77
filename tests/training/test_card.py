"""The card of a run."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from manifests.credit import Credit, Share
from manifests.spec import ArraySpec
from training import checkpoint
from training.card import card, write_card
from training.checkpoint import About
from training.run_folder import RunFolder

CREDITS = [
    Credit("digits", title="Digits", shares=[Share("cc-by-sa-4.0", 9, 3.6), Share(None, 1, 0.1)]),
    Credit("noise", mixed=True, licence="cc0-1.0", shares=[Share("cc0-1.0", 2)]),
]
FACTS = {
    "store": "/data/stores/digits", "generation": 12, "where": "speaker != 'theo'", "valid_split": "valid", "seed": 3,
    "corpora": [asdict(credit) for credit in CREDITS],
    "parameters": 12345, "device": "cpu", "environment": {"python": "3.12", "torch": "2.13.0"},
    "config": {"name": "digits", "description": "Which of ten digits was spoken."},
}  # fmt: skip
ABOUT = About(
    model={"name": "bc_resnet", "tau": 2, "dropout": None},
    task={"config": {"name": "classification", "label": "digit"}, "learnt": {}},
    chain=[{"decode": {}}, {"log_mel": {"n_mels": 40}}],
    seed=0,
    fingerprint="",
    arrays=[],
    stages=[{"spec_augment": {}}],
    heard=[ArraySpec("log_mel", "features", "float16", 40, 100.0), ArraySpec("tokens", "tokens", "int32", 1, None)],
    state={"progress": {"epoch": 1}},
)
EPOCHS = [
    {"epoch": 1, "step": 10, "train_loss": 2.0, "valid_loss": 1.5, "valid_accuracy": 0.5, "seconds": 60.0},
    {"epoch": 2, "step": 20, "train_loss": 1.0, "valid_loss": 0.5, "valid_accuracy": None, "seconds": 30.0},
]
REPORT = {
    "store": "/data/stores/digits@12", "split": "test", "where": None, "weights": "best.safetensors", "loss": 0.25,
    "examples": 300, "accuracy": 0.99, "error_rate": None, "made_worse": 2,
    "intervals": {"accuracy": [0.98, 1.0], "error_rate": [None, None]},
    "by": {"a|b": {"x|y": {"examples": 10, "accuracy": None}}}, "classes": ["0", "1"], "errors": [], "worst": [],
}  # fmt: skip


@pytest.fixture
def lines():
    return card(FACTS, ABOUT, EPOCHS, {"test": REPORT}).splitlines()


def test_it_says_what_the_model_is_and_what_made_it(lines):
    assert lines[:3] == ["# digits", "", "Which of ten digits was spoken."]
    for line in (
        "- Task: `classification` (label digit)",
        "- Model: `bc_resnet` (tau 2); 12,345 parameters",
        "- It hears `log_mel` (features, 40 wide, 100 a second), made by: decode > log_mel",
        "- In training, at load: spec_augment",
        "- It learnt from `tokens` (tokens, 1 wide) as well",
        "- Data: /data/stores/digits, generation 12, where `speaker != 'theo'`",
        "- Corpora: Digits (CC BY-SA 4.0, none known); noise, mixed in (CC0 1.0)",
        "- Chosen on valid, epoch 2 of 2: loss 0.5000, accuracy -",
        "- Seed 3, 1.5 minutes on cpu",
        "- python 3.12, torch 2.13.0",
    ):
        assert line in lines


def test_it_says_how_good_the_model_is(lines):
    start = lines.index("### test, 300 examples of /data/stores/digits@12")
    assert lines[start + 2 : start + 12] == [
        "| figure | value | 95 % interval |",
        "|---|---|---|",
        "| loss | 0.2500 |  |",
        "| accuracy | 0.9900 | 0.9800 to 1.0000 |",
        "| error_rate | - | - to - |",
        "| made_worse | 2 |  |",
        "",
        "| a\\|b | examples | figures |",
        "|---|---|---|",
        "| x\\|y | 10 | accuracy - |",
    ]
    assert "## Limits" in lines


def test_other_weights_and_selections_are_named():
    report = {**REPORT, "weights": "last.safetensors", "where": "copy == 0"}
    heading = "### test, 300 examples of /data/stores/digits@12, where `copy == 0`, by last.safetensors"
    assert heading in card(FACTS, ABOUT, EPOCHS, {"test": report}).splitlines()


def test_a_run_that_nobody_evaluated_says_so():
    said = card({**FACTS, "config": {"name": "digits", "description": ""}}, ABOUT, EPOCHS, {})
    assert "A model of the task classification." in said
    assert "Not evaluated yet: `wavemill evaluate` adds what it finds." in said


def test_it_is_written_from_what_lies_in_the_folder(tmp_path):
    run = RunFolder(tmp_path)
    run.start("", FACTS)
    for line in EPOCHS:
        run.log(line)
    checkpoint.write(run.best, {}, ABOUT)
    for split in ("test", "valid"):
        run.write_json(f"evaluate-{split}.json", {**REPORT, "split": split})
    write_card(run)
    expected = card(FACTS, ABOUT, EPOCHS, {"test": REPORT, "valid": {**REPORT, "split": "valid"}})
    assert (tmp_path / "README.md").read_text("utf-8") == expected
