"""Files of an example: what other programs read from them, and names that stay in their folder."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from features.example import Audio, Example, Features, Tokens
from features.showing import colours
from features.showing.drawing import draw
from pipelines.showing.files import file_name, safe, write_example
from tests.factories import tone

HOSTILE = [
    "../../outside",
    "/etc/passwd",
    "C:\\windows\\system32",
    "..",
    ".",
    "",
    "a\0b",
    "x" * 5000,
    "<script>alert(1)</script>",
    "con.wav\n",
    "ä/三/\u202e",
    "-rf",
    "~",
    "\ud800",
]


def example(key: str = "seven", array: str = "audio") -> Example:
    rng = np.random.Generator(np.random.Philox(key=2))
    stored = rng.integers(-32768, 32768, (2, 777)).astype(np.float32) / 32768
    arrays = {array: Audio(stored, 8000), "log_mel": Features(rng.normal(size=(50, 40)), 100.0)}
    return Example(key, None, {**arrays, "ids": Tokens(np.array([1, 2], np.int32))}, "text", "theo", {"digit": 7})


@pytest.mark.parametrize("key", HOSTILE)
def test_no_key_leaves_the_folder(tmp_path: Path, key: str) -> None:
    inside = tmp_path / "a" / "b"
    paths = write_example(inside, example(key, key), {"key": key})
    assert sorted(paths) == sorted(inside.iterdir())
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(paths)
    assert sorted(path.suffix for path in paths) == [".json", ".png", ".png", ".wav"]
    assert all(len(path.name) < 200 and path.name.isascii() and path.name.isprintable() for path in paths)


@given(st.text(st.characters(codec=None), max_size=200))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_names_are_plain_and_their_own(text: str) -> None:
    name = safe(text)
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
    assert 0 < len(name) <= 73
    assert name[0] not in "-"
    assert name == text or safe(name) == name


def test_different_examples_have_different_names() -> None:
    keys = ["a/b", "a_b", "a:b", "a\\b", "a", "a-copy1", "a.copy1", *HOSTILE]
    names = [file_name(key, copy, part) for key in keys for copy in (0, 1) for part in (0, 1)]
    assert len(set(names)) == len(names)


def test_wav_holds_the_stored_bits(tmp_path: Path) -> None:
    made = example()
    write_example(tmp_path, made, {})
    samples, rate = soundfile.read(tmp_path / "seven.audio.wav", dtype="int16")
    assert rate == 8000
    assert np.array_equal(samples.T, made.audio().samples * 32768)


def test_png_holds_the_picture_value_by_value(tmp_path: Path) -> None:
    made = example()
    write_example(tmp_path, made, {}, only="log_mel")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seven.json", "seven.log_mel.png"]
    shown = np.rint(matplotlib.image.imread(tmp_path / "seven.log_mel.png")[..., :3] * 255).astype(np.uint8)
    assert shown.shape == (40 * 7, 50 * 13, 3)
    assert np.array_equal(shown, draw(made.arrays["log_mel"], 650, 280))
    small = shown[::7, ::13]
    assert np.array_equal(shown, np.repeat(np.repeat(small, 7, axis=0), 13, axis=1))
    frames = made.features("log_mel").frames
    assert tuple(small[39 - frames[20].argmax(), 20]) in {tuple(colour) for colour in colours.table()[-80:].tolist()}


def test_long_arrays_are_drawn_no_larger_than_4096_by_1024(tmp_path: Path) -> None:
    arrays = {"audio": Audio(tone(40.0, 8000), 8000), "wide": Features(np.zeros((5000, 3000), np.float16), 100.0)}
    write_example(tmp_path, Example("a", None, {**arrays, "none": Features(np.zeros((0, 0)), 1.0)}), {})
    assert matplotlib.image.imread(tmp_path / "a.wide.png").shape[:2] == (1024, 4096)
    assert matplotlib.image.imread(tmp_path / "a.audio.png").shape[:2] == (120, 4096)
    assert matplotlib.image.imread(tmp_path / "a.none.png").shape[:2] == (120, 640)


def test_json_holds_what_is_told(tmp_path: Path) -> None:
    told = {"key": "seven", "labels": {"digit": "<7>"}, "text": "süß", "notes": {"a": 1}, "audio.offset": 5}
    write_example(tmp_path, example(), told)
    assert json.loads((tmp_path / "seven.json").read_text("utf-8")) == {
        "key": "seven",
        "labels": {"digit": "<7>"},
        "text": "süß",
        "notes": {"a": 1},
    }
