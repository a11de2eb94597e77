"""Recognition from a corpus to its figures, through the commands: tones that spell letters."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.factories import tone, write_audio, write_lines
from tests.training import through_commands as through
from training import commands
from training.errors import DataError

RATE = 8000
PITCHES = {"a": 400.0, "b": 800.0, "c": 1600.0, " ": 0.0}
RECIPE = """\
name: spelling
corpora:
  spelling: {{reader: table, root: "{root}", path: labels.jsonl, columns: {{path: file}}}}
source: [spelling]
split: {{by: key, valid: 0.15, test: 0.2, seed: 1}}
stages:
  - decode: {{}}
  - resample: {{sample_rate: 8000}}
  - normalize_text: {{}}
  - characters: {{}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 16}}
  - ctc_bound: {{tokens: characters, subsampling: 4}}
store: {{path: "{store}", keep: {{log_mel: float16, characters: int16}}}}
"""
CONFIG = """\
name: spelling
task: {name: recognition}
model: {name: conv_ctc, channels: 24, kernels: [3], dropout: 0}
optimizer: {lr: 0.02}
epochs: 8
batch_size: 8
threads: 1
"""


def spoken(text: str, seed: int):
    """A tone of 50 ms for each letter, with gaps of 30 ms, in a little noise; longer ones for spaces."""
    gap = np.zeros((1, RATE * 3 // 100), np.float32)
    parts = [gap]
    for letter in text:
        parts += [np.zeros((1, RATE // 10), np.float32) if letter == " " else tone(0.05, RATE, PITCHES[letter], -9), gap]
    wave = np.concatenate(parts, axis=1)
    return wave + 0.003 * np.random.default_rng(seed).standard_normal(wave.shape).astype(np.float32)


@pytest.fixture(scope="module")
def spelling(tmp_path_factory):
    """A hundred recordings by two speakers, of one to three words of one to three letters."""
    place, rng = tmp_path_factory.mktemp("spelling"), np.random.default_rng(0)
    rows = []
    for number in range(100):
        words = ["".join(rng.choice([*"abc"], rng.integers(1, 4))) for _ in range(rng.integers(1, 4))]
        text = " ".join(words)
        write_audio(place / f"corpus/{number:02}.wav", spoken(text, number))
        rows.append({"file": f"{number:02}.wav", "text": text.upper(), "speaker": ("ada", "ben")[number % 2]})
    write_lines(place / "corpus/labels.jsonl", *(json.dumps(row) for row in rows))
    through.store_of(place, RECIPE)
    through.train(place, CONFIG)
    return place


def test_letters_are_learnt(spelling):
    report = through.evaluate(spelling, "--by", "speaker")
    assert report["cer"] <= 0.02
    low, high = report["intervals"]["wer"]
    assert low <= report["wer"] <= high
    assert sum(found["examples"] for found in report["by"]["speaker"].values()) == report["examples"]
    assert sum(found["examples"] for found in report["by_words"].values()) == report["examples"]
    assert report["words"] > report["examples"]
    assert report["text_stages"][0]["stage"] == "normalize_text"
    assert {answer["reference"].islower() for answer in report["worst"]} == {True}


def test_recordings_that_are_too_short_for_their_text_are_named(spelling, tmp_path):
    config = write_lines(tmp_path / "config.yaml", CONFIG.replace("dropout: 0", "dropout: 0, subsampling: 8"))
    with pytest.raises(DataError, match=r"spelling/\d\d\.wav: \d+ answers of the model are too few"):
        through.run(commands.train, config, "--store", spelling / "store", "--out", tmp_path / "run")
