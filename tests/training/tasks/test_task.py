"""What all tasks share: which models suit them, which arrays go together, what is better."""

from __future__ import annotations

import math

import numpy as np
import pytest

from manifests.spec import ArraySpec
from tests.training.tasks.batches import batch_of
from training.catalog import TASKS, model_config, task_class
from training.errors import DataError
from training.tasks.task import require_together

FEATURES = ArraySpec("log_mel", "features", "float16", 40, 100.0)
TARGETS = ArraySpec("targets", "features", "float32", 2, 100.0)
NOISY, CLEAN = (ArraySpec(name, "audio", "flac", 1, 8000.0) for name in ("noisy", "audio"))
SPECS = {spec.name: spec for spec in (FEATURES, TARGETS, NOISY, CLEAN)}


LEARNT = {
    "classes": ["a", "b"],
    "frame_rate": 100,
    "sample_rate": 8000,
    "vocabulary": ["<blank>", "<unk>", "a"],
    "spelled": True,
    "text_stages": [],
    "longest_seconds": 5.0,
    "speakers": [],
    "mel": {"sample_rate": 8000, "log_mel": {"n_fft": 256, "hop_length": 80, "n_mels": 40}},
    "statistics": {
        "mel": {"mean": [0.0] * 40, "deviation": [1.0] * 40},
        "log_pitch": {"mean": 5.0, "deviation": 0.3},
        "energy": {"mean": 0.0, "deviation": 1.0},
    },
}


def task(name, **config):
    kind = task_class(name)
    return kind(kind.Config.model_validate(config), LEARNT)


@pytest.mark.parametrize(
    ("named", "model", "missing"),
    [
        (task("speakers"), "conv_net", "conv_net has no compare, which the task speakers needs; take ecapa_tdnn"),
        (task("speakers"), "linear", "linear has no embed and no compare"),
        (task("detection"), "bc_resnet", "bc_resnet has no frames and no frame_stride, .* take conv_net"),
        (task("detection"), "ecapa_tdnn", "ecapa_tdnn has no frame_stride"),
        (task("enhancement"), "m5", "m5 has no begin and no step, .* take fast_enhancer"),
        (task("classification", label="x"), "m5", "m5 hears a waveform"),
        (task("enhancement"), "conv_net", "conv_net hears features"),
        (task("classification", label="x"), "conv_ctc", "conv_ctc does not score clips, .* take conv_net"),
        (task("recognition"), "conv_net", "conv_net has no subsampling, .* take conv_ctc"),
    ],
)
def test_a_model_that_a_task_cannot_use(named, model, missing):
    with pytest.raises(DataError, match=missing):
        named.build(model_config(model)(), SPECS)


@pytest.mark.parametrize("name", [name for name in TASKS if task_class(name).suited])
def test_the_model_that_suits_a_task_is_built(name):
    named = task(name)
    assert all(hasattr(named.build(model_config(named.suited)(), SPECS), part) for part in named.needs)


def test_tokens_are_not_heard():
    tokens = ArraySpec("tokens", "tokens", "int32", 1, None)
    with pytest.raises(DataError, match="tokens is no array of features or samples; classification needs one"):
        task("classification", label="x", array="tokens").sizes({"tokens": tokens})


def test_arrays_that_do_not_go_together():
    short, long = np.zeros((3, 1)), np.zeros((4, 1))
    require_together(batch_of({"a": [short, long], "b": [short, long]}), "a", "b")
    with pytest.raises(DataError, match="1: a has a length of 4, and b of 3; they must go together"):
        require_together(batch_of({"a": [short, long], "b": [short, short]}), "a", "b")


def test_merit():
    more, less = task("classification", label="x"), task("speakers")
    assert more.merit({"accuracy": 0.75, "macro_f1": 0.5}) == 0.75
    assert less.merit({"equal_error_rate": 0.25}) == -0.25
    assert more.merit({"accuracy": math.nan}) == less.merit({"equal_error_rate": math.nan}) == -math.inf


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_made_again_from_what_it_describes(name):
    named = task(
        name, **({"label": "x"} if name == "classification" else {"labels": ["x"]} if name == "multi_label" else {})
    )
    said = named.describe()
    assert said["config"]["name"] == name
    again = task_class(name)(task_class(name).Config.model_validate(said["config"]), said["learnt"])
    assert again.describe() == said
