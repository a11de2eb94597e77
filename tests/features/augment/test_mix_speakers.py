from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from features.augment.mix_speakers import MixSpeakers
from features.example import Audio, Example
from tests.features.examples import babble, clips, run

VOICES = [babble(0.3, seed=n) * np.float32(level) for n, level in ((1, 1.0), (2, 0.01), (3, 5.0))]
VOICES[2] = VOICES[2][:, :900]


def mixed(samples: np.ndarray, *voices: np.ndarray, key: str = "a.wav", copy: int = 1, **parameters: Any) -> Example:
    stage = MixSpeakers.model_validate({"from": "speakers", "sir_db": 5, **parameters})
    found = run(stage, samples, 16000, bound={"speakers": clips(*voices)}, key=key, copy=copy)
    assert isinstance(found, Example), found
    return found


def sir_db(clean: np.ndarray, found: Example) -> float:
    added = found.audio().samples.astype(float) - clean
    return float(10 * np.log10(np.mean(clean.astype(float) ** 2) / np.mean(added**2)))


@pytest.mark.parametrize("wanted", [-10, 0, 12.5])
@pytest.mark.parametrize("voices", [1, 2, 3, 7])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_measured_sir_is_the_one_asked_for(wanted: float, voices: int, channels: int) -> None:
    clean = babble(0.25, channels=channels)
    found = mixed(clean, *VOICES, sir_db=wanted, voices=voices)
    assert sir_db(clean, found) == pytest.approx(wanted, abs=0.1)
    notes = found.notes["mix_speakers"]
    assert notes["sir_db"] == wanted
    assert len(notes["clips"]) == len(notes["offset_samples"]) == voices
    if voices <= 3:
        assert len(set(notes["clips"])) == voices


def test_what_is_added_are_the_pieces_in_the_notes_each_as_loud() -> None:
    clean = babble(0.25)
    for copy in range(1, 6):
        found = mixed(clean, *VOICES, copy=copy, voices=2)
        notes = found.notes["mix_speakers"]
        together = np.zeros(clean.shape[1])
        for name, offset in zip(notes["clips"], notes["offset_samples"], strict=True):
            piece = np.tile(VOICES[int(name[1:])][0], 8)[offset:][: clean.shape[1]].astype(float)
            together += piece / np.sqrt(np.mean(piece**2))
        added = (found.audio().samples - clean)[0]
        assert np.corrcoef(added, together)[0, 1] > 0.99999


def test_a_recording_is_never_mixed_with_itself() -> None:
    for copy in range(1, 20):
        assert mixed(babble(0.1), *VOICES, key="n1", copy=copy).notes["mix_speakers"]["clips"] != ["n1"]
    alone = mixed(babble(0.1), VOICES[0], key="n0")
    assert alone.notes["mix_speakers"] == {"silent": "voices"}


def test_silence_has_no_sir() -> None:
    nothing = np.zeros((1, 400), np.float32)
    found = mixed(nothing, *VOICES)
    assert found.audio().samples is nothing
    assert found.notes["mix_speakers"]["silent"] == "signal"
    clean = babble(0.1)
    found = mixed(clean, nothing)
    assert found.audio().samples is clean
    assert found.notes["mix_speakers"]["silent"] == "voices"


def test_real_speakers(real_clips: list[tuple[str, Audio]]) -> None:
    speech = [audio.samples for name, audio in real_clips if audio.sample_rate == 16000]
    found = mixed(speech[0], *speech[1:], voices=4, sir_db=3)
    assert sir_db(speech[0], found) == pytest.approx(3, abs=0.1)
