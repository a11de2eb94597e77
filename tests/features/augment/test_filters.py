"""low_pass, high_pass, band_pass and shelf: measured responses, scipy and audiomentations as references, streams."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
from pydantic import ValidationError

from features.augment.band_pass import BandPass
from features.augment.filtering import Filter, butterworth
from features.augment.high_pass import HighPass
from features.augment.low_pass import LowPass
from features.augment.shelf import Shelf
from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example
from features.stage import AudioShape, Rejected
from features.streaming import streamed
from tests.features.examples import babble, run

RATE = 16000
LOW, HIGH = LowPass(cutoff_hz=1000), HighPass(cutoff_hz=1000, order=3)
BAND, SHELF = BandPass(low_hz=300, high_hz=3400), Shelf(side="low", cutoff_hz=500, gain_db=-9)
FILTERS = [LOW, HIGH, BAND, SHELF, Shelf(side="high", cutoff_hz=2000, gain_db=6)]


def filtered(stage: Filter, samples: np.ndarray, rate: int = RATE) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.audio().samples


def response_db(stage: Filter, hz: float) -> float:
    """The level of a long tone behind the filter, above that before it: after a second, when it has settled."""
    tone = np.sin(2 * np.pi * hz * np.arange(2 * RATE) / RATE)[np.newaxis].astype(np.float32)
    after = filtered(stage, tone)[0, RATE:].astype(np.float64)
    return float(10 * np.log10(np.mean(after**2) / np.mean(tone[0, RATE:].astype(np.float64) ** 2)))


def bilinear(hz: float) -> float:
    """The frequency of the analogue filter that the bilinear transform puts at `hz`."""
    return float(np.tan(np.pi * hz / RATE))


@pytest.mark.parametrize("order", [1, 2, 4, 8])
@pytest.mark.parametrize("hz", [100.0, 500.0, 1000.0, 2000.0, 4000.0])
def test_low_and_high_pass_have_the_response_of_butterworth(order: int, hz: float) -> None:
    ratio = bilinear(hz) / bilinear(1000)
    low = -10 * np.log10(1 + ratio ** (2 * order))
    high = -10 * np.log10(1 + ratio ** (-2 * order))
    for kind, wanted in ((LowPass, low), (HighPass, high)):
        if wanted > -100:
            assert response_db(kind(cutoff_hz=1000, order=order), hz) == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("hz", [50.0, 150.0, 300.0, 1000.0, 3400.0, 5000.0, 7000.0])
def test_band_pass_has_the_response_that_scipy_computes(hz: float) -> None:
    numerator, denominator = scipy.signal.butter(4, [300, 3400], "bandpass", fs=RATE)
    _, wanted = scipy.signal.freqz(numerator, denominator, worN=[hz], fs=RATE)
    assert response_db(BAND, hz) == pytest.approx(20 * np.log10(np.abs(wanted[0])), abs=0.02)
    if hz in (300, 3400):
        assert response_db(BAND, hz) == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize("gain_db", [-24.0, -6.0, 0.0, 12.0])
@pytest.mark.parametrize("side", ["low", "high"])
def test_a_shelf_gives_its_gain_on_its_side_and_half_of_it_at_the_cutoff(side: Any, gain_db: float) -> None:
    stage = Shelf(side=side, cutoff_hz=1000, gain_db=gain_db)
    on, off = (20, 7900) if side == "low" else (7900, 20)
    assert response_db(stage, on) == pytest.approx(gain_db, abs=0.05)
    assert response_db(stage, 1000) == pytest.approx(gain_db / 2, abs=0.02)
    assert response_db(stage, off) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("hz", [100.0, 700.0, 1500.0, 6000.0])
@pytest.mark.parametrize("side", ["low", "high"])
def test_a_shelf_is_that_of_the_cookbook(side: Any, hz: float) -> None:
    """The analogue prototype of the cookbook with S = 1, Q = 1 / sqrt(2)."""
    gain_db, cutoff = 9.0, 1000.0
    a = 10 ** (gain_db / 40)
    s = 1j * bilinear(hz) / bilinear(cutoff)
    low = a * (s**2 + np.sqrt(a) * np.sqrt(2) * s + a) / (a * s**2 + np.sqrt(a) * np.sqrt(2) * s + 1)
    high = a * (a * s**2 + np.sqrt(a) * np.sqrt(2) * s + 1) / (s**2 + np.sqrt(a) * np.sqrt(2) * s + a)
    wanted = 20 * np.log10(abs(low if side == "low" else high))
    assert response_db(Shelf(side=side, cutoff_hz=cutoff, gain_db=gain_db), hz) == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize(
    ("stage", "theirs", "parameters"),
    [
        (LowPass(cutoff_hz=1000, order=2), "LowPassFilter", {"cutoff_freq": 1000, "rolloff": 12}),
        (HighPass(cutoff_hz=1000, order=4), "HighPassFilter", {"cutoff_freq": 1000, "rolloff": 24}),
        (Shelf(side="low", cutoff_hz=500, gain_db=-9), "LowShelfFilter", {"center_freq": 500, "gain_db": -9}),
        (Shelf(side="high", cutoff_hz=2000, gain_db=6), "HighShelfFilter", {"center_freq": 2000, "gain_db": 6}),
    ],
)
def test_the_samples_are_those_of_audiomentations(stage: Filter, theirs: str, parameters: dict[str, float]) -> None:
    audiomentations = pytest.importorskip("audiomentations")
    fixed = {f"{end}_{name}": value for name, value in parameters.items() for end in ("min", "max")}
    if "Shelf" in theirs:
        fixed |= {"min_q": 2**-0.5, "max_q": 2**-0.5}
    samples = babble(0.5)
    samples[0, 0] = 0  # theirs begin as if the first sample had been there for ever
    reference = getattr(audiomentations, theirs)(p=1.0, **fixed)(samples[0], RATE)
    found = filtered(stage, samples)[0]
    assert np.abs(found - reference).max() <= 1e-4 * np.abs(reference).max()


@pytest.mark.parametrize("stage", FILTERS, ids=lambda stage: stage.name)
def test_pieces_of_any_sizes_give_the_bits_of_the_whole(stage: Filter) -> None:
    samples = babble(0.3, channels=2)
    rng = np.random.default_rng(1)
    for _ in range(5):
        cuts = np.sort(rng.integers(0, samples.shape[1], 6))
        stream = stage.stream(AudioShape(RATE, 2), Draws(0, stage.name, 0, "a.wav", 1))
        joined = np.concatenate(list(streamed(stream, np.split(samples, cuts, axis=1))), axis=1)
        assert np.array_equal(joined, filtered(stage, samples))


def test_what_is_drawn_is_in_the_notes_and_is_what_was_done() -> None:
    samples = babble(0.1)
    stage = BandPass.model_validate({"low_hz": {"uniform": [100, 400]}, "high_hz": {"log_uniform": [900, 7000]}})
    for copy in range(1, 5):
        found = run(stage, samples, RATE, copy=copy)
        assert isinstance(found, Example)
        drawn = BandPass(**found.notes["band_pass"])
        assert np.array_equal(found.audio().samples, filtered(drawn, samples))


def test_what_is_not_drawn_is_designed_once() -> None:
    assert butterworth(4, 1000.0, "lowpass", RATE) is butterworth(4, 1000.0, "lowpass", RATE)
    assert np.array_equal(
        butterworth(2, (300.0, 900.0), "bandpass", 8000),
        scipy.signal.butter(2, [300, 900], "bandpass", fs=8000, output="sos"),
    )


def test_frequencies_that_the_rate_does_not_hold() -> None:
    with pytest.raises(ChainError, match="cutoff_hz 4000: a sample rate of 8000 Hz holds what lies below 4000 Hz"):
        LowPass(cutoff_hz={"uniform": [100, 4000]}).check({"audio": AudioShape(8000, 1)})
    verdict = run(LowPass(cutoff_hz=5000), babble(0.1, 8000), 8000)
    assert verdict == Rejected("low_pass at 5000 Hz: a sample rate of 8000 Hz holds what lies below 4000 Hz")
    assert isinstance(run(LowPass(cutoff_hz=5000), babble(0.1), RATE), Example)


def test_bad_parameters() -> None:
    with pytest.raises(ValidationError, match="every low_hz that can be drawn must lie below every high_hz"):
        BandPass.model_validate({"low_hz": {"uniform": [100, 500]}, "high_hz": {"uniform": [400, 900]}})
    with pytest.raises(ValidationError, match="must lie between 1 and 1e\\+06"):
        HighPass(cutoff_hz=0)
    with pytest.raises(ValidationError, match="less than or equal to 12"):
        HighPass(cutoff_hz=10, order=13)


def test_one_sample_silence_and_the_largest_floats() -> None:
    for stage in FILTERS:
        assert filtered(stage, np.ones((1, 1), np.float32)).shape == (1, 1)
        assert not filtered(stage, np.zeros((2, 50), np.float32)).any()
    huge = np.full((1, 500), np.finfo(np.float32).max, np.float32)
    loud = Shelf(side="low", cutoff_hz=500, gain_db=20)
    assert run(loud, huge, RATE) == Rejected("samples beyond the range of float32")
    assert np.isfinite(filtered(HIGH, huge)).all()


def test_real_clips_are_filtered_as_scipy_does(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips[::6]:
        reference = scipy.signal.lfilter(
            *scipy.signal.butter(2, 800, fs=audio.sample_rate), audio.samples.astype(float)
        )
        found = filtered(LowPass(cutoff_hz=800, order=2), audio.samples, audio.sample_rate)
        assert np.abs(found - reference).max() <= 1e-4 * np.abs(reference).max(), name
