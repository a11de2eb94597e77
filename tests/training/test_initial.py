"""Fine-tuning: a run begins with another one's weights, says which, and refuses what does not fit."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from tests.factories import write_audio, write_lines
from tests.training import through_commands as through
from training import checkpoint, commands
from training.card import card
from training.errors import CheckpointError, TrainingError
from training.run_folder import RunFolder

RECIPE = """\
name: pitches
corpora:
  pitches: {{reader: folder, root: "{root}", label: parent}}
source: [pitches]
split: {{by: key, valid: 0.2, seed: 1}}
stages:
  - decode: {{channels: mono}}
  - log_mel: {{n_fft: 256, hop_length: 200, n_mels: {bins}}}
store: {{path: "{store}", keep: {{log_mel: float16{more}}}}}
"""
CONFIG = """\
name: pitches
task: {name: classification, label: label}
model: {name: linear, segments: 2}
optimizer: {lr: 0.02}
epochs: 2
batch_size: 8
threads: 1
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A corpus of two kinds of clips, its store, and a run of it."""
    place = tmp_path_factory.mktemp("fine")
    rng = np.random.default_rng(0)
    for number in range(30):
        tone = np.sin(2 * np.pi * (300 if number % 2 else 2000) * np.arange(2000) / 8000)
        wave = 0.3 * tone + 0.02 * rng.normal(size=2000)
        write_audio(place / "corpus" / ("low" if number % 2 else "high") / f"{number:02}.wav", wave[None])
    through.store_of(place, RECIPE, bins=16, more="")
    through.train(place, CONFIG)
    return place


def start(place, out, *more, config=CONFIG):
    """What training into `out` says and leaves, and what it says on standard error."""
    path = write_lines(place / "config.yaml", config)
    arguments = (path, "--store", place / "store", "--out", place / out, "--json", *more)
    result = through.run(commands.train, *arguments)
    return RunFolder(place / out), result.stderr


def weights(path):
    return checkpoint.below("model.", checkpoint.read(path)[0])


STILL = ("--set", "optimizer={lr: 1e-30, weight_decay: 0}", "--set", "epochs=1")
"""A step of such a length leaves float32 weights as they are; running means of a normalisation move."""


def test_a_run_begins_with_the_best_weights_of_another(place):
    best = weights(place / "run/best.safetensors")
    for number, other in enumerate((place / "run", place / "run/best.safetensors")):
        run, said = start(place, f"same{number}", "--init", other, *STILL, "--set", "seed=7")
        found = weights(run.last)
        learnt = [name for name in found if name.endswith(("weight", "bias"))]
        assert learnt
        assert all(torch.equal(found[name], best[name]) for name in learnt)
        assert f"{len(best)} of {len(best)} weights from {place / 'run/best.safetensors'}\n" in said
        record = run.facts()["init"]
        assert (record["weights"], record["taken"]) == (str(place / "run/best.safetensors"), len(best))
        assert (record["new"], record["left"]) == ([], [])
    fresh, _ = start(place, "fresh", *STILL, "--set", "seed=7")
    assert not all(torch.equal(found[name], value) for name, value in weights(fresh.last).items())
    assert "init" not in fresh.facts()


def test_the_same_start_gives_the_same_weights(place):
    runs = [start(place, f"twice{number}", "--init", place / "run")[0] for number in (0, 1)]
    first, second = (weights(run.last) for run in runs)
    assert all(torch.equal(first[name], second[name]) for name in first)
    losses = [[line["train_loss"] for line in run.epochs()] for run in (*runs, RunFolder(place / "run"))]
    assert losses[0] == losses[1]
    assert losses[0][0] < losses[2][0]


def test_the_card_says_where_a_run_began(place):
    run, _ = start(place, "carded", "--init", place / "run")
    line = f"- It began with 4 of 4 weights from {place / 'run/best.safetensors'}; what those had heard may be told"
    assert line in (run.path / "README.md").read_text("utf-8")
    facts, about = run.facts(), checkpoint.read(run.best)[1]
    parts = {"new": [f"n{number}" for number in range(7)], "left": ["old"], "taken": 3}
    shown = card({**facts, "init": {**facts["init"], **parts}}, about, run.epochs(), {})
    assert "3 of 4 weights" in shown
    assert "; new: n0, n1, n2, n3, n4 and 2 more; not taken: old; what those" in shown


def other_weights(place, name, change):
    """A file of the run's weights, after a change."""
    tensors, about = checkpoint.read(place / "run/best.safetensors")
    change(tensors)
    path = place / f"{name}.safetensors"
    checkpoint.write(path, tensors, about)
    return path


def test_names_that_only_one_side_has_are_allowed_and_said(place):
    def change(tensors):
        tensors["model.extra"] = tensors.pop("model.classify.bias")

    path = other_weights(place, "partly", change)
    run, said = start(place, "partly", "--init", path, *STILL)
    assert f"3 of 4 weights from {path}; new: classify.bias; not taken: extra\n" in said
    record = run.facts()["init"]
    assert (record["taken"], record["of"], record["new"], record["left"]) == (3, 4, ["classify.bias"], ["extra"])


def test_another_shape_of_one_name_is_refused(place):
    config = CONFIG.replace("segments: 2", "segments: 3")
    with pytest.raises(TrainingError, match=r"classify\.weight is 2 x \d+ there and 2 x \d+ here"):
        start(place, "never", "--init", place / "run", config=config)
    assert not (place / "never").exists()


def test_a_model_without_a_single_name_in_common_is_refused(place):
    def change(tensors):
        for name in list(tensors):
            tensors[f"model.encoder.{name}"] = tensors.pop(name)

    with pytest.raises(TrainingError, match="none of its weights is called as one of this model is"):
        start(place, "never", "--init", other_weights(place, "strange", change))
    assert not (place / "never").exists()


def test_other_features_are_refused_and_arrays_that_are_new_are_not(place, tmp_path):
    (tmp_path / "corpus").symlink_to(place / "corpus")
    store = through.store_of(tmp_path, RECIPE, bins=24, more="")
    with pytest.raises(CheckpointError, match=r"log_mel\.n_mels is 24 in the store and 16 in the checkpoint"):
        through.train(tmp_path, CONFIG, "--init", place / "run")
    assert not (tmp_path / "run").exists()
    store.rename(tmp_path / "wide")
    through.store_of(tmp_path, RECIPE, bins=16, more=", audio: flac")
    out, _ = through.train(tmp_path, CONFIG, "--init", place / "run")
    assert json.loads((out / "run.json").read_text())["init"]["taken"] == 4


def test_a_run_that_was_killed_early_begins_again_with_the_same(place):
    run, _ = start(place, "killed", "--init", place / "run")
    whole = weights(run.last)
    run.last.unlink()
    with pytest.raises(TrainingError, match="--init is for a new run"):
        start(place, "killed", "--resume", "--init", place / "run")
    start(place, "killed", "--resume")
    assert all(torch.equal(tensor, whole[name]) for name, tensor in weights(run.last).items())
    assert run.facts()["init"]["taken"] == 4


def test_a_run_that_was_killed_early_wants_the_weights_that_it_began_with(place):
    path = other_weights(place, "changing", lambda tensors: None)
    run, _ = start(place, "uprooted", "--init", path)
    other_weights(place, "changing", lambda tensors: tensors["model.classify.bias"].add_(1))
    start(place, "uprooted", "--resume")  # its own checkpoint is enough
    run.last.unlink()
    with pytest.raises(TrainingError, match=r"changing\.safetensors: no longer the weights that the run began with"):
        start(place, "uprooted", "--resume")
