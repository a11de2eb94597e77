"""Export: onnxruntime answers as torch does, a file's metadata build the front end again, and faults leave nothing."""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from click.testing import CliRunner
from safetensors import safe_open

from features.chain import Chain
from features.example import Example, Source
from features.stage import PREDICT
from manifests.spec import ArraySpec
from pipelines.build import build
from pipelines.recipe_file import load_recipe
from tests.factories import tone, write_audio, write_lines
from training import checkpoint, commands
from training.catalog import MODELS, model_config, task_class
from training.checkpoint import About
from training.errors import ExportError
from training.export import export
from training.fitted import load_fitted
from training.graphs import Clips, Graph
from training.models.fast_enhancer import State
from training.onnx_model import as_onnx
from training.run_folder import RunFolder

CLASSES = ["drei", "eins", "größer"]
FEATURES = ArraySpec("log_mel", "features", "float16", 16, 100.0)
AUDIO = ArraySpec("audio", "audio", "flac", 1, 8000.0)
CHAIN = Chain.parse([{"decode": {"channels": "mono"}}, {"log_mel": {"n_mels": 16}}], seed=3)
TASKS = {
    "classification": ({"label": "word"}, {"classes": CLASSES}),
    "multi_label": ({"labels": ["word"]}, {"classes": CLASSES, "shares": [0.5, 0.2, 0.1]}),
    "speakers": ({}, {"classes": CLASSES}),
    "detection": ({}, {"classes": CLASSES, "frame_rate": 100.0}),
    "enhancement": ({"noisy": "audio", "clean": "speech"}, {"sample_rate": 8000}),
}
CASES = [
    ("linear", {"segments": 3}, "classification"),
    ("bc_resnet", {"tau": 0.5, "time_stride": 3}, "multi_label"),
    ("conv_net", {"channels": [4, 8], "strides": [[2, 2], [2, 1]]}, "classification"),
    ("conv_net", {"channels": [4, 8], "strides": [[2, 2], [2, 1]], "centre": "bins"}, "detection"),
    ("ecapa_tdnn", {"channels": 16, "embedding": 8}, "speakers"),
    ("m5", {"channels": 8}, "classification"),
]


def checkpoint_of(folder, name, options, task_name, steps=0):
    """A checkpoint of a small model, after so many steps of training, in a folder."""
    torch.manual_seed(0)
    spec = AUDIO if name in ("m5", "fast_enhancer") else FEATURES
    more, learnt = TASKS[task_name]
    kind = task_class(task_name)
    array = {} if task_name == "enhancement" else {"array": spec.name}
    task = kind(kind.Config.model_validate({"name": task_name, **array, **more}), learnt)
    config = model_config(name).model_validate({"name": name, **options})
    model = config.build(task.sizes({spec.name: spec}))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps):
        x, lengths = clips(spec, [1.0, 0.7, 0.2])
        loss = sum((part - 1).square().mean() for part in Clips(model, task)(x, lengths))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    about = About(
        model=config.model_dump(mode="json"),
        task=task.describe(),
        chain=CHAIN.describe(),
        seed=3,
        fingerprint=CHAIN.fingerprint(),
        arrays=[spec],
        heard=[spec],
        state={"progress": {"step": steps}},
    )
    folder.mkdir(exist_ok=True)
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    checkpoint.write(RunFolder(folder).best, tensors, about)
    return folder


def clips(spec, seconds):
    """Clips of these durations in a batch that is a little longer than they are, padded with what is no number."""
    lengths = torch.tensor([max(1, round(duration * spec.rate)) for duration in seconds])
    x = torch.full((len(seconds), int(lengths.max()) + 3, spec.width), torch.nan)
    for place, length in zip(x, lengths.tolist(), strict=True):
        place[:length] = 0.3 * torch.randn(length, spec.width) - 0.1
    return x, lengths


def session(path):
    return onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])


def test_every_model_is_tried():
    elsewhere = {"fast_enhancer", "conv_ctc", "conformer"}  # a stream below, recognisers with their task
    weights_alone = {"vocos", "efficient_speech"}  # see training.graphs.OTHERS
    assert {name for name, *_ in CASES} | elsewhere | weights_alone == set(MODELS)


@pytest.mark.parametrize(("name", "options", "task"), CASES, ids=lambda case: case if isinstance(case, str) else "")
def test_onnxruntime_answers_as_torch_does(tmp_path, name, options, task):
    fitted = load_fitted(checkpoint_of(tmp_path / "run", name, options, task, steps=3))
    told = export(fitted, tmp_path / "made")
    found = session(tmp_path / "made" / "model.onnx")
    assert told["largest_difference"] < 1e-4
    (spec,), model = fitted.about.heard, fitted.model
    outputs, asked = ["scores"], [model.frames if task == "detection" else model]
    if task == "speakers":
        outputs, asked = ["embedding", "cosines"], [model.embed, model.cosines]
    assert list(told["inputs"]) == [given.name for given in found.get_inputs()] == [spec.kind, "lengths"]
    assert list(told["outputs"]) == [given.name for given in found.get_outputs()] == outputs
    assert [given.shape for given in found.get_inputs()] == [["batch", "time", spec.width], ["batch"]]
    for seconds in ([0.0], [0.33], [0.0, 0.51, 0.04], [1.7, 0.9, 0.01, 1.3, 0.3]):
        x, lengths = clips(spec, seconds)
        answers = found.run(outputs, {spec.kind: x.numpy(), "lengths": lengths.numpy()})
        with torch.inference_mode():
            expected = [method(x, lengths) for method in asked]
        for answer, wanted in zip(answers, expected, strict=True):
            torch.testing.assert_close(torch.from_numpy(answer), wanted, atol=1e-5, rtol=1e-4)


def test_a_stream_through_onnxruntime_is_the_offline_answer(tmp_path):
    run = checkpoint_of(tmp_path / "run", "fast_enhancer", {"width": 0.5, "blocks": 1}, "enhancement", steps=2)
    fitted = load_fitted(run)
    assert export(fitted, tmp_path / "made")["batches"] == 24
    found, hop = session(tmp_path / "made" / "model.onnx"), fitted.model.hop
    assert [given.name for given in found.get_inputs()] == ["block", *State._fields]
    x, lengths = clips(AUDIO, [0.8, 0.8])
    with torch.inference_mode():
        expected = fitted.model(x, lengths)[:, :, 0]
    heard = torch.nn.functional.pad(x[:, :6400, 0], (0, 2 * hop)).unfold(1, hop, hop)
    state = [np.zeros([2, *given.shape[1:]], np.float32) for given in found.get_inputs()[1:]]
    told = []
    for block in heard.unbind(1):
        clean, *state = found.run(None, dict(zip(["block", *State._fields], [block.numpy(), *state], strict=True)))
        told.append(clean)
    joined = np.concatenate(told[1:], 1)[:, :6400]  # the first step tells what was before the start
    np.testing.assert_allclose(joined, expected[:, :6400], atol=1e-5)
    assert np.abs(joined).max() > 0.1
    transforms = [node for node in onnx.load(tmp_path / "made" / "model.onnx").graph.node if node.op_type == "DFT"]
    settings = [{setting.name: setting.i for setting in node.attribute} for node in transforms]
    assert len(settings) == 2
    assert not any(s.get("inverse") and s.get("onesided") for s in settings)  # older runtimes have no such one


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a corpus of low and high tones, and a run that was trained on its store through the commands."""
    place = tmp_path_factory.mktemp("export")
    for number in range(24):
        name, hz = ("low", 200 + 9 * number) if number % 2 else ("high", 1500 + 40 * number)
        write_audio(place / "corpus" / name / f"{number:02}.wav", tone(0.1 + 0.01 * number, 16000, hz), 16000)
    recipe = f"""\
name: tones
corpora: {{tones: {{reader: folder, root: "{place}/corpus", label: parent}}}}
source: [tones]
split: {{by: key, valid: 0.3, seed: 1}}
stages:
  - decode: {{channels: mono}}
  - resample: {{sample_rate: 8000}}
  - gain: {{gain_db: {{uniform: [-6, 6]}}}}
  - log_mel: {{n_fft: 256, hop_length: 100, n_mels: 16}}
store: {{path: "{place}/store", format: arrow, keep: {{log_mel: float16}}}}
"""
    config = """\
name: tones
task: {name: classification, label: label}
model: {name: linear, segments: 2}
stages: [{deltas: {of: log_mel, order: 1}}]
optimizer: {lr: 0.01}
epochs: 2
batch_size: 8
threads: 1
"""
    build(load_recipe(write_lines(place / "tones.yaml", recipe), ()), cluster="inline")
    write_lines(place / "config.yaml", config)
    invoke(commands.train, place / "config.yaml", "--store", place / "store", "--out", place / "run", "--json")
    return place


def invoke(command, *arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_the_file_alone_answers_as_predict_does(trained, tmp_path):
    """What is read of the model here comes from the .onnx alone, by onnx; the front end is features.chain's."""
    made = invoke(commands.export, trained / "run", "--out", tmp_path, "--json")
    model = onnx.load(made["out"])
    about = json.loads({entry.key: entry.value for entry in model.metadata_props}["wavemill"])
    chain, at_load = Chain.parse(about["chain"], about["seed"]), Chain.parse(about["stages"])
    assert chain.fingerprint() == about["fingerprint"]
    assert (about["heard"][0]["name"], about["heard"][0]["width"]) == ("log_mel", 32)
    for path in ("high/00.wav", "low/01.wav", "low/23.wav"):
        place = trained / "corpus" / path
        (heard,) = chain.run(Example("a", Source(place.read_bytes(), "a.wav"), split=PREDICT, copy=0))
        frames = heard.features("log_mel")
        frames.frames[:] = frames.frames.astype(about["arrays"][0]["encoding"])  # as the store keeps it
        (heard,) = at_load.run(heard)
        x = heard.features("log_mel").frames[None]
        (scores,) = session(Path(made["out"])).run(["scores"], {"features": x, "lengths": np.array([x.shape[1]])})
        chances = np.exp(scores[0]) / np.exp(scores[0]).sum()
        (said,) = invoke(commands.predict, trained / "run", place, "--json")["predictions"]
        assert about["task"]["learnt"]["classes"][chances.argmax()] == said["label"]
        assert chances.max() == pytest.approx(said["probability"], abs=1e-6)


def test_a_file_says_what_it_is_and_nothing_of_where_it_was_made(tmp_path):
    fitted = load_fitted(checkpoint_of(tmp_path / "run", "linear", {}, "classification"))
    export(fitted, tmp_path / "a.onnx")
    export(fitted, tmp_path / "b.onnx")
    model = onnx.load(tmp_path / "a.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert not [weights for weights in model.graph.initializer if weights.external_data]
    assert (model.producer_name, model.opset_import[0].version) == ("wavemill", 20)
    entries = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    about, made = entries["wavemill"], entries["export"]
    assert (about["seed"], about["fingerprint"], about["chain"]) == (3, CHAIN.fingerprint(), CHAIN.describe())
    assert about["task"]["learnt"]["classes"] == CLASSES
    assert "state" not in about
    assert (made["opset"], made["versions"]["torch"]) == (20, torch.__version__)
    content = (tmp_path / "a.onnx").read_bytes()
    assert str(Path(__file__).parents[2]).encode() not in content
    assert len(content) < 20000  # of which the weights are 4608
    assert content == (tmp_path / "b.onnx").read_bytes()


def test_safetensors_hold_the_weights_and_predict_takes_them(trained, tmp_path):
    target = tmp_path / "w.safetensors"
    made = invoke(commands.export, trained / "run", "--as", "safetensors", "--out", target, "--json")
    assert made == {"out": str(target), "as": "safetensors", "bytes": target.stat().st_size}
    before, after = load_fitted(trained / "run"), load_fitted(target)
    weights = before.model.state_dict()
    assert all(torch.equal(tensor, weights[name]) for name, tensor in after.model.state_dict().items())
    assert (after.about.chain, after.about.heard, after.about.state) == (before.about.chain, before.about.heard, {})
    with safe_open(target, framework="pt") as source:
        assert set(source.keys()) == {f"model.{name}" for name in weights}
        assert json.loads(source.metadata()["export"])["versions"].keys() == {"wavemill", "torch", "numpy"}
    file = trained / "corpus" / "low" / "01.wav"
    assert invoke(commands.predict, target, file, "--json") == invoke(commands.predict, trained / "run", file, "--json")


class Unlike(torch.nn.Module):
    """A model of which the exporter sees something else than what runs."""

    def __init__(self, factor=1.0, more=0.0):
        super().__init__()
        self.factor, self.more = factor, more

    def forward(self, x):
        return (x * self.factor + self.more if torch.compiler.is_exporting() else x * 1.0,)


def graph(module):
    trials = [(torch.linspace(-2, 1, 4)[None],), (torch.zeros(3, 4),)]
    return Graph(module.eval(), module, {"features": ""}, {"scores": ""}, ({0: "batch"},), (torch.ones(2, 4),), trials)


def test_another_answer_than_torchs_is_refused_and_nothing_is_left(tmp_path, monkeypatch):
    fitted = load_fitted(checkpoint_of(tmp_path / "run", "linear", {}, "classification"))
    monkeypatch.setattr("training.export.graph_of", lambda fitted: graph(Unlike(more=0.0125)))
    (tmp_path / "made").mkdir()
    write_lines(tmp_path / "made" / "model.onnx", "an older one")
    words = r"scores differs by 0\.0125, where 1e-05 is allowed, for inputs of 3x4; nothing is written"
    with pytest.raises(ExportError, match=words):
        export(fitted, tmp_path / "made")
    with pytest.raises(ExportError, match=words):
        export(fitted, tmp_path / "nowhere")
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["model.onnx"]
    assert (tmp_path / "made" / "model.onnx").read_text() == "an older one\n"
    assert not (tmp_path / "nowhere").exists()


def test_what_is_no_number_is_another_answer():
    with pytest.raises(ExportError, match="scores differs by inf"):
        as_onnx(graph(Unlike(factor=math.nan)), {})
    content, difference = as_onnx(graph(Unlike(factor=1 + 2e-5)), {"a": "b"})
    assert difference == pytest.approx(4e-5, rel=0.01)  # of 2, where 1e-5 + 2e-4 is allowed
    assert onnx.load_from_string(content).metadata_props[0].value == "b"


def test_a_model_that_depends_on_its_values_cannot_be_written():
    class Branching(torch.nn.Module):
        def forward(self, x):
            return (x + 1 if x.sum() > 0 else x,)

    with pytest.raises(ExportError, match="torch cannot write this model as ONNX"):
        as_onnx(graph(Branching()), {})


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    fitted = load_fitted(checkpoint_of(tmp_path / "run", "linear", {}, "classification"))

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ExportError, match=r"model\.safetensors: cannot be written: No space left on device"):
        export(fitted, tmp_path / "made", "safetensors")
    assert not list((tmp_path / "made").iterdir())
    with pytest.raises(ExportError, match=r"model\.safetensors: cannot be written: Not a directory"):
        export(fitted, tmp_path / "run" / "best.safetensors" / "made", "safetensors")


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    fitted = load_fitted(checkpoint_of(tmp_path / "run", "linear", {}, "classification"))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ExportError, match=r"pip install 'wavemill\[export\]'"):
        export(fitted, tmp_path / "made")
    assert not (tmp_path / "made").exists()
    assert export(fitted, tmp_path / "made", "safetensors")["out"] == str(tmp_path / "made" / "model.safetensors")


def test_a_name_of_the_other_kind_is_refused(tmp_path):
    fitted = load_fitted(checkpoint_of(tmp_path / "run", "linear", {}, "classification"))
    with pytest.raises(ExportError, match=r"say --as onnx, or name it \*\.safetensors"):
        export(fitted, tmp_path / "model.onnx", "safetensors")
