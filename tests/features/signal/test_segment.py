from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from features.chain import Chain, Stopped
from features.example import Audio, Example
from features.signal.segment import Segment
from features.stage import AudioShape, Filtered
from tests.features.examples import QUICK, babble

RATE = 1000


def parts(samples: np.ndarray, **parameters: Any) -> list[list[float]]:
    found = Chain.parse([{"segment": parameters}]).run(Example("a", arrays={"audio": Audio(samples, RATE)}))
    assert not isinstance(found, Stopped)
    return [part.audio().samples[0].tolist() for part in found]


TEN = np.arange(1, 11, dtype=np.float32)[np.newaxis]


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({"seconds": 0.004}, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]),
        ({"seconds": 0.004, "rest": "drop"}, [[1, 2, 3, 4], [5, 6, 7, 8]]),
        ({"seconds": 0.004, "rest": "pad"}, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 0, 0]]),
        ({"seconds": 0.005}, [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]),
        (
            {"seconds": 0.006, "overlap_seconds": 0.003, "rest": "pad"},
            [[*range(1, 7)], [*range(4, 10)], [7, 8, 9, 10, 0, 0]],
        ),
        ({"seconds": 0.006, "overlap_seconds": 0.002}, [[*range(1, 7)], [*range(5, 11)]]),
        ({"seconds": 0.012}, [[*range(1, 11)]]),
        ({"seconds": 0.012, "rest": "pad"}, [[*range(1, 11), 0, 0]]),
    ],
)
def test_known_windows(parameters: dict[str, Any], wanted: list[list[int]]) -> None:
    assert parts(TEN, **parameters) == wanted


def test_what_fills_no_window_can_be_dropped() -> None:
    found = Chain.parse([{"segment": {"seconds": 1, "rest": "drop"}}]).run(
        Example("a", arrays={"audio": Audio(TEN, RATE)})
    )
    assert found == Stopped("segment", Filtered("shorter than a window of 1 s"))


def test_equals_the_frames_of_librosa() -> None:
    wave = babble(2, 8000, channels=2)
    frames = librosa.util.frame(wave, frame_length=800, hop_length=300)
    stage = Segment(seconds=0.1, overlap_seconds=0.0625, rest="drop")
    found = Chain([stage]).run(Example("a", arrays={"audio": Audio(wave, 8000)}))
    assert not isinstance(found, Stopped)
    assert len(found) == frames.shape[-1]
    for number, part in enumerate(found):
        assert np.array_equal(part.audio().samples, frames[..., number])
        assert (part.part, part.notes["segment"]["start_seconds"]) == (number, number * 300 / 8000)


@given(
    samples=st.integers(1, 300),
    window=st.integers(1, 90),
    overlap=st.floats(0, 0.99),
    rest=st.sampled_from(["keep", "drop", "pad"]),
)
@QUICK
def test_every_sample_is_in_a_window_and_windows_are_alike(
    samples: int, window: int, overlap: float, rest: Any
) -> None:
    wave = np.arange(1, samples + 1, dtype=np.float32)[np.newaxis]
    stage = Segment(seconds=window / RATE, overlap_seconds=int(overlap * window) / RATE, rest=rest)
    found = Chain([stage]).run(Example("a", arrays={"audio": Audio(wave, RATE)}))
    if isinstance(found, Stopped):
        assert rest == "drop"
        assert samples < window
        return
    lengths = [part.audio().samples.shape[1] for part in found]
    assert set(lengths[:-1]) <= {window}
    assert lengths[-1] <= window if rest == "keep" else lengths[-1] == window
    covered = np.unique(np.concatenate([part.audio().samples[0] for part in found]))
    missing = samples - np.count_nonzero(covered)
    assert missing < window if rest == "drop" else missing == 0


def test_shapes() -> None:
    shapes = {"audio": AudioShape(8000, 1, 9), "fast": AudioShape(16000, 2, 18)}
    assert Segment(seconds=0.5, rest="pad").check(shapes) == {
        "audio": AudioShape(8000, 1, 4000),
        "fast": AudioShape(16000, 2, 8000),
    }
    assert Segment(seconds=0.5).check(shapes)["audio"] == AudioShape(8000, 1, None)


@pytest.mark.parametrize(
    "parameters", [{}, {"seconds": 0}, {"seconds": 1, "overlap_seconds": 1}, {"seconds": 1, "rest": "x"}]
)
def test_parameters_that_make_no_sense(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Segment.model_validate(parameters)
