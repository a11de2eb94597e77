from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from features.errors import ChainError
from features.example import Audio, Example
from features.filters.fingerprint import Fingerprint, decode, encode, words
from features.signal.resample import resample
from features.stage import PREDICT, AudioShape, FeatureShape
from tests.features.examples import run

RATE = 16000


def voice(seed: int, seconds: float = 4.0) -> np.ndarray:
    """Syllables: harmonics of a pitch under formants that jump at random, with pauses; (1, samples)."""
    rng = np.random.default_rng(seed)
    parts = []
    while sum(map(len, parts)) < seconds * RATE:
        time = np.arange(round(rng.uniform(0.08, 0.3) * RATE)) / RATE
        pitch, formants = rng.uniform(90, 250), rng.uniform([300, 900], [900, 2200])
        tones = np.arange(1, 30) * pitch
        weights = sum(np.exp(-(((tones - formant) / 150) ** 2)) for formant in formants) + 0.01
        syllable = weights @ np.sin(2 * np.pi * np.outer(tones, time)) * np.hanning(len(time))
        parts += [syllable / 20, np.zeros(round(rng.uniform(0, 0.1) * RATE))]
    joined = np.concatenate(parts)[: round(seconds * RATE)] + 1e-4 * rng.standard_normal(round(seconds * RATE))
    return joined.astype(np.float32)[np.newaxis]


def errors(a: np.ndarray, b: np.ndarray) -> float:
    """The share of bits that differ, at the best of all offsets, over words that are 0 in neither."""
    found = []
    for offset in range(-len(b) // 2, len(a) // 2):
        x, y = a[max(0, offset) :], b[max(0, -offset) :]
        both = [(p, q) for p, q in zip(x, y, strict=False) if p and q]
        if len(both) > 0.5 * min(np.count_nonzero(a), np.count_nonzero(b)):
            found.append(np.mean([int(p ^ q).bit_count() / 24 for p, q in both]))
    return min(found)


def mp3(samples: np.ndarray, rate: int) -> Audio:
    sink = io.BytesIO()
    soundfile.write(sink, samples[0], rate, format="MP3")
    decoded, rate = soundfile.read(io.BytesIO(sink.getvalue()), dtype="float32")
    return Audio(decoded[np.newaxis], rate)


def copies(samples: np.ndarray) -> dict[str, Audio]:
    rng = np.random.default_rng(9)
    noise = rng.standard_normal(samples.shape) * np.sqrt(np.mean(samples**2)) * 0.1
    narrow = resample(samples, RATE, 8000)
    return {
        "mp3": mp3(samples, RATE),
        "mp3 at 8 kHz": mp3(narrow, 8000),
        "another rate": Audio(resample(samples, RATE, 44100), 44100),
        "30 dB softer, 16 bits": Audio((np.round(samples * 0.03 * 32768) / 32768).astype(np.float32), RATE),
        "8 bits": Audio((np.round(samples * 128) / 128).astype(np.float32), RATE),
        "upside down, in stereo": Audio(np.repeat(-samples, 2, axis=0), RATE),
        "cut by a fraction of a frame": Audio(np.ascontiguousarray(samples[:, 1777:-900]), RATE),
        "noise at 20 dB": Audio((samples + noise).astype(np.float32), RATE),
    }


@pytest.mark.parametrize("seed", [0, 1])
def test_copies_differ_in_few_bits(seed: int) -> None:
    samples = voice(seed)
    original = words(Audio(samples, RATE))
    assert len(original) == (4 * 5500 - 2048) // 128
    for name, copy in copies(samples).items():
        assert errors(original, words(copy)) < 0.15, name


def test_others_differ_in_many() -> None:
    prints = [words(Audio(voice(seed), RATE)) for seed in range(8)]
    found = [errors(prints[a], prints[b]) for a in range(8) for b in range(a)]
    assert min(found) > 0.3
    assert np.mean(found) > 0.35


def test_the_bits_are_those_of_the_formula() -> None:
    samples = voice(3, 1.0)
    signal = resample(samples / np.abs(samples).max(), RATE, 5500, "MQ")[0].astype(np.float64)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    edges = np.round(300 * (2000 / 300) ** (np.arange(26) / 25) * 2048 / 5500).astype(int)
    energy = np.array(
        [
            [
                np.sum(np.abs(np.fft.rfft(signal[at : at + 2048] * window)[low:high]) ** 2)
                for low, high in pairwise(edges)
            ]
            for at in range(0, len(signal) - 2047, 128)
        ]
    )
    slope = energy[:, :-1] - energy[:, 1:]
    expected = [sum(1 << (23 - m) for m in range(24) if slope[n, m] > slope[n - 1, m]) for n in range(1, len(slope))]
    found = words(Audio(samples, RATE))
    assert np.count_nonzero(found) > 0.8 * len(found)
    assert all(word in (0, wanted) for word, wanted in zip(found.tolist(), expected, strict=True))


def test_silence_has_no_words_and_pauses_have_zeros() -> None:
    assert not len(words(Audio(np.zeros((1, RATE), np.float32), RATE)))
    assert not len(words(Audio(voice(0, 0.3), RATE)))
    paused = voice(0)
    paused[:, RATE : 3 * RATE] *= 1e-4
    assert 0.3 < np.mean(words(Audio(paused, RATE)) == 0) < 0.6


@pytest.mark.parametrize("value", [1.0, 1e-45, np.finfo(np.float32).max])
def test_any_finite_samples_have_words(value: float) -> None:
    samples = np.random.default_rng(0).choice([-value, value], (1, 2 * RATE)).astype(np.float32)
    assert np.count_nonzero(words(Audio(samples, RATE))) > 40


def test_the_notes_of_copy_0_keep_it_as_text() -> None:
    samples = voice(0)
    example = run(Fingerprint(), samples, RATE, copy=0)
    assert isinstance(example, Example)
    text = example.notes["fingerprint"]["words"]
    assert np.array_equal(decode(text), words(Audio(samples, RATE)))
    assert encode(decode(text)) == text
    assert "fingerprint" not in run(Fingerprint(), samples, RATE, copy=1).notes
    assert "fingerprint" not in run(Fingerprint(), samples, RATE, copy=0, split=PREDICT).notes


def test_only_the_first_seconds_are_heard() -> None:
    samples = voice(0)
    short = run(Fingerprint(max_seconds=2), samples, RATE, copy=0)
    assert decode(short.notes["fingerprint"]["words"]).tolist() == words(Audio(samples[:, : 2 * RATE], RATE)).tolist()


def test_a_chain_that_cannot_be_heard_is_refused() -> None:
    with pytest.raises(ChainError, match="up to 2000 Hz; 'audio' has a rate of 3000 Hz"):
        Fingerprint().check({"audio": AudioShape(3000, 1)})
    with pytest.raises(ChainError, match="reads a waveform, and 'mel' is none"):
        Fingerprint(of="mel").check({"mel": FeatureShape(80)})
