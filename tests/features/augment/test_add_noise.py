from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from features.augment.add_noise import AddNoise
from features.chain import Chain
from features.errors import FeatureError, StageCrash
from features.example import Audio, Example
from features.resources import Clip, Clips, Resources
from tests.features.examples import babble, clips, run

RNG = np.random.default_rng(3)
LONG = RNG.standard_normal((1, 20_000)).astype(np.float32)
SHORT = RNG.standard_normal((1, 700)).astype(np.float32) * 0.01


def stage(snr_db: Any = 10, **parameters: Any) -> AddNoise:
    return AddNoise.model_validate({"from": "noise", "snr_db": snr_db, **parameters})


def noisy(samples: np.ndarray, *noises: np.ndarray, snr_db: Any = 10, **how: Any) -> Example:
    found = run(stage(snr_db), samples, bound={"noise": clips(*noises)}, **how)
    assert isinstance(found, Example), found
    return found


def measured_snr_db(clean: np.ndarray, mixed: np.ndarray) -> float:
    clean, mixed = clean.astype(np.float64), mixed.astype(np.float64)
    return float(10 * np.log10(np.mean(clean**2) / np.mean((mixed - clean) ** 2)))


@pytest.mark.parametrize("snr_db", [-20, 0, 5.5, 20, 60])
@pytest.mark.parametrize("noise", [LONG, SHORT, LONG[:, :1]], ids=["long", "short", "one sample"])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_measured_snr_is_the_one_asked_for(snr_db: float, noise: np.ndarray, channels: int) -> None:
    clean = babble(0.5, channels=channels)
    found = noisy(clean, noise, snr_db=snr_db)
    assert measured_snr_db(clean, found.audio().samples) == pytest.approx(snr_db, abs=0.1)
    assert found.notes["add_noise"]["snr_db"] == snr_db


def test_what_is_added_is_the_piece_in_the_notes() -> None:
    clean = babble(0.25)
    for noise in (LONG, SHORT):
        for copy in range(1, 6):
            found = noisy(clean, noise, copy=copy)
            offset = found.notes["add_noise"]["offset_samples"]
            piece = np.tile(noise[0], 20)[offset : offset + clean.shape[1]]
            added = (found.audio().samples - clean)[0]
            assert np.corrcoef(added, piece)[0, 1] > 0.9999
            assert 0 <= offset < noise.shape[1]
    assert found.notes["add_noise"]["clip"] == "n0"


def test_a_long_clip_is_not_looped() -> None:
    clean = babble(1.0)
    offsets = [noisy(clean, LONG, copy=copy).notes["add_noise"]["offset_samples"] for copy in range(1, 40)]
    assert max(offsets) <= LONG.shape[1] - clean.shape[1]
    assert len(set(offsets)) > 30


def test_every_clip_is_drawn() -> None:
    picked = Counter(
        noisy(babble(0.01), LONG, SHORT, LONG * 2, key=f"{n}").notes["add_noise"]["clip"] for n in range(90)
    )
    assert set(picked) == {"n0", "n1", "n2"}
    assert min(picked.values()) > 15


@pytest.mark.parametrize("other", [{"key": "b.wav"}, {"copy": 2}, {"seed": 1}])
def test_the_same_key_gives_the_same_bytes_and_another_one_others(other: dict[str, Any]) -> None:
    clean = babble(0.2)
    snr_db = {"uniform": [5, 20]}
    first, again = (noisy(clean, LONG, SHORT, snr_db=snr_db) for _ in range(2))
    assert first.audio().samples.tobytes() == again.audio().samples.tobytes()
    assert first.notes == again.notes
    second = noisy(clean, LONG, SHORT, snr_db=snr_db, **other)
    assert first.audio().samples.tobytes() != second.audio().samples.tobytes()
    assert 5 <= second.notes["add_noise"]["snr_db"] <= 20


@pytest.mark.parametrize(("clean", "noise", "said"), [(0.0, 1.0, "signal"), (1.0, 0.0, "noise")])
def test_silence_has_no_snr(clean: float, noise: float, said: str) -> None:
    samples = babble(0.1) * np.float32(clean)
    found = noisy(samples, LONG * np.float32(noise), snr_db={"uniform": [5, 20]})
    assert found.audio().samples is samples
    assert found.notes["add_noise"]["silent"] == said
    assert "snr_db" not in found.notes["add_noise"]


def test_an_empty_clip_is_silent() -> None:
    assert noisy(babble(0.1), LONG[:, :0]).notes["add_noise"]["silent"] == "noise"


def test_clean_and_noisy_side_by_side() -> None:
    clean = babble(0.1)
    bound = {"noise": clips(LONG)}
    named = stage(**{"as": "noisy"})
    found = run(named, clean, bound=bound)
    assert isinstance(found, Example)
    assert found.audio("audio").samples is clean
    assert measured_snr_db(clean, found.audio("noisy").samples) == pytest.approx(10, abs=0.1)
    untouched = run(named, clean, bound=bound, copy=0)
    assert isinstance(untouched, Example)
    assert untouched.audio("noisy").samples is clean


def test_each_split_hears_its_own_clips() -> None:
    def read(value: float) -> bytes:
        return np.full(50, value, np.float32).tobytes()

    found = [Clip("a", "train", lambda: read(1.0)), Clip("b", "valid", lambda: read(2.0))]
    corpus = Clips(found, lambda data, rate: Audio(np.frombuffer(data, np.float32)[np.newaxis], rate))
    for split, key in (("train", "a"), ("valid", "b")):
        outcome = run(stage(act_on="all"), babble(0.01), bound={"noise": corpus}, split=split)
        assert isinstance(outcome, Example)
        assert outcome.notes["add_noise"]["clip"] == key
    with pytest.raises(StageCrash, match=r"a\.wav.*corpus 'noise' has no clips for split 'test'") as caught:
        run(stage(act_on="all"), babble(0.01), bound={"noise": corpus}, split="test")
    assert isinstance(caught.value.__cause__, FeatureError)


def test_the_corpus_is_named_and_bound() -> None:
    chain = Chain([stage(), stage()])
    assert chain.corpora() == ["noise"]
    corpus = clips(LONG)
    bound = chain.bind(Resources({"noise": corpus}))
    assert bound.fingerprint() == chain.fingerprint()
    assert bound.describe() == chain.describe() == [{"add_noise": stage().model_dump(mode="json", by_alias=True)}] * 2
    assert bound.describe()[0]["add_noise"]["from"] == "noise"
    with pytest.raises(FeatureError, match="corpus 'noise', which is not there"):
        chain.bind(Resources({"music": corpus}))
    with pytest.raises(StageCrash, match="bind the chain to corpus 'noise' first"):
        chain.run(Example("k", arrays={"audio": Audio(babble(0.01), 8000)}, split="train", copy=1))


def test_real_speech_in_real_noise(real_clips: list[tuple[str, Audio]]) -> None:
    noises = [audio.samples for name, audio in real_clips[::5]]
    for name, audio in real_clips:
        found = noisy(audio.samples, *noises, snr_db={"uniform": [-5, 20]}, sample_rate=audio.sample_rate)
        wanted = found.notes["add_noise"]["snr_db"]
        assert measured_snr_db(audio.samples, found.audio().samples) == pytest.approx(wanted, abs=0.1), name
