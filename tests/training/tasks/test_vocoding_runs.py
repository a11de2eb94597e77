"""A vocoder with a critic, through the commands: it trains, goes on, and answers without it."""

from __future__ import annotations

import json

import pytest
import torch
import torch.distributed as dist
from safetensors import safe_open

from pipelines.yaml_source import read_yaml
from tests.factories import write_audio
from tests.features.examples import babble
from tests.training import through_commands as through
from training import checkpoint, commands
from training.errors import DataError, ExportError, TrainingError
from training.export import export
from training.fitted import load_fitted
from training.progress import Watch
from training.train import train

RECIPE = """\
name: voices
corpora:
  voices: {{reader: folder, root: "{root}"}}
source: [voices]
split: {{by: key, valid: 0.2, seed: 1}}
stages:
  - decode: {{channels: mono}}
  - resample: {{sample_rate: 8000}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 20, floor: 1.0e-5, power: 1}}
store: {{path: "{store}", keep: {{log_mel: float16, audio: flac}}}}
"""
PLAIN = """\
name: vocoder
task: {name: vocoding, segment_frames: 16, rounds: 0}
model: {name: vocos, channels: 8, hidden: 16, layers: 1}
optimizer: {lr: 0.002}
epochs: 2
batch_size: 4
threads: 1
"""
JUDGED = (
    "model={name: vocos, channels: 8, hidden: 16, layers: 1, critic: {channels: 2}}",
    "task.losses={adversarial: 0.1, feature_matching: 0.1}",
)
CRITIC = [word for change in JUDGED for word in ("--set", change)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A store of speech-like sounds, a run of a plain vocoder, and one that went on from it with a critic."""
    place = tmp_path_factory.mktemp("vocoding")
    for number in range(14):
        write_audio(place / f"corpus/{number:02}.wav", babble(0.3 + 0.02 * number, 8000, number), 8000)
    through.store_of(place, RECIPE)
    through.train(place, PLAIN)
    trained(place, "judged", "--init", place / "run", *CRITIC)
    return place


def trained(place, out, *more):
    arguments = (place / "config.yaml", "--store", place / "store", "--out", place / out, *more)
    return through.answer_of(commands.train, *arguments)


def weights(path):
    return checkpoint.below("model.", checkpoint.read(path)[0])


def test_a_plain_run_begins_one_with_a_critic(place):
    facts, plain = (json.loads((place / name / "run.json").read_text()) for name in ("judged", "run"))
    there = weights(place / "run/best.safetensors")
    assert facts["init"]["taken"] == len(there)
    assert facts["init"]["left"] == []
    assert all(name.startswith("critic.eyes.") for name in facts["init"]["new"])
    assert facts["init"]["of"] == len(there) + len(facts["init"]["new"]) == len(there) + 3 * 5 * 3
    assert facts["parameters"] == plain["parameters"]  # of what answers
    moved = weights(place / "judged/last.safetensors")
    assert any(not torch.equal(moved[name], there[name]) for name in there)


def test_what_answers_has_no_critic(place, tmp_path):
    fitted = load_fitted(place / "judged")
    assert not [name for name in fitted.model.state_dict() if "critic" in name]
    report = through.evaluate(place, "--split", "valid")
    judged = through.answer_of(commands.evaluate, place / "judged", "--store", place / "store", "--split", "valid")
    assert report.keys() == judged.keys()
    file = place / "corpus/03.wav"
    for number, model in enumerate((place / "judged", tmp_path / "model.safetensors")):
        if number:
            export(fitted, model, "safetensors")
            with safe_open(model, framework="pt") as source:
                assert not [name for name in source.keys() if "critic" in name]  # noqa: SIM118 (it is no mapping)
        through.answer_of(commands.predict, model, file, "--out", tmp_path / str(number))
    first, second = (tmp_path / name / "03.vocoded.wav" for name in "01")
    assert first.read_bytes() == second.read_bytes()
    with pytest.raises(ExportError, match="write it --as safetensors"):
        export(fitted, tmp_path / "model.onnx")


class Ended(Exception):
    pass


def test_a_run_that_is_resumed_ends_with_the_weights_of_one_that_was_not(place):
    """Those of the critic, too. The first try ends within the second epoch."""

    class Ends(Watch):
        def step(self, progress, steps):
            if progress.epoch == 1:
                raise Ended

    document = read_yaml(str(place / "config.yaml"), JUDGED)
    with pytest.raises(Ended):
        train(document, place / "store", place / "ended", init=place / "run", watch=Ends())
    trained(place, "ended", "--resume", *CRITIC)
    found, whole = (weights(place / name / "last.safetensors") for name in ("ended", "judged"))
    assert found.keys() == whole.keys()
    assert all(torch.equal(found[name], whole[name]) for name in whole)


def test_a_run_of_an_earlier_version_goes_on(place):
    """One whose run.json knows nothing of critics."""
    trained(place, "early")
    path = place / "early/run.json"
    facts = json.loads(path.read_text())
    del facts["config"]["model"]["critic"], facts["config"]["task"]["losses"]["adversarial"]
    path.write_text(json.dumps(facts))
    assert trained(place, "early", "--resume")["epochs"] == 2
    with pytest.raises(TrainingError, match="was begun with another task, model;"):
        trained(place, "early", "--resume", *CRITIC)
    with pytest.raises(TrainingError, match="was begun with another model;"):
        trained(place, "early", "--resume", "--set", "model.layers=2")


def test_ranks_average_the_gradients_of_both_sides(place):
    """One rank that is told of others: every parameter has its gradient in the one backward."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        trained(place, "ranks", "--init", place / "run", *CRITIC)
    finally:
        dist.destroy_process_group()
    found, whole = (weights(place / name / "last.safetensors") for name in ("ranks", "judged"))
    assert all(torch.equal(found[name], whole[name]) for name in whole)


def test_a_critic_that_is_not_there_is_named_before_anything_is_written(place):
    with pytest.raises(DataError, match="are what a critic says, and the model has none"):
        trained(place, "never", "--set", "task.losses={adversarial: 0.1}")
    assert not (place / "never").exists()
