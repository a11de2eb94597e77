from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from features.augment import audiomentations as adapter
from features.augment.audiomentations import Audiomentations
from features.errors import ChainError
from features.example import Audio, Example
from features.stage import AudioShape, Rejected
from tests.features.examples import babble, run

theirs = pytest.importorskip("audiomentations")

SAMPLES = babble(0.4)


def stage(transform: str, **parameters: Any) -> Audiomentations:
    return Audiomentations.model_validate({"transform": transform, "parameters": parameters})


def made(one: Audiomentations, samples: np.ndarray = SAMPLES, **how: Any) -> Example:
    found = run(one, samples, 16000, **how)
    assert isinstance(found, Example), found
    return found


TRANSFORMS: list[tuple[str, dict[str, Any]]] = [
    ("AddGaussianSNR", {}),
    ("AddColorNoise", {}),
    ("Aliasing", {}),
    ("BandPassFilter", {}),
    ("BitCrush", {}),
    ("ClippingDistortion", {}),
    ("Gain", {"min_gain_db": -12.0, "max_gain_db": 3.0}),
    ("GainTransition", {}),
    ("PeakingFilter", {}),
    ("PolarityInversion", {}),
    ("RepeatPart", {"min_part_duration": 0.05, "max_part_duration": 0.1}),
    ("Reverse", {}),
    ("SevenBandParametricEQ", {}),
    ("Shift", {}),
    ("TanhDistortion", {}),
    ("TimeMask", {}),
    ("TimeStretch", {"leave_length_unchanged": False}),
    ("PitchShift", {}),
]


@pytest.mark.parametrize(("name", "parameters"), TRANSFORMS)
def test_the_same_key_gives_the_same_bytes_whatever_was_drawn_elsewhere(name: str, parameters: dict[str, Any]) -> None:
    one = stage(name, **parameters)
    first = made(one)
    random.random()
    np.random.random(7)  # noqa: NPY002
    again = made(one)
    assert first.audio().samples.tobytes() == again.audio().samples.tobytes()
    assert first.notes == again.notes
    assert json.loads(json.dumps(first.notes)) == first.notes
    fixed = {"PolarityInversion", "Reverse"}
    others = {made(one, seed=seed).audio().samples.tobytes() for seed in range(1, 6)}
    assert (len(others) == 1) == (name in fixed)


def test_the_global_generators_are_left_as_they_were() -> None:
    before, numpy_before = random.getstate(), np.random.get_state()[1].tobytes()  # type: ignore[index,union-attr]  # noqa: NPY002
    made(stage("AddColorNoise"))
    assert random.getstate() == before
    assert np.random.get_state()[1].tobytes() == numpy_before  # type: ignore[index,union-attr]  # noqa: NPY002


def test_it_is_their_transform_with_the_parameters_in_the_notes() -> None:
    found = made(stage("Gain", min_gain_db=-12.0, max_gain_db=3.0))
    amplitude = found.notes["audiomentations"]["amplitude_ratio"]
    assert 10 ** (-12 / 20) <= amplitude <= 10 ** (3 / 20)
    assert np.array_equal(found.audio().samples, SAMPLES * np.float32(amplitude))
    reverse = made(stage("Reverse"), np.concatenate([SAMPLES, -SAMPLES]))
    assert np.array_equal(reverse.audio().samples, np.concatenate([SAMPLES, -SAMPLES])[:, ::-1])


def test_probability_is_the_stages() -> None:
    with pytest.raises(ValidationError, match="write `probability` beside transform"):
        stage("Reverse", p=0.5)
    sometimes = stage("Reverse").model_copy(update={"probability": 0.5})
    applied = [made(sometimes, key=f"{n}").notes["audiomentations"]["applied"] for n in range(40)]
    assert 5 < sum(applied) < 35


@pytest.mark.parametrize(
    ("one", "parameter", "message"),
    [
        (stage("Gian"), "transform", "audiomentations has no waveform transform called 'Gian'"),
        (stage("Compose"), "transform", "no waveform transform called 'Compose'"),
        (stage("Resample"), "transform", "use the stage resample instead of Resample"),
        (stage("Gain", loudness=3), "parameters", "Gain refuses its parameters: .*loudness"),
        (stage("TanhDistortion", min_distortion=2.0), "parameters", "TanhDistortion refuses its parameters"),
    ],
)
def test_mistakes_are_found_before_anything_runs(one: Audiomentations, parameter: str, message: str) -> None:
    with pytest.raises(ChainError, match=message) as caught:
        one.check({"audio": AudioShape(16000, 1)})
    assert caught.value.parameter == parameter


def test_without_the_package_the_chain_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "find_spec", lambda name: None)
    with pytest.raises(ChainError, match=r"pip install 'wavemill\[augment\]'"):
        stage("Reverse").check({"audio": AudioShape(16000, 1)})


def test_channels_that_a_transform_does_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    one = stage("Reverse")
    for supported, channels, message in (
        ("supports_multichannel", 2, "Reverse reads one channel, and there are 2: decode to mono"),
        ("supports_mono", 1, "Reverse reads several channels, and there is 1"),
    ):
        monkeypatch.setattr(theirs.Reverse, supported, False)
        with pytest.raises(ChainError, match=message):
            one.check({"audio": AudioShape(16000, channels)})
        assert run(one, babble(0.1, channels=channels), 16000) == Rejected(message)


def test_lengths_may_change() -> None:
    one = stage("TimeStretch", leave_length_unchanged=False, min_rate=1.25, max_rate=1.25)
    assert one.check({"audio": AudioShape(16000, 1, 6400)})["audio"] == AudioShape(16000, 1, None)
    assert made(one).audio().samples.shape[1] == pytest.approx(6400 / 1.25, abs=200)


def test_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips[::9]:
        found = run(stage("SevenBandParametricEQ"), audio.samples, audio.sample_rate, key=name)
        assert isinstance(found, Example)
        assert found.audio().samples.shape == audio.samples.shape
