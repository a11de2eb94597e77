"""Composed recordings: the very samples of their pieces, zeros between them, and where each begins and ends."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.audio.decode import Decode
from features.draws import Draws
from features.example import Example, Piece, Source
from features.stage import Rejected
from tests.features.audio.sounds import encode, noise

RATE = 16000


def piece(frames: int = 900, gap: float = 0.0, seed: int = 0, name: str = "a.wav", **source: Any) -> Piece:
    return Piece(Source(encode(noise(frames, seed=seed)), name, **source), gap)


def joined(*pieces: Piece, **parameters: Any) -> tuple[Any, dict[str, Any]]:
    """What the stage answers, and what it noted."""
    draws = Draws(0, "decode", 0, "key", 0)
    result = Decode(**parameters).apply(Example("key", Source(b"", pieces=pieces)), draws)
    return result, draws.taken


def reason(*pieces: Piece, **parameters: Any) -> str:
    result, notes = joined(*pieces, **parameters)
    assert isinstance(result, Rejected)
    assert notes == {}
    return result.reason


LENGTHS = st.integers(1, 300)


@given(st.lists(st.tuples(LENGTHS, st.integers(0, 200), st.integers(0, 99)), min_size=1, max_size=6))
def test_it_is_the_pieces_and_zeros_sample_for_sample(described: list[tuple[int, int, int]]) -> None:
    pieces, expected, places, at = [], [], [], 0
    for frames, silent, seed in described:
        pieces.append(piece(frames, silent / RATE, seed))
        expected += [np.zeros(silent, np.float32), noise(frames, seed=seed)[:, 0] / np.float32(32768)]
        places.append(((at + silent) / RATE, (at + silent + frames) / RATE))
        at += silent + frames
    result, notes = joined(*pieces)
    audio = result.audio()
    assert audio.samples.dtype == np.float32
    assert np.array_equal(audio.samples, [np.concatenate(expected)])
    assert [(found["begin"], found["end"]) for found in notes["pieces"]] == places
    assert notes["seconds"] == audio.seconds == at / RATE


def test_pieces_are_spans_and_channels_of_files_of_any_format() -> None:
    stereo, mono = noise(8000, 2, seed=1), noise(8000, seed=2)
    span = Piece(Source(encode(stereo, "FLAC"), "s.flac", 0.1, 0.2, channel=1), 0.25, "theo", "one")
    whole = Piece(Source(encode(mono), "m.wav"))
    result, notes = joined(span, whole)
    expected = [np.zeros(4000), stereo[1600:4800, 1] / 32768, mono[:, 0] / 32768]
    assert np.array_equal(result.audio().samples[0], np.concatenate(expected).astype(np.float32))
    assert json.loads(json.dumps(notes)) == notes
    first, second = notes["pieces"]
    about = {"path": "s.flac", "begin": 0.25, "end": 0.45, "start": 0.1, "channel": 1, "speaker": "theo", "text": "one"}
    assert about.items() <= first.items()
    assert (first["container"], second["container"]) == ("flac", "wav")
    assert (second["path"], second["begin"], second["end"]) == ("m.wav", 0.45, 0.95)
    assert notes["sample_rate"] == RATE, "what all have in common is said once"


def test_all_channels_stay_where_all_are_kept() -> None:
    both = [noise(500, 2, seed=seed) for seed in (1, 2)]
    result, _ = joined(*(Piece(Source(encode(one)), 0.01) for one in both), channels="all")
    silence = np.zeros((2, 160))
    expected = np.concatenate([silence, both[0].T / 32768, silence, both[1].T / 32768], axis=1)
    assert np.array_equal(result.audio().samples, expected.astype(np.float32))


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (Piece(Source(encode(sample_rate=8000), "b.wav")), "8000 Hz, where the first piece has 16000"),
        (Piece(Source(encode(noise(900, 2)), "b.wav")), "2 channels, where the first piece has 1"),
        (Piece(Source(b"", "b.wav")), "not audio: it is empty"),
        (Piece(Source(b"<html>", "b.wav")), "not audio: a web page"),
        (Piece(Source(encode()[:-600], "b.wav")), "truncated: "),
        (Piece(Source(encode(), "b.wav", 7.0, 1.0)), "it ends before 7 s"),
        (piece(name="b.wav", gap=-1.0), "a gap of -1.0 s is none"),
        (piece(name="b.wav", gap=float("nan")), "a gap of nan s is none"),
        (piece(name="b.wav", gap=1e308), "a gap of 1e+308 s is none"),
        (piece(name="b.wav", gap=1e9), "1000000000.11 s so far; max_seconds is 3600"),
    ],
)
def test_what_does_not_fit_rejects_the_whole_and_is_named(second: Piece, message: str) -> None:
    assert reason(piece(), second, channels="all").startswith(f"piece 2, b.wav: {message}")


def test_limits_hold_for_the_whole() -> None:
    pieces = [piece(8000, gap=0.5, name=f"{number}.wav") for number in range(3)]
    assert reason(*pieces, max_seconds=2.9) == "piece 3, 2.wav: 3.00 s so far; max_seconds is 2.9"
    assert isinstance(joined(*pieces, max_seconds=3)[0], Example)
    assert reason(*pieces, max_bytes=4 * 47_999) == "piece 3, 2.wav: 3.00 s so far, decoded; max_bytes is 191996"


def test_what_is_incomplete_is_kept_where_that_is_asked_for() -> None:
    cut = Piece(Source(encode()[:-600], "cut.wav"))
    result, notes = joined(piece(), cut, truncated="keep")
    assert result.audio().samples.shape[1] == 900 + 9000 - 300
    assert "incomplete" not in notes["pieces"][0]
    assert notes["pieces"][1]["incomplete"]
