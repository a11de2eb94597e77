from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from features import catalog
from features.chain import Chain
from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example
from features.showcase import showcase
from features.stage import AudioShape, Transform
from features.streaming import StreamRejected, stream_chain, streamed
from tests.features.examples import QUICK, babble

EXAMPLE = Example("hours.wav", split="train", copy=1)


def _pieces(samples: NDArray[np.float32], sizes: list[int]) -> Iterator[NDArray[np.float32]]:
    """Samples in pieces of these sizes, over and over."""
    start = number = 0
    while start < samples.shape[1]:
        size = sizes[number % len(sizes)]
        yield samples[:, start : start + size]
        start, number = start + size, number + 1


def _joined(pieces: Iterator[NDArray[np.float32]], like: NDArray[np.float32], *, audio: bool) -> NDArray[np.float32]:
    found = np.concatenate(list(pieces), axis=1 if audio else 0)
    assert (found.shape, found.dtype) == (like.shape, like.dtype)
    return found


def _last(name: str) -> tuple[Transform, Example] | None:
    """The stage that a showcase ends with, and the example before it, where that stage streams."""
    chain, example = showcase(name)
    stage = chain.stages[-1]
    before = Chain(chain.stages[:-1]).run(example)
    if not isinstance(stage, Transform) or not isinstance(before, list):
        return None
    value = before[0].arrays[stage.of]
    if not isinstance(value, Audio):
        return None
    shape = AudioShape(value.sample_rate, value.channels)
    return (stage, before[0]) if stage.stream(shape, Draws(0, name, 0, "key", 0)) else None


SHOWN = {name: found for name in catalog.STAGES if name != "decode" and (found := _last(name))}


@pytest.mark.parametrize("name", SHOWN)
@given(sizes=st.lists(st.integers(0, 9000), min_size=1, max_size=8).filter(any))
@QUICK
def test_pieces_of_any_sizes_give_the_bits_of_the_whole(name: str, sizes: list[int]) -> None:
    stage, example = SHOWN[name]
    value = example.audio(stage.of)
    whole = cast(Audio, stage.transform(value, Draws(0, name, 0, "key", 0)))
    stream = stage.stream(AudioShape(value.sample_rate, value.channels), Draws(0, name, 0, "key", 0))
    assert stream is not None
    found = _joined(streamed(stream, _pieces(value.samples, sizes)), whole.array, audio=isinstance(whole, Audio))
    assert found.tobytes() == whole.array.tobytes()


def _half_an_hour(sample_rate: int, channels: int) -> list[NDArray[np.float32]]:
    """Thirty minutes that differ, (channels, samples) each."""
    minute = babble(60, sample_rate, channels=channels)
    return [minute * np.float32(1 - 0.01 * number) for number in range(30)]


@pytest.mark.parametrize("name", SHOWN)
def test_half_an_hour_in_spans_gives_the_bits_of_the_whole(name: str) -> None:
    stage, example = SHOWN[name]
    value = example.audio(stage.of)
    spans = _half_an_hour(value.sample_rate, value.channels)
    audio = Audio(np.concatenate(spans, axis=1), value.sample_rate)
    whole = cast(Audio, stage.transform(audio, Draws(0, name, 0, "key", 0)))
    axis = 1 if isinstance(whole, Audio) else 0
    stream = stage.stream(AudioShape(value.sample_rate, value.channels), Draws(0, name, 0, "key", 0))
    assert stream is not None
    done = 0
    for piece in streamed(stream, spans):
        now = slice(done, done + piece.shape[axis])
        assert np.array_equal(piece, whole.array[:, now] if axis else whole.array[now]), done
        done = now.stop
    assert done == whole.array.shape[axis]


def test_half_an_hour_in_spans_is_the_whole_through_a_chain() -> None:
    chain = Chain.parse(
        [
            {"gain": {"gain_db": {"uniform": [-6, -3]}}},
            {"resample": {"sample_rate": 16000}},
            {"log_mel": {"n_mels": 40}},
        ]
    )
    spans = _half_an_hour(8000, 1)
    (wanted,) = chain.run(EXAMPLE.put("audio", Audio(np.concatenate(spans, axis=1), 8000)))
    streams = chain.streams(EXAMPLE, AudioShape(8000, 1))
    found = _joined(stream_chain(streams, spans), wanted.features("log_mel").frames, audio=False)
    assert found.shape == (180_001, 40)
    assert found.tobytes() == wanted.features("log_mel").frames.tobytes()


def test_stages_that_do_not_act_on_an_example_pass_its_pieces_on() -> None:
    chain = Chain.parse([{"gain": {"gain_db": -6, "as": "soft"}}, {"resample": {"of": "soft", "sample_rate": 8000}}])
    assert len(chain.streams(EXAMPLE, AudioShape(16000, 1))) == 2
    assert len(chain.streams(Example("hours.wav", split="train"), AudioShape(16000, 1))) == 1


@pytest.mark.parametrize(
    ("stages", "index", "message"),
    [
        ([{"gain": {"gain_db": -6}}, {"normalize": {}}], 1, "normalize does not stream"),
        ([{"decode": {}}], 0, "decode does not stream"),
        ([{"gain": {"gain_db": -6, "as": "soft"}}, {"resample": {"sample_rate": 8000}}], 1, "resample reads 'audio'"),
    ],
)
def test_a_chain_that_cannot_stream_is_refused(stages: list[dict[str, object]], index: int, message: str) -> None:
    with pytest.raises(ChainError, match=message) as caught:
        Chain.parse(stages).streams(EXAMPLE, AudioShape(16000, 1))
    assert caught.value.index == index


@pytest.mark.parametrize("stages", [[{"gain": {"gain_db": 100}}], [{"resample": {"sample_rate": 4000}}]])
def test_what_leaves_float32_on_its_way_is_rejected(stages: list[dict[str, object]]) -> None:
    streams = Chain.parse(stages).streams(EXAMPLE, AudioShape(16000, 1))
    loud = np.full((1, 4000), 3.4e38, np.float32)
    loud[:, ::2] *= -1
    loud[:, 1000:1100] = 3.4e38
    with pytest.raises(StreamRejected, match="beyond the range of float32"):
        list(stream_chain(streams, [loud]))


def test_too_few_samples_to_resample_are_rejected_at_the_end() -> None:
    streams = Chain.parse([{"resample": {"sample_rate": 1000}}]).streams(EXAMPLE, AudioShape(8000, 1))
    pieces = stream_chain(streams, [np.ones((1, 2), np.float32), np.ones((1, 1), np.float32)])
    with pytest.raises(StreamRejected, match=r"^3 samples are too few to resample to 1000 Hz$"):
        list(pieces)
