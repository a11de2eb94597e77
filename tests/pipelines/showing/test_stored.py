"""One example read back is what was stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import wavemill
from features.example import Audio, Features, Tokens
from manifests.errors import DamagedError, StoreError
from manifests.spec import ArraySpec
from manifests.store import Store
from tests.stores import AUDIO, LOG_MEL, Made, audio, examples, log_mel, write_store

RNG = np.random.Generator(np.random.Philox(key=9))
IDS = ArraySpec("ids", "tokens", "int32", 1, None)
STEREO = ArraySpec("stereo", "audio", "float32", 2, None)
ARRAYS = {
    "audio": audio(RNG, 900),
    "log_mel": log_mel(RNG, 30),
    "ids": np.array([[4], [2]], np.int32),
    "stereo": RNG.normal(size=(50, 2)).astype(np.float32),
}
FACTS = {"digit": "7", "tags": ["a", "b"]}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = [
        Made("seven", ARRAYS, FACTS, "theo", "sieben", rate=44_100.0),
        Made(
            "seven",
            {**ARRAYS, "ids": np.array([[9]], np.int32)},
            copy=1,
            part=2,
            notes={"gain": {"gain_db": 3}},
            rate=1.0,
        ),
        Made("eight", ARRAYS, rate=8000.0),
    ]
    root = tmp_path_factory.mktemp("store")
    return write_store(root, {"train": made[:2], "test": made[2:]}, [AUDIO, LOG_MEL, IDS, STEREO])


def test_it_is_what_was_stored(store: Path) -> None:
    found = wavemill.example(store, "seven")
    assert (found.key, found.text, found.speaker, found.labels) == ("seven", "sieben", "theo", FACTS)
    assert (found.split, found.copy, found.part, found.notes) == ("train", 0, 0, {})
    heard = found.audio()
    assert isinstance(heard, Audio)
    assert heard.sample_rate == 8000
    assert np.array_equal(heard.samples, ARRAYS["audio"].T / np.float32(32768))
    frames = found.features("log_mel")
    assert isinstance(frames, Features)
    assert (frames.frame_rate, frames.frames.dtype) == (100.0, np.float32)
    assert np.array_equal(frames.frames, ARRAYS["log_mel"])
    tokens = found.tokens("ids")
    assert isinstance(tokens, Tokens)
    assert tokens.ids.tolist() == [4, 2]
    assert found.audio("stereo").sample_rate == 44_100
    assert np.array_equal(found.audio("stereo").samples, ARRAYS["stereo"].T)


def test_copy_and_part_choose(store: Path) -> None:
    found = wavemill.example(f"{store}@1", "seven", copy=1, part=2)
    assert found.tokens("ids").ids.tolist() == [9]
    assert found.notes == {"gain": {"gain_db": 3}}
    assert wavemill.example(store, "eight").split == "test"


def test_it_shows_itself(store: Path) -> None:
    html = wavemill.example(store, "seven")._repr_html_()
    assert html.count("<audio") == 2
    assert "sieben" in html


def test_what_is_not_there_is_told(store: Path) -> None:
    with pytest.raises(StoreError, match="no recording 'nine'; wavemill ls"):
        wavemill.example(store, "nine")
    with pytest.raises(StoreError, match="'seven' has no copy 0, part 1; there: copy 0, part 0; copy 1, part 2"):
        wavemill.example(store, "seven", part=1)
    with pytest.raises(StoreError, match="rejected by None: no audio"):
        wavemill.example(store, "test-g1-00000/broken")
    with pytest.raises(StoreError, match="no generation 2"):
        wavemill.example(f"{store}@2", "seven")


def test_what_is_damaged_is_not_shown(tmp_path: Path) -> None:
    root = write_store(tmp_path, {"train": examples(3)})
    path = root / str(Store.open(root).generation.shards[0].shard)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert wavemill.example(root, "clip/0000.wav").key == "clip/0000.wav"
    with pytest.raises(DamagedError, match=r"clip/0002\.wav"):
        wavemill.example(root, "clip/0002.wav")
