from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from features.augment.speed import Speed
from features.example import Audio, Example
from features.signal.resample import resample
from features.stage import AudioShape, Rejected
from tests.features.examples import babble, run


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.1, 1.337, 2.0])
def test_pitch_and_tempo_change_by_the_factor(factor: float) -> None:
    rate, hz = 16000, 500.0
    tone = np.sin(2 * np.pi * hz * np.arange(rate) / rate).astype(np.float32)[np.newaxis]
    found = run(Speed(factor=factor), tone, rate)
    assert isinstance(found, Example)
    audio = found.audio()
    assert audio.sample_rate == rate
    assert audio.samples.shape[1] == int(rate / factor + 0.5)
    wanted = np.sin(2 * np.pi * hz * factor * np.arange(audio.samples.shape[1]) / rate)
    assert np.abs(audio.samples[0] - wanted)[800:-800].max() < 1e-3


def test_a_factor_of_one_leaves_the_samples_as_they_are() -> None:
    samples = babble(0.2)
    found = run(Speed(factor=1.0), samples)
    assert isinstance(found, Example)
    assert found.audio().samples is samples


def test_the_notes_hold_the_factor_that_was_applied() -> None:
    samples = babble(0.2)
    for copy in range(1, 6):
        found = run(Speed(factor={"uniform": [0.8, 1.2]}), samples, copy=copy)
        assert isinstance(found, Example)
        factor = found.notes["speed"]["factor"]
        assert 0.8 <= factor <= 1.2
        assert np.array_equal(found.audio().samples, resample(samples, round(factor * 1000), 1000))


def test_a_choice_gives_each_of_its_values_and_no_other() -> None:
    stage, samples = Speed(factor={"choice": [0.9, 1.0, 1.1]}), babble(0.05)
    drawn = [run(stage, samples, key=f"{number}.wav") for number in range(60)]
    factors = [found.notes["speed"]["factor"] for found in drawn if isinstance(found, Example)]
    assert {factor: factors.count(factor) > 8 for factor in (0.9, 1.0, 1.1)} == {0.9: True, 1.0: True, 1.1: True}
    assert len(factors) == 60


def test_the_length_is_unknown_unless_nothing_changes() -> None:
    before = AudioShape(8000, 1, 8000)
    assert Speed(factor=1).shape(before) == before
    assert Speed(factor={"choice": [1.0, 1.1]}).shape(before) == AudioShape(8000, 1, None)


def test_too_short_to_have_a_sample_left() -> None:
    verdict = run(Speed(factor=10), np.ones((1, 4), np.float32))
    assert verdict == Rejected("4 samples are too few to play 10 times as fast")


@pytest.mark.parametrize("factor", [0, -1, 11, {"choice": [1.0, 0.0]}])
def test_factors_out_of_bounds(factor: object) -> None:
    with pytest.raises(ValidationError, match=r"must lie between 0\.1 and 10"):
        Speed.model_validate({"factor": factor})


def test_real_clips_last_as_much_shorter(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips[::8]:
        found = run(Speed(factor=1.1), audio.samples, audio.sample_rate)
        assert isinstance(found, Example)
        assert found.audio().seconds == pytest.approx(audio.seconds / 1.1, abs=1 / audio.sample_rate), name
