"""What every augmentation of waveforms promises: any finite input, the same key again, other draws for another seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from features.catalog import STAGES as CATALOG
from features.catalog import stage_class
from features.draws import Choice, LogUniform, Uniform
from features.example import Audio, Example
from features.stage import AudioShape, Augmentation, Verdict
from tests.features.augment.augmentations import CORPORA, STAGES
from tests.features.examples import QUICK, babble, run, waveforms

RATE = 8000
every = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)


def heard(stage: Augmentation, samples: np.ndarray, **how: Any) -> Example:
    found = run(stage, samples, RATE, bound=CORPORA, **how)
    assert isinstance(found, Example), found
    return found


def test_none_is_forgotten() -> None:
    wanted = {name for name in CATALOG if issubclass(stage_class(name), Augmentation)}
    assert {stage.name for stage in STAGES} == wanted - {"spec_augment"}  # which reads no waveform


@every
@given(samples=waveforms(), key=st.text(max_size=10))
@QUICK
def test_finite_audio_of_the_promised_shape_or_a_verdict(stage: Augmentation, samples: np.ndarray, key: str) -> None:
    before = samples.copy()
    outcome, again = (run(stage, samples, RATE, bound=CORPORA, key=key) for _ in range(2))
    assert np.array_equal(samples, before), "a stage changed its input"
    promised = stage.check({"audio": AudioShape(RATE, *samples.shape)})["audio"]
    if isinstance(outcome, Verdict):
        assert outcome.reason
        assert outcome == again
        return
    assert isinstance(again, Example)
    assert isinstance(promised, AudioShape)
    result = outcome.audio()
    assert result.samples.dtype == np.float32
    assert result.samples.flags.c_contiguous
    assert np.isfinite(result.samples).all()
    assert (result.sample_rate, result.channels) == (RATE, len(samples))
    assert promised.samples in (None, result.samples.shape[1])
    assert result.samples.tobytes() == again.audio().samples.tobytes()
    assert outcome.notes == again.notes


@every
def test_another_key_copy_or_seed_is_another_draw(stage: Augmentation) -> None:
    samples = babble(0.25, RATE)
    others: list[Mapping[str, Any]] = [{"key": f"{n}.wav"} for n in range(12)]
    others += [{"seed": n} for n in range(1, 12)] + [{"copy": n} for n in range(2, 12)]
    found = [heard(stage, samples, **other).audio().samples.tobytes() for other in others]
    for part in (found[:12], found[12:23], found[23:]):
        assert len(set(part)) > 1


@every
def test_the_clean_signal_stays_beside_the_other(stage: Augmentation) -> None:
    samples = babble(0.1, RATE)
    beside = stage.model_copy(update={"as_": "other", "probability": 1.0})
    for copy in (0, 1):
        found = heard(beside, samples, copy=copy)
        assert found.audio().samples is samples
        assert (found.audio("other").samples is samples) == (copy == 0)


@every
def test_probability_is_the_share_that_is_augmented(stage: Augmentation) -> None:
    samples = babble(0.05, RATE)
    never = stage.model_copy(update={"probability": 0.0})
    found = heard(never, samples)
    assert found.audio().samples is samples
    assert found.notes == {stage.name: {"applied": False}}
    certain = heard(stage.model_copy(update={"probability": 1.0}), samples)
    assert "applied" not in certain.notes.get(stage.name, {})


def test_probability_over_many_keys() -> None:
    stage = next(stage for stage in STAGES if stage.name == "polarity").model_copy(update={"probability": 0.3})
    samples = babble(0.01, RATE)
    applied = 0
    for number in range(2000):
        found = heard(stage, samples, key=f"{number}.wav")
        turned = found.notes["polarity"]["applied"]
        assert np.array_equal(found.audio().samples, -samples if turned else samples)
        applied += turned
    assert scipy.stats.binomtest(applied, 2000, 0.3).pvalue > 1e-3


def distributions(stage: Augmentation) -> dict[str, Choice | Uniform | LogUniform]:
    said = {name: getattr(stage, name) for name in type(stage).model_fields}
    return {name: value for name, value in said.items() if isinstance(value, Choice | Uniform | LogUniform)}


SLOW = ("simulate_room", "low_pass", "high_pass", "band_pass")  # a room or a filter is designed for each draw
DRAWN = [stage for stage in STAGES if distributions(stage)]


@pytest.mark.parametrize("stage", DRAWN, ids=lambda stage: stage.name)
def test_what_is_drawn_has_the_distribution(stage: Augmentation) -> None:
    """Many keys against the distribution function: Kolmogorov and Smirnov, or chi squared where it is discrete."""
    samples, keys = babble(0.02, RATE), 200 if stage.name in SLOW else 2000
    notes = [heard(stage, samples, key=f"{number}.wav").notes[stage.name] for number in range(keys)]
    for name, said in distributions(stage).items():
        drawn = [note[name] for note in notes]
        if isinstance(said, Choice):
            assert scipy.stats.chisquare([drawn.count(value) for value in said.choice]).pvalue > 1e-3
            assert set(drawn) == set(said.choice)
            continue
        low, high = said.bounds()
        wanted = scipy.stats.loguniform if isinstance(said, LogUniform) else scipy.stats.uniform
        fixed = wanted(low, high) if isinstance(said, LogUniform) else wanted(low, high - low)
        assert scipy.stats.kstest(drawn, fixed.cdf).pvalue > 1e-3, name


def test_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for number, (name, audio) in enumerate(real_clips[::4]):
        cut = audio.samples[:, : 2 * audio.sample_rate]
        for stage in STAGES[number % 3 :: 3]:
            found = run(stage, cut, audio.sample_rate, bound=CORPORA, key=name)
            assert isinstance(found, Example), (name, stage.name, found)
            assert np.isfinite(found.audio().samples).all()
