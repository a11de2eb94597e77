"""From recordings to answers, through the commands: build a small store, train, evaluate, predict."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from click.testing import CliRunner

from pipelines.build import build
from pipelines.errors import ConfigError
from pipelines.recipe_file import load_recipe
from tests.factories import write_audio, write_lines
from training import checkpoint, commands
from training.errors import CheckpointError, DataError, PredictError, TrainingError
from training.evaluate import evaluate
from training.fitted import load_fitted
from training.loader import load
from training.predict import batch_of, predict, run_chain
from training.train import Unchanging
from wavemill import main

RECIPE = """\
name: pitches
corpora:
  pitches: {{reader: folder, root: "{root}", label: parent}}
source: [pitches]
split: {{by: key, valid: 0.2, test: 0.2, seed: 1}}
copies: {{train: 2}}
stages:
  - decode: {{channels: mono}}
  - resample: {{sample_rate: 8000}}
  - gain: {{gain_db: {{uniform: [-6, 6]}}}}
  - log_mel: {{n_fft: 256, hop_length: 200, n_mels: {n_mels}}}
store: {{path: "{store}", format: arrow, keep: {{log_mel: float16}}}}
"""
CONFIG = """\
name: pitches
task: {name: classification, label: label}
model: {name: bc_resnet, tau: 0.5, dropout: 0}
optimizer: {lr: 0.02}
epochs: 10
batch_size: 8
threads: 1
"""
CLASSES = ["high", "low"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a corpus of low and high tones in noise, its store, and a training configuration."""
    place = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    for number in range(60):
        hz = rng.uniform(200, 500) if number % 2 else rng.uniform(1500, 3000)
        time = np.arange(int(rng.integers(1200, 2400))) / 8000
        wave = 0.3 * np.sin(2 * np.pi * hz * time) + 0.02 * rng.normal(size=len(time))
        write_audio(place / "corpus" / ("low" if number % 2 else "high") / f"{number:02}.wav", wave[None])
    make_store(place, "store")
    write_lines(place / "config.yaml", CONFIG)
    return place


def make_store(place, name, n_mels=16):
    text = RECIPE.format(root=place / "corpus", store=place / name, n_mels=n_mels)
    build(load_recipe(write_lines(place / f"{name}.yaml", text), ()), cluster="inline")
    return place / name


def invoke(command, *arguments):
    """What a command prints on standard output; what it raises is raised."""
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def train(place, out, *more):
    config, store = place / "config.yaml", place / "store"
    return json.loads(invoke(commands.train, config, "--store", store, "--out", out, "--json", *more))


@pytest.fixture(scope="module")
def run(place):
    train(place, place / "run")
    return place / "run"


def test_train_leaves_a_whole_run(place, run):
    assert sorted(path.name for path in run.iterdir() if not path.name.startswith(("evaluate", "confusion"))) == [
        ".lock",
        "README.md",
        "best.safetensors",
        "config.yaml",
        "curves.png",
        "last.safetensors",
        "metrics.jsonl",
        "report.html",
        "run.json",
    ]
    assert (run / "config.yaml").read_text() == (place / "config.yaml").read_text()
    facts = json.loads((run / "run.json").read_text())
    assert (facts["store"], facts["generation"], facts["seed"]) == (str(place / "store"), 1, 0)
    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG")
    tensors, about = checkpoint.read(run / "best.safetensors")
    assert all(name.startswith("model.") for name in tensors)
    assert about.task["learnt"]["classes"] == CLASSES
    assert [next(iter(stage)) for stage in about.chain] == ["decode", "resample", "gain", "log_mel"]


def test_evaluate_agrees_with_its_own_parts(place, run):
    report = json.loads(invoke(commands.evaluate, run, "--store", place / "store", "--by", "label", "--json"))
    matrix = np.array(report["confusion"])
    assert report["accuracy"] == np.trace(matrix) / matrix.sum() >= 0.9
    assert matrix.sum() == report["examples"] == sum(g["examples"] for g in report["by"]["label"].values())
    assert len(report["errors"]) == matrix.sum() - np.trace(matrix)
    assert report["by"]["label"]["low"]["examples"] == matrix[1].sum()
    assert json.loads((run / "evaluate-test.json").read_text()) == report
    assert (run / "confusion-test.png").read_bytes().startswith(b"\x89PNG")
    scores = pq.read_table(run / "evaluate-test.parquet").to_pydict()
    assert len(scores["loss"]) == report["examples"]
    assert np.mean(scores["loss"]) == pytest.approx(report["loss"])
    wrong = [key for key, is_wrong in zip(scores["key"], scores["wrong"], strict=True) if is_wrong]
    assert sorted(wrong) == sorted(error["key"] for error in report["errors"])


def test_evaluate_lists_the_errors(place, run):
    report = evaluate(run, place / "store", "train")
    fitted = load_fitted(run)
    with torch.no_grad():  # weights that take everything for high
        fitted.model.classify.weight.zero_()
        fitted.model.classify.bias.copy_(torch.tensor([3.0, 0.0]))
    tensors = {f"model.{name}": tensor for name, tensor in fitted.model.state_dict().items()}
    (place / "stubborn").mkdir()
    checkpoint.write(place / "stubborn" / "best.safetensors", tensors, fitted.about)
    stubborn = evaluate(place / "stubborn", place / "store", "train")
    assert stubborn["confusion"] == [[row, 0] for row in np.sum(report["confusion"], 1).tolist()]
    assert len(stubborn["errors"]) == sum(report["confusion"][1])
    chance = 1 / (1 + np.exp(-3))
    error = stubborn["errors"][0]
    assert (error["truth"], error["answer"], error["probability"]) == ("low", "high", pytest.approx(chance))
    assert error["loss"] == pytest.approx(-np.log(1 - chance), rel=1e-5)
    assert [answer["truth"] for answer in stubborn["worst"]] == ["low"] * len(stubborn["worst"])
    assert "heard as high" in invoke(commands.evaluate, place / "stubborn", "--store", place / "store")


def test_evaluate_of_a_selection(place, run):
    report = evaluate(run, place / "store", "train", where="label == 'low' and copy == 0")
    assert report["confusion"][0] == [0, 0]
    with pytest.raises(DataError, match="--by speaker: no example in test has it"):
        evaluate(run, place / "store", "test", by="speaker")


def test_other_features_are_refused(place, run):
    other = make_store(place, "other", n_mels=24)
    with pytest.raises(CheckpointError, match=r"log_mel\.n_mels is 24 in the store and 16 in the checkpoint"):
        evaluate(run, other, "test")


def test_predict_hears_what_the_store_kept(place, run):
    fitted = load_fitted(run)
    for batch in islice(load(place / "store", "test", batch_size=1, shuffle=False), 3):
        path = place / "corpus" / batch.keys[0].partition("/")[2]
        (example,) = run_chain(fitted, path)
        assert torch.equal(batch_of(fitted, [example]).arrays["log_mel"], batch.arrays["log_mel"])
        with torch.inference_mode():
            scores = fitted.task.outputs(fitted.model, batch).softmax(1)[0]
        (heard,) = predict(fitted, path)
        assert heard["label"] == CLASSES[int(scores.argmax())]
        assert heard["probability"] == pytest.approx(float(scores.max()), abs=1e-6)
        assert [item["label"] for item in heard["top"]] == [CLASSES[n] for n in scores.argsort(descending=True)]


def test_statistics_of_train_travel_with_the_model(place):
    out = place / "standardized"
    train(place, out, "--set", "stages=[standardize]", "--set", "epochs=1", "--set", "mixup={alpha: 0.4}")
    fitted = load_fitted(out)
    test = load(
        place / "store", "test", batch_size=1, shuffle=False, stages=["standardize"], fitted=fitted.about.fitted
    )
    assert evaluate(out, place / "store", "test")["examples"] == len(test)
    for batch in islice(test, 3):
        (example,) = run_chain(fitted, place / "corpus" / batch.keys[0].partition("/")[2])
        assert torch.equal(batch_of(fitted, [example]).arrays["log_mel"], batch.arrays["log_mel"])
    before = (out / "last.safetensors").read_bytes()
    train(place, out, "--resume", "--set", "stages=[standardize]", "--set", "epochs=1", "--set", "mixup={alpha: 0.4}")
    assert (out / "last.safetensors").read_bytes() == before


def test_predict_on_the_command_line(place, run):
    files = [place / "corpus" / "low" / "01.wav", place / "corpus" / "high" / "00.wav"]
    found = json.loads(invoke(commands.predict, run, *files, "--json"))["predictions"]
    assert [(item["file"], item["label"]) for item in found] == [(str(files[0]), "low"), (str(files[1]), "high")]
    lines = invoke(commands.predict, run / "best.safetensors", *files).splitlines()
    assert lines[0].startswith(f"{files[0]}: low ")


def test_predict_says_why_a_file_cannot_be_used(place, run):
    fitted = load_fitted(run)
    broken = write_lines(place / "broken.wav", "no audio at all")
    with pytest.raises(PredictError, match=r"broken\.wav: decode: "):
        predict(fitted, broken)
    with pytest.raises(PredictError, match="cannot be read: No such file"):
        predict(fitted, place / "nowhere.wav")


def test_resume_goes_on_with_the_same_run(place, run):
    whole = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    out = place / "again"
    train(place, out)
    again = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [line["train_loss"] for line in again] == [line["train_loss"] for line in whole]
    assert train(place, out, "--resume")["epochs"] == 10  # finished: nothing is left to do
    with pytest.raises(TrainingError, match="was begun with another epochs, where"):
        train(place, out, "--resume", "--set", "epochs=7", "--where", "label == 'low'")
    with pytest.raises(TrainingError, match="there is a run here"):
        train(place, out)
    (out / "last.safetensors").unlink()
    assert train(place, out, "--resume")["epochs"] == 10  # killed before any checkpoint: from the start
    assert json.loads((out / "metrics.jsonl").read_text().splitlines()[-1])["train_loss"] == whole[-1]["train_loss"]
    with pytest.raises(TrainingError, match="no run here"):
        train(place, place / "nowhere", "--resume")


def test_resume_goes_on_with_the_same_store(place, run):
    other = make_store(place, "narrow", n_mels=8)
    config = place / "config.yaml"
    for store, message in (
        (other, "was begun with other features than .*narrow holds, those of .*store"),
        (f"{place / 'store'}@7", "was begun with another generation of the store, 1;"),
    ):
        with pytest.raises(TrainingError, match=message):
            invoke(commands.train, config, "--store", store, "--out", run, "--resume")


def test_what_stages_at_load_draw_for_the_split_that_chooses_is_the_same_each_time(place):
    stages = [{"spec_augment": {"act_on": "all"}}]
    valid = Unchanging(load(place / "store", "valid", shuffle=False, batch_size=4, stages=stages))
    first, second = ([batch.arrays["log_mel"] for batch in valid] for _ in "ab")
    assert len(first) == len(second) > 1
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        (["--set", "task.label=colour"], DataError, "label 'colour' is None for a recording in train"),
        (["--where", "label == 'low'"], DataError, "label 'label' has 1 values in train"),
        (["--set", "model.name=resnet"], ConfigError, "model.name"),
        (["--set", "task.array=log_mels"], ValueError, "no array 'log_mels'; did you mean log_mel"),
        (["--valid-split", "validation"], ValueError, "no split 'validation'; did you mean valid"),
    ],
)
def test_mistakes_are_named_before_anything_is_written(place, more, error, message):
    with pytest.raises(error, match=message):
        train(place, place / "never", *more)
    assert not (place / "never").exists()


def test_errors_reach_the_shell_with_their_code(place, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["wavemill", "predict", str(place / "corpus"), "x.wav"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert "no checkpoint here; wavemill train writes one" in capsys.readouterr().err


def test_importing_the_commands_imports_no_torch():
    code = "import sys, training.commands; print('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert shown.stdout.strip() == "False"
