"""A batch shows its examples as they are without padding."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from features.example import Audio, Features, Tokens
from manifests.spec import ArraySpec
from tests.stores import AUDIO, LOG_MEL, Made, audio, log_mel, write_store
from tests.training.fakes import batch_of
from training.collate import Batch
from training.examples import SHOWN, batch_html, example
from training.loader import load

IDS = ArraySpec("ids", "tokens", "int32", 1, None)
RNG = np.random.default_rng(4)
STORED = {
    f"<b>{number}": Made(
        f"<b>{number}",
        {"audio": audio(RNG, 80 * n), "log_mel": log_mel(RNG, n), "ids": RNG.integers(0, 9, (n, 1), np.int32)},
        {"digit": "<i>"},
        "theo",
        "<script>",
        copy=1,
        part=2,
        notes={"gain": {"gain_db": number}},
    )
    for number, n in enumerate(range(20, 27))
}


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    root = write_store(tmp_path_factory.mktemp("store"), {"train": list(STORED.values())}, [AUDIO, LOG_MEL, IDS])
    (found,) = load(root, "train", batch_size=len(STORED), notes=True)
    return found


def test_examples_are_what_was_stored(batch: Batch) -> None:
    for number, key in enumerate(batch.keys):
        found, made = example(batch, number), STORED[key]
        assert (found.key, found.copy, found.part, found.text, found.speaker) == (key, 1, 2, "<script>", "theo")
        assert (found.labels, found.notes) == ({"digit": "<i>"}, made.notes)
        heard, frames, ids = (found.arrays[name] for name in ("audio", "log_mel", "ids"))
        assert isinstance(heard, Audio)
        assert isinstance(frames, Features)
        assert isinstance(ids, Tokens)
        assert np.array_equal(heard.samples * 32768, made.arrays["audio"].T)
        assert np.array_equal(frames.frames, made.arrays["log_mel"])
        assert np.array_equal(ids.ids, made.arrays["ids"][:, 0])
        assert (heard.sample_rate, frames.frame_rate, ids.rate) == (8000, 100.0, None)


def test_a_batch_shows_the_first_few(batch: Batch) -> None:
    html = batch._repr_html_()
    assert f"{len(STORED)} examples: audio (7, 2080, 1), log_mel (7, 26, 4), ids (7, 26)" in html
    assert html.count("<audio") == SHOWN
    assert f"and {len(STORED) - SHOWN} more" in html
    assert "<script>" not in html
    assert "<b>0" not in html


def test_what_the_arrays_are_travels_with_a_batch(batch: Batch) -> None:
    assert batch.specs == (AUDIO, LOG_MEL, IDS)
    assert pickle.loads(pickle.dumps(batch)).specs == batch.specs  # as it comes from a worker
    assert batch.to("cpu").specs == batch.specs


def test_a_batch_that_was_made_by_hand_is_shown_too() -> None:
    made = batch_of([1, 2])
    assert isinstance(example(made, 0).arrays["log_mel"], Features)
    assert "clip/2" in batch_html(made)
    empty = Batch({}, {}, torch.zeros(0), [], [], [], [], [], [])
    assert batch_html(empty) == "<div><p>0 examples: </p></div>"
