"""Fronts: features of a file in pieces against the same chain on the whole, whatever lies between them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from torch import nn

from features.chain import Chain
from manifests.spec import ArraySpec
from tests.factories import write_audio, write_lines
from tests.features.examples import babble
from training.checkpoint import About
from training.errors import CheckpointError, PredictError
from training.fitted import Fitted
from training.predict import batch_of, run_chain
from training.recognition.front import fronts

MEL = {"log_mel": {"n_fft": 256, "hop_length": 80, "n_mels": 16}}
RESAMPLE = {"resample": {"sample_rate": 8000}}
FEATURES = ArraySpec("log_mel", "features", "float16", 16, 100.0)


def fitted(chain, kept=FEATURES, stages=(), heard="log_mel") -> Fitted:
    """A model that hears what these stages make, as far as predict asks for it."""
    made = Chain.parse(chain, 3)
    about = About(
        model={}, task={}, chain=made.describe(), seed=3, fingerprint=made.fingerprint(), arrays=[kept],
        stages=Chain.parse(stages).describe(),
    )  # fmt: skip
    task: Any = SimpleNamespace(config=SimpleNamespace(arrays=[heard, "characters"]))
    return Fitted(nn.Identity(), task, about, Path("best"))


CHAINS = {
    "features": fitted([{"decode": {}}, RESAMPLE, MEL]),
    "text": fitted([{"decode": {}}, {"filter_duration": {"max_seconds": 1}}, RESAMPLE, {"normalize_text": {}},
                    {"characters": {}}, MEL, {"ctc_bound": {}}]),
    "one channel": fitted([{"decode": {"channels": 1}}, RESAMPLE, MEL]),
    "all channels": fitted([{"decode": {"channels": "all"}}, {"mix_channels": {}}, RESAMPLE, MEL]),
    "draws": fitted([{"decode": {}}, RESAMPLE, {"dither": {}}, {"pre_emphasis": {}}, MEL]),
    "augmented": fitted([{"decode": {}}, RESAMPLE, {"gain": {"gain_db": 3}}, {"polarity": {"as": "loud"}},
                         {"log_mel": {**MEL["log_mel"], "of": "loud"}}]),
    "audio as flac": fitted([{"decode": {}}, RESAMPLE, MEL], ArraySpec("audio", "audio", "flac", 1, 8000.0),
                            [{"speed": {"factor": 1.1}}, MEL, {"spec_augment": {}}]),
    "audio as int16": fitted([{"decode": {}}, RESAMPLE], ArraySpec("audio", "audio", "int16", 1, 8000.0), [MEL]),
    "audio as float32": fitted([{"decode": {}}, RESAMPLE], ArraySpec("audio", "audio", "float32", 1, 8000.0), [MEL]),
    "behind the features": fitted([{"decode": {}}, RESAMPLE, MEL, {"deltas": {"of": "log_mel", "as": "deltas"}}],
                                  ArraySpec("deltas", "features", "float16", 48, 100.0), heard="deltas"),
    "features at load": fitted([{"decode": {}}, RESAMPLE, MEL], heard="both",
                               stages=[{"deltas": {"of": "log_mel", "as": "both"}}]),
}  # fmt: skip
WHOLE = {
    "no stream": fitted([{"decode": {}}, RESAMPLE, {"normalize": {}}, MEL]),
    "several": fitted([{"decode": {}}, RESAMPLE, {"segment": {"seconds": 1.0}}, MEL]),
}


@pytest.fixture
def file(tmp_path):
    return write_audio(tmp_path / "babble.wav", babble(5.3, 44100, channels=2), 44100, "PCM_16")


def heard_at_once(one, path):
    """The features of a file that is heard as a whole."""
    name, batch = one.task.config.arrays[0], batch_of(one, run_chain(one, path))
    return [part[:end].numpy() for part, end in zip(batch.arrays[name], batch.lengths[name].tolist(), strict=True)]


@pytest.mark.parametrize("name", CHAINS)
def test_pieces_are_the_whole_to_the_bit(name, file):
    (front,) = fronts(CHAINS[name], file)
    pieces = list(front.pieces)
    assert len(pieces) > 2
    (whole,) = heard_at_once(CHAINS[name], file)
    made = front.later(np.concatenate(pieces))
    assert made.dtype == np.float32
    assert np.array_equal(made, whole)


@pytest.mark.parametrize("name", WHOLE)
def test_other_chains_hear_the_file_as_a_whole(name, file):
    found = [front.later(np.concatenate(list(front.pieces))) for front in fronts(WHOLE[name], file)]
    expected = heard_at_once(WHOLE[name], file)
    assert len(found) == len(expected) == (6 if name == "several" else 1)
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


def test_files_that_cannot_be_used_are_named(tmp_path, file):
    with pytest.raises(PredictError, match=r"text\.wav: not audio"):
        fronts(CHAINS["features"], write_lines(tmp_path / "text.wav", "no audio"))
    with pytest.raises(PredictError, match=r"babble\.wav: channel 2 of a recording that has 2"):
        fronts(fitted([{"decode": {"channels": 2}}, RESAMPLE, MEL]), file)
    loud = write_audio(tmp_path / "loud.wav", np.full((1, 9000), 3e38, np.float32), 8000, "FLOAT")
    with pytest.raises(PredictError, match=r"loud\.wav: samples too large"):
        list(fronts(CHAINS["features"], loud)[0].pieces)
    slow = write_audio(tmp_path / "slow.wav", babble(1.0, 8000)[:1], 8000)
    with pytest.raises(PredictError, match=r"slow\.wav: f_max 5000 Hz lies above"):
        fronts(fitted([{"decode": {}}, {"log_mel": {**MEL["log_mel"], "f_max": 5000}}]), slow)


def test_a_chain_of_another_version_is_refused(file):
    other = CHAINS["features"]
    about = About(**{**vars(other.about), "fingerprint": "another"})
    with pytest.raises(CheckpointError, match="another version"):
        fronts(Fitted(other.model, other.task, about, other.path), file)
