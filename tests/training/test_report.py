"""The page of a run: what it says is what lies in the folder, and nothing of it leads out."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from manifests.spec import ArraySpec
from tests.pipelines.report.parsing import Parsed, leaves
from tests.stores import AUDIO, LOG_MEL, Made, audio, examples, write_store
from training import checkpoint
from training.card import write_card
from training.checkpoint import About
from training.report import CLIPS, NAME
from training.run_folder import RunFolder
from training.tasks.classification import Classification, ClassificationConfig

EVIL = "</td><script>alert(1)</script>"
TASK = Classification(ClassificationConfig(label="digit"), {"classes": ["0", "1", EVIL]})
ABOUT = About(
    model={"name": "bc_resnet", "tau": 2},
    task=TASK.describe(),
    chain=[{"decode": {}}, {"log_mel": {"n_mels": 40}}],
    seed=0,
    fingerprint="",
    arrays=[],
    heard=[ArraySpec("log_mel", "features", "float16", 40, 100.0)],
    state={"progress": {"epoch": 1}},
)
EPOCHS = [
    {"epoch": 1, "step": 10, "train_loss": 2.0, "valid_loss": 1.5, "valid_accuracy": 0.5, "seconds": 60.0},
    {"epoch": 2, "step": 20, "train_loss": 1.0, "valid_loss": 0.5, "valid_accuracy": 0.75, "seconds": 30.0},
    {"epoch": 3, "step": 30, "train_loss": 0.9, "valid_loss": None, "valid_accuracy": None, "seconds": 30.0},
]


def worst(keys):
    return [
        {"key": key, "copy": 0, "part": 0, "truth": "0", "answer": EVIL, "probability": 0.75, "loss": float(9 - place)}
        for place, key in enumerate(keys)
    ]


def report(store, split, keys, **more):
    found = {"store": f"{store}@1", "split": split, "where": None, "weights": "best.safetensors", "loss": 0.25}
    found |= {"examples": 3000, "accuracy": 0.99, "intervals": {"accuracy": [0.98, 1.0]}, "errors": []}
    found |= {"classes": TASK.classes, "confusion": [[8, 2, 0], [0, 10, 0], [1, 0, 9]], "worst": worst(keys)}
    return found | more


@pytest.fixture
def kept(tmp_path):
    """A store that keeps audio, with its keys."""
    rng = np.random.default_rng(0)
    made = [Made(f"clip/{n:02}", {"audio": audio(rng, 800)}, text=f"text {n}") for n in range(20)]
    return write_store(tmp_path / "kept", {"test": made}, (AUDIO,)), [one.key for one in made]


def written(folder, reports):
    run = RunFolder(folder)
    config = {
        "name": EVIL,
        "description": "Which digit.",
        "epochs": 3,
        "where": None,
        "optimizer": {"lr": 0.01, "name": "adamw"},
    }
    facts = {"store": "/stores/digits", "generation": 12, "where": None, "valid_split": "valid", "seed": 3}
    facts |= {"parameters": 12345, "device": "cpu", "environment": {"torch": "2.13.0"}, "config": config}
    run.start("", facts)
    for line in EPOCHS:
        run.log(line)
    checkpoint.write(run.best, {}, ABOUT)
    for found in reports:
        run.write_json(f"evaluate-{found['split']}.json", found)
    write_card(run)
    page = Parsed((folder / NAME).read_text("utf-8"))
    assert leaves(page) == []
    return page


def test_figures_stand_with_their_intervals_and_groups(tmp_path, kept):
    by = {EVIL: {"ada": {"examples": 10, "accuracy": 0.9}, "ben": {"examples": 20, "accuracy": None}}}
    page = written(tmp_path / "run", [report(kept[0], "test", [], by=by)])
    assert page.rows("figures-on-test") == [
        ["figure", "value", "95 % interval"],
        ["loss", "0.2500", ""],
        ["accuracy", "0.9900", "0.9800 to 1.0000"],
    ]
    assert page.rows("figures-on-test", 1) == [
        [EVIL, "examples", "accuracy"],
        ["ada", "10", "0.9000"],
        ["ben", "20", "-"],
    ]
    assert page.all("h1")[0].text == EVIL


def test_the_confusion_is_that_of_the_report(tmp_path, kept):
    page = written(tmp_path / "run", [report(kept[0], "test", [])])
    header, *rows = page.rows("confusion-on-test")
    assert header[1:] == [row[0] for row in rows] == ["0", "1", EVIL]
    assert [[int(cell) for cell in row[1:]] for row in rows] == [[8, 2, 0], [0, 10, 0], [1, 0, 9]]


def test_many_classes_are_not_drawn(tmp_path, kept):
    many = [str(number) for number in range(60)]
    found = report(kept[0], "test", [], classes=many, confusion=np.eye(60, dtype=int).tolist())
    page = written(tmp_path / "run", [found])
    assert "It has 60 classes: evaluate-test.json has their matrix." in page.section("confusion-on-test").text


def test_each_figure_has_a_curve_and_the_chosen_epoch_is_named(tmp_path):
    page = written(tmp_path / "run", [])
    captions = [one.text for one in page.all("figcaption")]
    assert captions == [
        "loss; in the chosen epoch: train 1.0000, valid 0.5000",
        "accuracy; in the chosen epoch: valid 0.7500",
    ]
    legends = [
        [(li.text, li.attributes["class"]) for li in one.below]
        for one in page.all("ul")
        if "legend" in str(one.attributes)
    ]
    assert legends == [[("train", "c0"), ("valid", "c1")], [("valid", "c1")]]
    assert "Not evaluated yet" in page.section("figures").text
    assert "Chosen on valid, epoch 2 of 3: loss 0.5000, accuracy 0.7500." in page.all("header")[0].text


def test_the_worst_are_heard_where_the_store_keeps_audio(tmp_path, kept):
    store, keys = kept
    page = written(tmp_path / "run", [report(store, "test", keys)])
    section = page.section("highest-losses-on-test")
    assert [one.attributes["aria-label"] for one in section.below if one.tag == "audio"] == keys[:CLIPS]
    assert "text 3" in section.text
    rows = page.rows("highest-losses-on-test")[1:]
    assert [row[0] for row in rows] == keys
    assert rows[0][1:] == [f"0 heard as {EVIL} (0.75)", "9.0000"]


def test_several_splits_share_the_clips(tmp_path, kept):
    store, keys = kept
    page = written(tmp_path / "run", [report(store, "test", keys[:8]), report(store, "valid", keys[8:])])
    heard = [one.attributes["aria-label"] for one in page.all("audio")]
    assert heard == keys[:8], "valid is no split of that store"
    assert [row[0] for row in page.rows("highest-losses-on-valid")[1:]] == keys[8:]


def test_without_audio_or_a_store_they_are_listed(tmp_path):
    without = write_store(tmp_path / "without", {"test": examples(3)}, (LOG_MEL,))
    for number, store in enumerate((without, tmp_path / "gone", "s3-is-no-scheme://x")):
        page = written(tmp_path / f"run{number}", [report(store, "test", ["clip/0000.wav"])])
        assert page.all("audio") == []
        assert [row[0] for row in page.rows("highest-losses-on-test")[1:]] == ["clip/0000.wav"]
        assert "They cannot be heard here" in page.section("highest-losses-on-test").text


def test_a_damaged_example_is_listed(tmp_path, kept):
    store, keys = kept
    (shard,) = [path for path in (store / "shards").iterdir() if "00000" in path.name]
    content = bytearray(shard.read_bytes())
    for place in range(100, len(content), 50):
        content[place] ^= 255
    shard.write_bytes(content)
    page = written(tmp_path / "run", [report(store, "test", keys[:3])])
    assert page.all("audio") == []
    assert len(page.rows("highest-losses-on-test")) == 4


def test_the_configuration_is_flat_and_leaves_out_what_is_not_set(tmp_path):
    page = written(tmp_path / "run", [])
    assert page.rows("configuration") == [
        ["setting", "value"],
        ["epochs", "3"],
        ["optimizer.lr", "0.01"],
        ["optimizer.name", "adamw"],
    ]
    assert "Generation 12 of /stores/digits" in page.section("made-from").text


def test_a_task_that_this_version_does_not_know(tmp_path, kept, monkeypatch):
    monkeypatch.setattr("training.report.restore", lambda described: {}["task"])
    page = written(tmp_path / "run", [report(kept[0], "test", kept[1][:1])])
    assert page.rows("highest-losses-on-test")[1][1] == ""


def test_a_loss_that_is_no_number(tmp_path, kept):
    found = report(kept[0], "test", kept[1][:1], accuracy=None, intervals={"accuracy": [None, None]})
    found["worst"][0]["loss"] = math.nan
    page = written(tmp_path / "run", [json.loads(json.dumps(found).replace("NaN", "null"))])
    assert page.rows("highest-losses-on-test")[1][2] == "-"
    assert page.rows("figures-on-test")[2] == ["accuracy", "-", "- to -"]
