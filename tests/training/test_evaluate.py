"""Evaluate: how examples are heard, what is listed, how sure figures are."""

from __future__ import annotations

import math

import numpy as np
import pytest

from manifests.spec import ArraySpec
from tests.stores import AUDIO, Made, audio, write_store
from training.checkpoint import About
from training.evaluate import WORST, by_group, how_to_read, intervals_of, listed
from training.loader import load
from training.tasks.classification import Classification, ClassificationConfig
from training.tasks.speakers import Speakers, SpeakersConfig

TASK = Classification(ClassificationConfig(label="x"), {"classes": ["a", "b"]})


def about(*stages, heard=("audio",), corpora=None):
    specs = [ArraySpec(name, "audio", "float32", 1, 8000.0) for name in heard]
    return About({}, {}, [], 0, "", [AUDIO], stages=list(stages), heard=specs, corpora=corpora or {})


def answers(*pairs):
    return [
        {"key": f"k{n}", "copy": 0, "part": 0, "loss": float(n), "truth": truth, "answer": answer, "probability": 0.75}
        for n, (truth, answer) in enumerate(pairs)
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    rng = np.random.default_rng(0)
    made = [Made(f"clip/{n}", {"audio": audio(rng, 800)}, {"digit": str(n % 2)}) for n in range(4)]
    return write_store(tmp_path_factory.mktemp("evaluate") / "store", {"train": made, "test": made}, (AUDIO,))


@pytest.mark.parametrize("split", ["train", "test"])
def test_what_acts_on_train_alone_is_left_out(store, split):
    plain = load(store, split, arrays=["audio"], shuffle=False, batch_size=4)
    stages = (
        {"gain": {"gain_db": -20, "act_on": "train"}},
        {"gain": {"gain_db": {"uniform": [-20, -10]}}},
        {"add_noise": {"color": 0.0, "snr_db": 0, "of": "audio", "as": "noisy"}},
    )
    (heard,) = load(store, split, shuffle=False, **how_to_read(about(*stages, heard=("audio", "noisy"))))
    (expected,) = plain
    assert heard.keys == expected.keys
    for name in ("audio", "noisy"):  # the second is there by its name, as it is in training
        np.testing.assert_array_equal(heard.arrays[name], expected.arrays["audio"])


def test_what_acts_on_every_split_stays(store):
    reading = about({"gain": {"gain_db": -6.0, "act_on": "all"}}, {"dc_offset": {}})
    (heard,) = load(store, "train", shuffle=False, **how_to_read(reading))
    (plain,) = load(store, "train", arrays=["audio"], shuffle=False, batch_size=4)
    scaled = plain.arrays["audio"] * 10 ** (-6 / 20)
    np.testing.assert_allclose(heard.arrays["audio"], scaled - scaled.mean(1, keepdim=True), atol=1e-6)


def test_corpora_and_notes_are_asked_for():
    noise = {"noise": {"reader": "folder", "root": "x"}}
    assert how_to_read(about(corpora=noise))["corpora"] == noise
    assert [how_to_read(about(), by)["notes"] for by in (None, "speaker", "add_noise.snr_db")] == [False, False, True]


def test_errors_and_worst_are_listed_from_the_highest_loss_on():
    found = answers(*[("a", "b" if n % 5 == 0 else "a") for n in range(3 * WORST)])
    found[7]["loss"] = math.nan
    lists = listed(TASK, found)
    assert [answer["key"] for answer in lists["errors"]] == [f"k{n}" for n in range(55, -1, -5)]
    assert [answer["key"] for answer in lists["worst"]] == ["k7", *(f"k{n}" for n in range(59, 40, -1))]


def test_figures_of_groups():
    found = by_group(TASK, answers(("a", "a"), ("a", "b"), ("b", "b")), ["x", "x", None])
    assert found == {
        "x": {"examples": 2, "accuracy": 0.5, "macro_f1": pytest.approx(1 / 3)},
        "none": {"examples": 1, "accuracy": 1.0, "macro_f1": 1.0},
    }


def test_intervals_are_of_speakers_where_there_are_enough():
    pairs = [("a", "a" if n % 2 else "b") for n in range(60)]
    found = answers(*pairs)
    of_recordings = intervals_of(TASK, found, [None] * 60)["accuracy"]
    assert of_recordings[0] < 0.5 < of_recordings[1]
    assert intervals_of(TASK, found, ["ada", "ben"] * 30)["accuracy"] == of_recordings  # two say nothing
    # Six speakers who are always right or always wrong say far less than sixty recordings.
    few = intervals_of(TASK, found, [f"{'right' if n % 2 else 'wrong'}{n // 2 % 3}" for n in range(60)])["accuracy"]
    assert few[0] < of_recordings[0] < of_recordings[1] < few[1]
    # Speakers who are right half the time are all the same: nothing varies.
    assert intervals_of(TASK, found, [f"s{n // 10}" for n in range(60)])["accuracy"] == (0.5, 0.5)


def test_tasks_whose_figures_are_slow_have_no_intervals():
    task = Speakers(SpeakersConfig(), {"classes": ["ada", "ben"]})
    assert intervals_of(task, answers(("ada", "ben")), ["ada"]) == {}
