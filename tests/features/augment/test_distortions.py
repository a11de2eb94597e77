"""polarity, clip, distort and time_mask: exact values, and audiomentations where it does the same."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from features.augment.clip import Clip
from features.augment.distort import Distort
from features.augment.gain import Gain
from features.augment.polarity import Polarity
from features.augment.time_mask import TimeMask
from features.draws import Draws
from features.example import Audio, Example
from features.stage import AudioShape, Stage
from features.streaming import streamed
from tests.features.examples import babble, run


def made(stage: Stage, samples: np.ndarray, rate: int = 16000, **how: object) -> np.ndarray:
    found = run(stage, samples, rate, **how)  # type: ignore[arg-type]
    assert isinstance(found, Example), found
    return found.audio().samples


def test_polarity_is_the_other_sign() -> None:
    samples = babble(0.1, channels=2)
    assert np.array_equal(made(Polarity(), samples), -samples)


@pytest.mark.parametrize(
    ("stage", "theirs", "parameters"),
    [
        (Gain(gain_db=-7), "Gain", {"min_gain_db": -7, "max_gain_db": -7}),
        (Polarity(), "PolarityInversion", {}),
        (Clip(level_db=-20), "Clip", {"a_min": -0.1, "a_max": 0.1}),
        (Clip(percent=30), "ClippingDistortion", {"min_percentile_threshold": 30, "max_percentile_threshold": 30}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_samples_are_those_of_audiomentations(stage: Stage, theirs: str, parameters: dict[str, float]) -> None:
    audiomentations = pytest.importorskip("audiomentations")
    half = babble(0.5)[0]
    samples = np.concatenate([half, -half])  # whose percentiles lie as far below zero as above it
    reference = getattr(audiomentations, theirs)(p=1.0, **parameters)(samples.copy(), 16000)
    found = made(stage, samples[np.newaxis])[0]
    assert np.abs(found - reference).max() <= 1e-4 * np.abs(reference).max()


@pytest.mark.parametrize("percent", [0.0, 1.0, 10.0, 50.0, 100.0])
def test_so_many_percent_of_the_samples_are_cut(percent: float) -> None:
    samples = np.random.default_rng(0).standard_normal((2, 5000)).astype(np.float32)
    found = made(Clip(percent=percent), samples)
    assert np.count_nonzero(found != samples) == pytest.approx(percent / 100 * samples.size, abs=1)
    level = np.abs(found).max()
    assert np.array_equal(found, np.clip(samples, -level, level))


@pytest.mark.parametrize("samples", [1, 2, 5, 800, 4001])
def test_it_cuts_at_numpys_percentile_to_the_bit(samples: int) -> None:
    rng = np.random.default_rng(samples)
    for wave in (rng.standard_normal((1, samples)), rng.integers(-3, 4, (2, samples)) / 3):
        audio = wave.astype(np.float32)
        for percent in (0.0, 100.0, 50.0, *rng.uniform(0, 100, 20).tolist()):
            level = np.percentile(np.abs(audio), 100 - percent)
            assert np.array_equal(made(Clip(percent=percent), audio), np.clip(audio, -level, level)), percent


def test_a_cut_at_a_level_streams() -> None:
    samples = babble(0.2)
    stage = Clip(level_db=-12)
    stream = stage.stream(AudioShape(16000, 1), Draws(0, "clip", 0, "a.wav", 1))
    assert stream is not None
    joined = np.concatenate(list(streamed(stream, np.split(samples, [7, 900], axis=1))), axis=1)
    assert np.array_equal(joined, np.clip(samples, -(10 ** (-12 / 20)), np.float32(10 ** (-12 / 20))))
    assert Clip(percent=10).stream(AudioShape(16000, 1), Draws(0, "clip", 0, "a.wav", 1)) is None


@pytest.mark.parametrize("parameters", [{}, {"percent": 10, "level_db": -6}])
def test_a_cut_needs_one_of_both(parameters: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="either percent or level_db"):
        Clip(**parameters)


@pytest.mark.parametrize("drive_db", [-40.0, 0.0, 20.0, 60.0])
def test_distortion_is_a_tangent_at_the_old_level(drive_db: float) -> None:
    samples = babble(0.3, channels=2)
    found = made(Distort(drive_db=drive_db), samples).astype(np.float64)
    exact = samples.astype(np.float64)
    bent = np.tanh(exact / np.abs(exact).max() * 10 ** (drive_db / 20))
    wanted = bent * np.sqrt(np.mean(exact**2) / np.mean(bent**2))
    assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()
    if drive_db == -40:
        assert np.abs(found - samples).max() < 1e-4


def test_distortion_leaves_silence_and_takes_the_largest_floats() -> None:
    silence = np.zeros((1, 9), np.float32)
    assert made(Distort(drive_db=30), silence) is silence
    huge = np.float32([[3e38, -1e38, 0]])
    assert np.isfinite(made(Distort(drive_db=-20), huge)).all()


def test_a_masked_piece_is_where_the_notes_say_and_as_long_as_asked() -> None:
    samples = babble(0.2, channels=2) + np.float32(1)
    starts = set()
    for copy in range(1, 30):
        found = run(TimeMask(fraction=0.25), samples, 16000, copy=copy)
        assert isinstance(found, Example)
        start = found.notes["time_mask"]["offset_samples"]
        wanted = samples.copy()
        wanted[:, start : start + 800] = 0
        assert np.array_equal(found.audio().samples, wanted)
        assert 0 <= start <= 2400
        starts.add(start)
    assert len(starts) > 25


def test_a_mask_of_nothing_and_of_all() -> None:
    samples = babble(0.05)
    assert np.array_equal(made(TimeMask(fraction=0), samples), samples)
    assert not made(TimeMask(fraction=1), samples).any()


def test_real_clips_keep_their_level_when_distorted(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips[::6]:
        found = made(Distort(drive_db=25), audio.samples, audio.sample_rate)
        assert np.sqrt(np.mean(found**2)) == pytest.approx(np.sqrt(np.mean(audio.samples**2)), rel=1e-3), name
