from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from features.chain import Chain, Stopped
from features.errors import ChainError
from features.example import Audio, Example
from features.signal.split_on_silence import SplitOnSilence
from features.stage import AudioShape, FeatureShape, Filtered, Rejected
from tests.features.examples import QUICK, babble, run, waveforms

RATE = 16000
BARE = {"min_silence_seconds": 0.0, "min_seconds": 0.0, "keep_seconds": 0.0}


def stage_for(rate: int, top_db: float) -> SplitOnSilence:
    return SplitOnSilence(top_db=top_db, frame_length_seconds=512 / rate, hop_seconds=128 / rate, **BARE)


def parts(stage: SplitOnSilence, example: Example) -> list[Example]:
    found = Chain([stage]).run(example)
    assert not isinstance(found, Stopped)
    return found


def bursts(*spans: tuple[float, float]) -> Audio:
    """Two seconds, silent but for these spans of seconds."""
    wave = np.zeros((1, 2 * RATE), np.float32)
    for start, stop in spans:
        wave[:, round(start * RATE) : round(stop * RATE)] = 0.5
    return Audio(wave, RATE)


@pytest.mark.parametrize("top_db", [20, 40, 60])
def test_equals_librosa_on_real_clips(top_db: float, real_clips: list[tuple[str, Audio]]) -> None:
    several = 0
    for name, audio in real_clips:
        wanted = librosa.effects.split(audio.samples, top_db=top_db, frame_length=512, hop_length=128)
        found = parts(stage_for(audio.sample_rate, top_db), Example(name, arrays={"audio": audio}))
        assert len(found) == len(wanted), name
        for part, (start, stop) in zip(found, wanted, strict=True):
            assert np.array_equal(part.audio().samples, audio.samples[:, start:stop]), name
            assert part.notes["split_on_silence"] == {"start_seconds": start / audio.sample_rate}
        several += len(found) > 1
    assert several


def test_equals_librosa_on_a_voice_that_comes_and_goes() -> None:
    wave = babble(3, RATE, channels=2) * np.repeat([1, 0, 0.2, 0, 1, 0], RATE // 2).astype(np.float32)
    wanted = librosa.effects.split(wave, top_db=40, frame_length=512, hop_length=128)
    found = parts(stage_for(RATE, 40), Example("a", arrays={"audio": Audio(wave, RATE)}))
    assert [part.part for part in found] == list(range(len(wanted)))
    for part, (start, stop) in zip(found, wanted, strict=True):
        assert np.array_equal(part.audio().samples, wave[:, start:stop])


def test_short_silence_does_not_cut_and_short_sounds_are_left_out() -> None:
    audio = bursts((0.2, 0.5), (0.6, 0.8), (1.3, 1.34), (1.7, 1.9))
    stage = SplitOnSilence(frame_length_seconds=0.01, hop_seconds=0.005, min_silence_seconds=0.3, keep_seconds=0.1)
    found = parts(stage, Example("a", arrays={"audio": audio}))
    starts = [part.notes["split_on_silence"]["start_seconds"] for part in found]
    assert starts == pytest.approx([0.1, 1.6], abs=0.011)
    assert [part.audio().seconds for part in found] == pytest.approx([0.8, 0.4], abs=0.02)
    assert found[1].audio().samples.any()


def test_pairs_stay_pairs_and_events_and_texts_follow() -> None:
    audio = bursts((0.2, 0.7), (1.2, 1.7))
    slow = Audio(np.repeat(audio.samples[:, ::2], 2, axis=0), RATE // 2)
    labels = {"word": "x", "events": ["0.25 0.5 a", "0.6 1.4 b", "0.8 0.9 gap", "not an event"]}
    example = Example("a", arrays={"audio": audio, "slow": slow}, text="two bursts", labels=labels)
    stage = SplitOnSilence(frame_length_seconds=0.01, hop_seconds=0.01, **BARE)
    first, second = parts(stage, example)
    for part in (first, second):
        assert part.text is None
        assert part.labels["word"] == "x"
        assert part.audio("slow").samples.shape == (2, part.audio().samples.shape[1] // 2)
        assert np.array_equal(part.audio("slow").samples[0], part.audio().samples[0, ::2])
    events = [[event.split() for event in part.labels["events"]] for part in (first, second)]  # type: ignore[union-attr]
    assert [[event[-1] for event in part] for part in events] == [["a", "b", "event"], ["b", "event"]]
    start = second.notes["split_on_silence"]["start_seconds"]
    assert [float(number) for number in events[1][0][:2]] == pytest.approx([0, 1.4 - start])
    (whole,) = parts(stage, Example("a", arrays={"audio": bursts((0.2, 0.7))}, text="one burst"))
    assert whole.text == "one burst"


def test_verdicts() -> None:
    assert run(SplitOnSilence(), np.zeros((1, 8000), np.float32)) == Filtered("silence")
    assert run(SplitOnSilence(), np.full((1, 90), 1e30, np.float32)) == Rejected("samples beyond the range of float32")
    assert run(SplitOnSilence(min_seconds=3), babble(1, 8000)) == Filtered("no sound of 3 s")


@given(samples=waveforms(), keep=st.sampled_from([0.0, 0.002]))
@QUICK
def test_any_waveform_gives_parts_of_it_or_a_verdict(samples: np.ndarray, keep: float) -> None:
    stage = SplitOnSilence(
        top_db=20,
        frame_length_seconds=0.004,
        hop_seconds=0.001,
        min_silence_seconds=2 * keep,
        min_seconds=0,
        keep_seconds=keep,
    )
    found = Chain([stage]).run(Example("a", arrays={"audio": Audio(samples, 8000)}))
    if isinstance(found, Stopped):
        assert found.verdict.reason
        return
    stop = 0
    for part in found:
        start = round(part.notes["split_on_silence"]["start_seconds"] * 8000)
        assert start >= stop
        stop = start + part.audio().samples.shape[1]
        assert np.array_equal(part.audio().samples, samples[:, start:stop])
        assert part.audio().samples.flags.c_contiguous


def test_it_must_come_before_features() -> None:
    shapes = {"audio": AudioShape(8000, 1, 9), "log_mel": FeatureShape(80)}
    with pytest.raises(ChainError, match="put it before the stage that writes 'log_mel'"):
        SplitOnSilence().check(shapes)
    with pytest.raises(ChainError, match="no waveform of a stage before"):
        SplitOnSilence(of="noisy").check({"audio": AudioShape(8000, 1, 9)})
    assert SplitOnSilence().check({"audio": AudioShape(8000, 1, 9)}) == {"audio": AudioShape(8000, 1, None)}


def test_parts_may_not_overlap() -> None:
    with pytest.raises(ValidationError, match=r"keep_seconds 0\.2 may be at most half of min_silence_seconds 0\.3"):
        SplitOnSilence(keep_seconds=0.2)
