"""The bin in which a tone is strongest stands for the tone's frequency."""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest

from features.chain import Chain
from features.example import Audio, Example
from features.showing.frequencies import frequencies
from tests.factories import tone

RATE = 16_000
RESAMPLED: list[dict[str, Any]] = [{"decode": {}}, {"resample": {"sample_rate": RATE}}]
STAGES: list[dict[str, Any]] = [
    {"stft": {"n_fft": 512, "output": "power"}},
    {"mel": {"n_fft": 1024}},
    {"log_mel": {"n_fft": 1024, "f_min": 60, "f_max": 7000, "mel_scale": "htk"}},
    {"whisper_log_mel": {}},
    {"kaldi_fbank": {}},
    {"gammatone": {"n_fft": 1024}},
    {"cqt": {"bins_per_octave": 24, "n_bins": 168}},
]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: next(iter(stage)))
@pytest.mark.parametrize("hz", [440.0, 1000.0, 3000.0])
def test_a_tone_is_found_at_its_frequency(stage: dict[str, Any], hz: float) -> None:
    (name,) = stage
    (made,) = Chain.parse([stage]).run(Example("a", None, {"audio": Audio(tone(1.0, RATE, hz), RATE)}))
    found = made.features(name)
    centres = frequencies(Chain.parse([*RESAMPLED, stage]), name, found.frame_rate)
    assert centres is not None
    assert len(centres) == found.frames.shape[1]
    assert (np.diff(centres) > 0).all()
    strongest = int(found.frames[len(found.frames) // 2].argmax())
    assert abs(strongest - int(np.abs(centres - hz).argmin())) <= 1
    assert centres[strongest] == pytest.approx(hz, rel=0.06)


def test_mel_centres_are_those_of_librosa() -> None:
    stage = {"log_mel": {"n_mels": 40, "n_fft": 512, "f_min": 20, "f_max": 4000}}
    found = frequencies(Chain.parse([*RESAMPLED, stage]), "log_mel", 100.0)
    assert np.allclose(found, librosa.mel_frequencies(42, fmin=20, fmax=4000)[1:-1])


def test_the_frame_rate_tells_what_the_recipe_leaves_open() -> None:
    chain = Chain.parse([{"decode": {}}, {"stft": {"n_fft": 400, "hop_length": 220, "output": "power"}}])
    assert frequencies(chain, "stft", 100.0)[-1] == 11_000  # type: ignore[index]
    assert frequencies(Chain.parse([{"decode": {}}, {"kaldi_fbank": {}}]), "kaldi_fbank", 100.0) is None


def test_names_lead_through_the_chain() -> None:
    chain = Chain.parse([*RESAMPLED, {"mel": {"as": "a"}}, {"pcen": {"of": "a", "as": "b"}}, {"mfcc": {"as": "c"}}])
    direct = frequencies(chain, "a", 100.0)
    assert direct is not None
    assert np.array_equal(frequencies(chain, "b", 100.0), direct)
    assert frequencies(chain, "c", 100.0) is None
    assert frequencies(chain, "audio", 100.0) is None
    assert frequencies(chain, "nothing", 100.0) is None


def test_what_takes_the_place_of_a_name_is_no_frequency() -> None:
    chain = Chain.parse([*RESAMPLED, {"log_mel": {"as": "a"}}, {"patches": {"of": "a", "as": "a"}}])
    assert frequencies(chain, "a", 10.0) is None
