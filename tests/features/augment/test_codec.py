"""codec and telephone: as long as before, in time, at the bit rate asked for, and with the loss that is meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
from pydantic import ValidationError

from features.augment import lossy
from features.augment.codec import Codec
from features.augment.telephone import Telephone
from features.errors import ChainError
from features.example import Audio, Example
from features.signal.mu_law import encode
from features.stage import AudioShape, Rejected, Stage
from tests.features.examples import babble, run

FORMATS = {"mp3": 32, "opus": 24, "aac": 48, "amr_nb": 12.2}


def made(stage: Stage, samples: np.ndarray, rate: int = 16000) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.audio().samples


def delay_seconds(before: np.ndarray, after: np.ndarray, rate: int) -> float:
    """How much later one is than the other: where their correlation is largest."""
    correlation = scipy.signal.correlate(after, before, method="fft")
    return (int(np.argmax(correlation)) - (len(before) - 1)) / rate


def sweep(rate: int, seconds: float = 1.0) -> np.ndarray:
    time = np.arange(round(rate * seconds) + 137) / rate
    return np.asarray(0.3 * np.sin(2 * np.pi * (300 * time + 500 * time**2)), np.float32)[np.newaxis]


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000, 96000])
@pytest.mark.parametrize("name", FORMATS)
def test_it_is_as_long_as_before_and_in_time(name: Any, rate: int) -> None:
    pytest.importorskip("av")
    samples = sweep(rate)
    found = made(Codec(format=name, bit_rate_kbps=FORMATS[name]), samples, rate)
    assert found.shape == samples.shape
    assert found.dtype == np.float32
    assert abs(delay_seconds(samples[0], found[0], rate)) <= 0.25e-3
    assert np.corrcoef(samples[0], found[0])[0, 1] > 0.8
    assert not np.allclose(samples, found, atol=1e-4)
    assert found.tobytes() == made(Codec(format=name, bit_rate_kbps=FORMATS[name]), samples, rate).tobytes()


@pytest.mark.parametrize("name", ["mp3", "opus", "aac"])
def test_fewer_bits_are_a_greater_loss(name: Any) -> None:
    pytest.importorskip("av")
    samples = babble(2.0) + np.random.default_rng(0).standard_normal((1, 32000)).astype(np.float32) * np.float32(0.05)
    loss = []
    for kbps in (8, 24, 64):
        error = made(Codec(format=name, bit_rate_kbps=kbps), samples) - samples
        loss.append(float(np.mean(error.astype(float) ** 2)))
    assert loss[0] > loss[1] > loss[2]


@pytest.mark.parametrize(("name", "kbps"), [("mp3", 16), ("mp3", 64), ("opus", 12), ("aac", 32), ("amr_nb", 4.75)])
def test_the_bit_rate_is_the_one_asked_for(name: str, kbps: float) -> None:
    pytest.importorskip("av")
    kind = lossy.FORMATS[name]
    rate = 8000 if name == "amr_nb" else 16000
    noise = np.random.default_rng(0).standard_normal(10 * rate).astype(np.float32) * np.float32(0.1)
    size = len(lossy._encoded(noise, rate, kind, kbps))
    assert size * 8 / 10 / 1000 == pytest.approx(kbps, rel=0.2)


@pytest.mark.parametrize("count", [1, 2, 100, 1000])
@pytest.mark.parametrize("name", FORMATS)
def test_short_silent_and_too_loud(name: Any, count: int) -> None:
    pytest.importorskip("av")
    stage = Codec(format=name, bit_rate_kbps=FORMATS[name])
    for value in (0.0, 1.0, -3e38):
        found = made(stage, np.full((2, count), value, np.float32))
        assert found.shape == (2, count)
        assert np.isfinite(found).all()
        assert np.abs(found).max() < 2
        if not value:
            assert np.abs(found).max() < 1e-3


def test_mu_law_has_256_levels_the_nearest_in_code() -> None:
    rng = np.random.default_rng(0)
    samples = (10 ** rng.uniform(-5, 0.1, (2, 5000)) * rng.choice([-1, 1], (2, 5000))).astype(np.float32)
    found = made(Codec(format="mu_law"), samples)
    assert len(np.unique(found)) == 256
    assert np.array_equal(encode(found), encode(samples))
    assert np.abs(found - np.clip(samples, -1, 1)).max() < 0.025


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"format": "mp3"}, "mp3 needs a bit_rate_kbps between 8 and 320"),
        ({"format": "opus", "bit_rate_kbps": 5}, "opus needs a bit_rate_kbps between 6 and 510"),
        ({"format": "amr_nb", "bit_rate_kbps": {"uniform": [5, 20]}}, "amr_nb needs a bit_rate_kbps between 4.75 and"),
        ({"format": "mu_law", "bit_rate_kbps": 64}, "mu_law has no bit_rate_kbps"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Codec.model_validate(parameters)


def test_without_pyav_the_chain_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lossy, "find_spec", lambda name: None)
    with pytest.raises(ChainError, match=r"pip install 'wavemill\[containers\]'") as caught:
        Codec(format="opus", bit_rate_kbps=16).check({"audio": AudioShape(16000, 1)})
    assert caught.value.parameter == "format"
    assert Codec(format="mu_law").check({"audio": AudioShape(16000, 1)}) == {"audio": AudioShape(16000, 1)}


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_a_telephone_lets_300_to_3400_hz_through(rate: int) -> None:
    time = np.arange(rate) / rate

    def through_db(hz: float) -> float:
        samples = np.asarray(0.5 * np.sin(2 * np.pi * hz * time), np.float32)[np.newaxis]
        found = made(Telephone(), samples, rate)
        assert found.shape == samples.shape
        inside = found[0, rate // 4 : -rate // 4].astype(float)
        wave = np.exp(-2j * np.pi * hz * time[rate // 4 : -rate // 4])
        return float(20 * np.log10(2 * abs(np.mean(inside * wave)) / 0.5 + 1e-9))

    for hz in (500, 1000, 2500):
        assert through_db(hz) == pytest.approx(0, abs=0.5)
    assert through_db(300) == pytest.approx(-3, abs=0.7)
    assert through_db(3400) == pytest.approx(-3, abs=0.7)
    assert through_db(60) < -40
    if rate > 8000:
        assert through_db(5500) < -40


def test_a_telephone_takes_8_bits() -> None:
    found = made(Telephone(), babble(0.5, 8000), 8000)
    assert len(np.unique(found)) <= 256


def test_a_telephone_of_short_and_loud_recordings() -> None:
    assert run(Telephone(), np.ones((1, 1), np.float32), 48000) == Rejected(
        "1 samples are too few for a telephone line"
    )
    assert np.isfinite(made(Telephone(), np.full((2, 300), 3e38, np.float32))).all()


def test_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    pytest.importorskip("av")
    for name, audio in real_clips[::9]:
        cut = audio.samples[:, : audio.sample_rate]
        found = made(Codec(format="opus", bit_rate_kbps=32), cut, audio.sample_rate)
        assert abs(delay_seconds(cut[0], found[0], audio.sample_rate)) <= 1e-3, name
        heard = made(Telephone(), cut, audio.sample_rate)
        assert heard.shape == cut.shape
        assert np.isfinite(heard).all()
