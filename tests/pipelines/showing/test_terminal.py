"""Arrays in a terminal: within its width, and what is shown is where the axes say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from rich.cells import cell_len

from features.chain import Chain
from features.example import Array, Audio, Example, Features, Tokens
from manifests.generation import Generation
from pipelines.showing.blocks import Depth
from pipelines.showing.meanings import Meanings
from pipelines.showing.terminal import MARGIN, draw_array, draw_example, folded, plain
from tests.factories import tone
from tests.pipelines.showing.screen import letters, pixels

RATE = 16_000
STAGES = [
    {"decode": {}},
    {"resample": {"sample_rate": RATE}},
    {"stft": {"n_fft": 512, "output": "decibel"}},
    {"log_mel": {"n_fft": 1024}},
    {"characters": {}},
    {"encode_labels": {"label": "word", "as": "classes"}},
]
FITTED = {
    "characters": json.dumps(["<blank>", "<unk>", " ", "a", "三"]),
    "encode_labels": json.dumps(["no", "yes"]),
}


def meanings(chain: object = STAGES) -> Meanings:
    return Meanings(Generation(1, "r", "arrow", chain, 0, "", "", "", [], [], fitted=FITTED))  # type: ignore[arg-type]


def example() -> Example:
    (made,) = Chain.parse(STAGES[2:4]).run(Example("a", None, {"audio": Audio(tone(1.0, RATE, 1000.0, -6.0), RATE)}))
    tokens = {"characters": Tokens(np.array([3, 2, 4] * 40, np.int32)), "classes": Tokens(np.array([1], np.int32))}
    more: dict[str, Array] = {
        **tokens,
        "codes": Tokens(np.arange(900, dtype=np.int32), 16_000.0),
        "many": Audio(np.zeros((6, 100), np.float32), 8000),
        "curves": Features(1e-9 * np.arange(300.0).reshape(100, 3) - 12345.678e10, 100.0),
        "wide": Features(np.zeros((3, 20_000), np.float16), 0.0),
        "empty": Features(np.zeros((0, 40), np.float32), 100.0),
        "nan": Features(np.full((5, 3), np.nan, np.float32), 100.0),
        "quiet": Audio(np.zeros((1, 0), np.float32), 8000),
    }
    return Example("a", None, {**made.arrays, **more})


@pytest.mark.parametrize("width", [20, 21, 80, 133, 400])
@pytest.mark.parametrize("depth", ["true", "256", "none"])
def test_no_line_is_wider_than_the_terminal(width: int, depth: Depth) -> None:
    found = list(draw_example(example(), meanings(), width, depth, None))
    assert max(cell_len(letters(line)) for line in found) <= width
    assert max(cell_len(letters(line)) for line in found) >= min(width, 133)
    assert depth != "none" or not any("\x1b" in line for line in found)


def test_only_the_array_that_is_asked_for_is_drawn() -> None:
    first, *_ = draw_example(example(), meanings(), 80, "none", "log_mel")
    assert first.startswith("log_mel (101, 80) at 100 frames/s, from -")


@pytest.mark.parametrize("name", ["stft", "log_mel"])
def test_a_tone_of_1_khz_is_drawn_beside_1_khz(name: str) -> None:
    *rows, _, _ = draw_array(name, example().arrays[name], meanings(), 90, "true")
    light = pixels([row[MARGIN:] for row in rows]).astype(int).sum(axis=-1)
    brightest = int(light[:, 20:70].mean(axis=1).argmax()) // 2
    labels = {row[: MARGIN - 1].strip(): place for place, row in enumerate(rows)}
    assert labels["1 kHz"] == brightest
    assert letters(rows[labels["1 kHz"]])[MARGIN - 1] == "┤"


def test_the_times_are_those_of_the_array() -> None:
    *_, line, words = draw_array("audio", example().arrays["audio"], meanings(), MARGIN + 100, "none")
    for tenths in (0, 2, 4, 6, 8):
        assert line[MARGIN + 10 * tenths] == "┬"
        assert words.startswith(f"{tenths / 10:g} s", MARGIN + 10 * tenths)


def test_a_waveform_has_its_peak_beside_it() -> None:
    rows = draw_array("audio", Audio(tone(1.0, RATE, 1000.0, -6.0, channels=2), RATE), meanings(), 60, "none")
    assert [row[: MARGIN - 1].strip() for row in rows if "┤" in row] == ["0.501", "-0.501"] * 2


def test_bins_that_are_no_frequencies_are_numbered() -> None:
    rows = draw_array("mfcc", Features(np.zeros((9, 13)), 100.0), meanings(), 60, "none")
    assert [row[: MARGIN - 1].strip() for row in rows if "┤" in row] == ["bin 10", "bin 5", "bin 0"]
    unknown = meanings([{"a_stage_of_my_own": {}}])
    rows = draw_array("stft", example().arrays["stft"], unknown, 60, "none")
    assert any("bin 200┤" in row for row in rows)
    assert unknown.symbols("characters") is None


def test_tokens_are_written_with_their_symbols() -> None:
    assert draw_array("classes", example().arrays["classes"], meanings(), 60, "none") == ["  1", "  yes"]
    found = draw_array("characters", Tokens(np.array([3, 2, 4, 0], np.int32)), meanings(), 60, "none")
    assert found == ["  3 2 4 0", "  a ␣ 三 <blank>"]
    assert draw_array("characters", Tokens(np.array([3, 99], np.int32)), meanings(), 60, "none") == ["  3 99"]
    assert draw_array("characters", Tokens(np.array([3, -1], np.int32)), meanings(), 60, "none") == ["  3 -1"]


def test_long_texts_are_folded() -> None:
    assert folded("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]
    assert folded("", 10) == [""]
    assert all(cell_len(line) <= 9 for line in folded("三四五六七八九十 ab cde", 9))


def test_terminals_are_sent_no_commands() -> None:
    hostile = "\x1b]0;title\x07 \x9b31m \u202e \u2028 \n ok ä 三"
    assert plain(hostile) == "\\x1b]0;title\\x07 \\x9b31m \\u202e \\u2028 \\n ok ä 三"
    first, *_ = draw_example(
        Example("a", None, {"x\x1b[2J": Tokens(np.zeros(1, np.int32))}), meanings(), 80, "none", None
    )
    assert first == "x\\x1b[2J (1,)"
