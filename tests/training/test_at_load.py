"""Stages at load against the same stages run by hand on what a store holds, and what their draws depend on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray

from features.augment.add_noise import AddNoise
from features.augment.gain import Gain
from features.draws import Draws
from features.example import Audio, Example, Features, Tokens
from features.perceptual.log_mel import LogMel
from features.stage import Transform
from manifests.spec import ArraySpec
from pipelines.stored_array import as_array
from tests.factories import write_audio
from tests.stores import AUDIO, LOG_MEL, Made, audio, log_mel, write_store
from training.at_load import epoch_seed
from training.errors import DataError, TrainingError
from training.loader import load

GAIN = {"gain": {"gain_db": {"uniform": [-6, 6]}}}
NOISE = {"add_noise": {"color": "white", "snr_db": {"uniform": [0, 20]}, "as": "noisy"}}
MEL = {"log_mel": {"of": "noisy", "n_fft": 128, "hop_length": 40, "n_mels": 8, "as": "heard"}}
STAGES = [GAIN, NOISE, MEL]


def recordings(count: int, seed: int = 0, copies: int = 1, name: str = "clip") -> list[Made]:
    """Recordings with a waveform, features, a digit, a speaker and a text; each copy holds other samples."""
    rng = np.random.default_rng(seed)
    return [
        Made(
            f"{name}/{number:04}.wav",
            {"audio": audio(rng, int(rng.integers(200, 900))), "log_mel": log_mel(rng, int(rng.integers(2, 20)))},
            {"digit": str(number % 10)},
            ("theo", "lucas")[number % 2],
            f"Number {number}!",
            copy,
            notes={"decode": {"container": "wav"}},
        )
        for number in range(count)
        for copy in range(copies)
    ]


STORED = recordings(33, copies=2)
VALID = recordings(9, seed=1, name="valid")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    fitted = {"characters": json.dumps(["<blank>", "<unk>", *sorted(set("number 0123456789"))])}
    return write_store(folder, {"train": STORED, "valid": VALID}, (AUDIO, LOG_MEL), fitted=fitted)


Drawn = dict[tuple[str, int], NDArray[np.float32]]


def heard(batches: Any, name: str = "heard") -> Drawn:
    """An array of each example, by key and copy, of an epoch."""
    return {
        (key, copy): array[:length].numpy()
        for batch in batches
        for key, copy, array, length, weight in zip(
            batch.keys, batch.copies, batch.arrays[name], batch.lengths[name], batch.weight, strict=True
        )
        if weight
    }


def by_hand(made: Made, seed: int, epoch: int) -> dict[str, NDArray[np.float32]]:
    """What the three stages make of a recording of train, one after the other."""
    drawn = epoch_seed(seed, epoch)
    wave = Audio(made.arrays["audio"].T.astype(np.float32) / 32768, 8000)
    place = made.key, made.copy + 1
    louder = Gain.model_validate(GAIN["gain"]).transform(wave, Draws(drawn, "gain", 0, *place))
    example = Example(made.key, None, {"audio": louder}, split="train", copy=made.copy + 1)
    noisy = AddNoise.model_validate(NOISE["add_noise"]).augment(example, Draws(drawn, "add_noise", 0, *place))
    mel = LogMel.model_validate(MEL["log_mel"]).transform(noisy.audio("noisy"), Draws(drawn, "log_mel", 0, *place))
    return {"audio": louder.samples.T, "noisy": noisy.audio("noisy").samples.T, "heard": mel.frames}


def same(found: Drawn, expected: Drawn) -> bool:
    return found.keys() == expected.keys() and all(np.array_equal(found[which], expected[which]) for which in found)


def test_arrays_are_what_the_stages_make_of_what_is_stored(store: Path) -> None:
    train = load(store, "train", batch_size=5, seed=3, stages=STAGES)
    assert [spec.name for spec in train.specs] == ["audio", "log_mel", "noisy", "heard"], "all there are, by default"
    for epoch in range(2):
        batches = list(train)
        for name in ("audio", "noisy", "heard"):
            expected = {(made.key, made.copy): by_hand(made, 3, epoch)[name] for made in STORED}
            assert same(heard(batches, name), expected)
        stored = {(made.key, made.copy): made.arrays["log_mel"].astype(np.float32) for made in STORED}
        assert same(heard(batches, "log_mel"), stored), "no stage writes it"


def test_only_what_is_asked_for_is_read_and_handed_out(store: Path) -> None:
    train = load(store, "train", batch_size=5, arrays=["heard"], stages=STAGES)
    assert [spec.name for spec in train.source.reading.arrays.own] == ["audio"]
    (spec,) = train.specs
    assert (spec.name, spec.kind, spec.encoding, spec.width, spec.rate) == ("heard", "features", "float32", 8, 200.0)
    assert list(next(iter(train)).arrays) == ["heard"]


def test_every_epoch_key_and_copy_draws_anew(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    alike = {"audio": audio(rng, 300)}
    made = [Made(f"{number}", alike, copy=copy) for number in range(6) for copy in range(3)]
    train = load(write_store(tmp_path, {"train": made}, (AUDIO,)), "train", batch_size=4, stages=[GAIN])
    drawn = [array.tobytes() for _ in range(3) for array in heard(train, "audio").values()]
    assert len(drawn) == len(set(drawn)) == 54
    other = load(tmp_path, "train", batch_size=4, seed=1, stages=[GAIN])
    assert not {array.tobytes() for array in heard(other, "audio").values()} & set(drawn)


def test_draws_know_nothing_of_workers_ranks_batches_or_resuming(store: Path) -> None:
    wanted: dict[str, Any] = {"arrays": ["heard"], "seed": 3, "stages": STAGES}
    train = load(store, "train", batch_size=5, **wanted)
    first, second = heard(train), heard(train)
    assert not same(first, second)
    several = load(store, "train", batch_size=5, workers=2, **wanted)
    assert same(heard(several), first)
    assert same(heard(several), second)
    timed = load(store, "train", batch_seconds=0.5, check=False, **wanted)
    timed.set_epoch(1)
    assert same(heard(timed), second)
    ranks = [heard(load(store, "train", batch_size=4, rank=rank, world=3, **wanted)) for rank in range(3)]
    assert sum(map(len, ranks)) == len(STORED)
    assert same(ranks[0] | ranks[1] | ranks[2], first)
    some = load(store, "train", batch_size=5, **wanted)
    some.set_epoch(1)
    batches = iter(some)
    before = heard([next(batches) for _ in range(4)])
    resumed = load(store, "train", batch_size=5, workers=1, **wanted)
    resumed.load_state_dict(json.loads(json.dumps(some.state_dict())))
    assert same(before | heard(resumed), second)


def test_valid_is_not_augmented_and_the_same_in_every_epoch(store: Path) -> None:
    valid = load(store, "valid", batch_size=4, shuffle=False, arrays=["audio"], stages=[GAIN])
    stored = {(made.key, 0): made.arrays["audio"].astype(np.float32) / 32768 for made in VALID}
    assert same(heard(valid, "audio"), stored)
    everywhere = {"gain": {**GAIN["gain"], "act_on": "all"}}
    valid = load(store, "valid", batch_size=4, shuffle=False, arrays=["audio"], stages=[everywhere])
    first = heard(valid, "audio")
    assert not same(first, stored)
    assert same(heard(valid, "audio"), first)


def test_noise_of_a_corpus_at_load(store: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for number in range(8):
        write_audio(tmp_path / "noise" / f"{number}.wav", rng.uniform(-0.5, 0.5, (1, 4000)).astype(np.float32))
    noise = {"reader": "folder", "root": str(tmp_path / "noise"), "split": {"by": "key", "valid": 0.5, "seed": 2}}
    stage = {"add_noise": {"from": "noise", "snr_db": 10, "act_on": "all", "as": "noisy"}}
    clips: dict[str, set[str]] = {}
    for split, made in (("train", STORED), ("valid", VALID)):
        stored = {(one.key, one.copy): one.arrays["audio"][:, 0] / 32768 for one in made}
        found = load(store, split, batch_size=6, stages=[stage], corpora={"noise": noise}, notes=True, workers=1)
        batches = list(found)
        notes = {}
        for batch in batches:
            notes |= dict(zip(zip(batch.keys, batch.copies, strict=True), batch.notes, strict=True))
        for which, mixed in heard(batches, "noisy").items():
            added = mixed[:, 0] - stored[which]
            assert 10 * np.log10(np.mean(stored[which] ** 2) / np.mean(added**2)) == pytest.approx(10, abs=1e-3)
            told = notes[which]["add_noise"]
            clip, _ = soundfile.read(tmp_path / told["clip"])
            piece = clip[told["offset_samples"] :][: len(added)]
            assert np.corrcoef(added, piece)[0, 1] == pytest.approx(1, abs=1e-6)
            assert notes[which]["decode"] == {"container": "wav"}, "the build's notes are kept"
            clips.setdefault(split, set()).add(told["clip"])
    assert not clips["train"] & clips["valid"]
    assert min(map(len, clips.values())) > 1


def test_a_text_is_told_as_the_stages_leave_it(store: Path) -> None:
    stages = ["normalize_text", {"characters": {}}]
    train = load(store, "train", batch_size=5, arrays=["log_mel", "characters"], stages=stages)
    vocabulary = ["<blank>", "<unk>", *sorted(set("number 0123456789"))]
    for batch in train:
        assert batch.arrays["characters"].dtype == torch.int64
        for text, ids, length in zip(batch.texts, batch.arrays["characters"], batch.lengths["characters"], strict=True):
            assert text.startswith("number ")
            assert "".join(vocabulary[number] for number in ids[:length].tolist()) == text
            assert not ids[length:].any()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_rejected_example_stops_with_key_stage_and_reason(store: Path, workers: int) -> None:
    stages = [GAIN, {"filter_duration": {"min_seconds": 0.03}}]
    short = {made.key for made in STORED if len(made.arrays["audio"]) < 240}
    assert short
    with pytest.raises(DataError, match=r"clip/\d+.wav: filter_duration, at load: 0.03 s; min_seconds is 0.03") as told:
        list(load(store, "train", batch_size=5, arrays=["audio"], stages=stages, workers=workers))
    assert str(told.value).partition(":")[0] in short


def test_one_example_may_not_become_several(store: Path) -> None:
    stages = [{"segment": {"seconds": 0.01}}]
    with pytest.raises(DataError, match=r"clip/\d+.wav: stages at load made \d+ examples of it; do that in the recipe"):
        list(load(store, "train", batch_size=5, arrays=["audio"], stages=stages))


class Broken(Transform):
    """A stage with a bug."""

    name: ClassVar[str] = "broken"

    def transform(self, value: Audio, draws: Draws) -> Audio:
        raise IndexError("no such sample")


@pytest.mark.parametrize("workers", [0, 1])
def test_a_bug_in_a_stage_names_the_key_wherever_it_runs(store: Path, workers: int) -> None:
    said = r"clip/\d+.wav: stage broken failed with IndexError: no such sample, at load"
    with pytest.raises(TrainingError, match=said):
        list(load(store, "train", batch_size=5, arrays=["audio"], stages=[Broken()], workers=workers))


NOWHERE = {"add_noise": {"from": "nose", "snr_db": 3}}
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "array": ({"arrays": ["herd"], "stages": STAGES}, "behind the stages: no array 'herd'; did you mean heard"),
    "of": (
        {"stages": [{"gain": {"gain_db": 1, "of": "adio"}}]},
        r"stages\[0\].gain: gain reads 'adio', which no stage",
    ),
    "kind": ({"stages": [GAIN, {"deltas": {"of": "audio"}}]}, r"stages\[1\].deltas: deltas reads features"),
    "order": (
        {"stages": [{"segment": {"seconds": 1}}]},
        r"stages\[0\].segment: .*before the stage that writes 'log_mel'",
    ),
    "name": ({"stages": [{"gian": {}}]}, r"stages\[0\]: unknown stage 'gian'; did you mean gain"),
    "value": ({"stages": [{"gain": {"gain_db": 300}}]}, r"stages\[0\].*gain_db.*must lie between -100 and 100"),
    "parameter": (
        {"stages": [{"gain": {"gain": 3}}]},
        r"stages\[0\].gain.gain: unknown parameter; did you mean gain_db",
    ),
    "missing": ({"stages": ["gain"]}, r"stages\[0\].gain.gain_db: missing"),
    "decode": ({"stages": ["decode"]}, "decode reads files, and a store holds arrays"),
    "corpus": ({"stages": [NOWHERE]}, "stages draw from 'nose', which is no corpus; there are none"),
    "reader": (
        {"stages": [NOWHERE], "corpora": {"nose": {"reader": "folders"}}},
        "nose.reader: unknown reader 'folders'",
    ),
    "fitted": (
        {"stages": [{"bpe": {"vocabulary_size": 30}}]},
        "bpe is fitted when a store is built, which this one was not",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named_before_anything_is_read(store: Path, case: str) -> None:
    options, said = MISTAKES[case]
    with pytest.raises(DataError, match=said):
        load(store, "train", batch_size=5, **options)


def test_an_augmentation_draws_from_no_corpus_where_it_does_not_act(store: Path) -> None:
    assert len(heard(load(store, "valid", batch_size=4, stages=[NOWHERE]), "audio")) == len(VALID)


def test_stored_arrays_become_what_stages_take() -> None:
    samples = np.int16([[-32768, 16384], [0, 1]])
    found = as_array(samples, ArraySpec("audio", "audio", "int16", None, None), {"audio.rate": 16000.0})
    assert isinstance(found, Audio)
    assert (found.samples.tolist(), found.sample_rate) == ([[-1.0, 0.0], [0.5, 2**-15]], 16000)
    ids = as_array(np.int32([[3], [1]]), ArraySpec("ids", "tokens", "int32", 1, None), {"ids.rate": float("nan")})
    assert isinstance(ids, Tokens)
    assert (ids.ids.tolist(), ids.rate) == ([3, 1], None)
    frames = as_array(np.float16([[0.1, 2]]), LOG_MEL, {})
    assert isinstance(frames, Features)
    assert (frames.frames.dtype, frames.frames.tolist()) == (np.float32, [[float(np.float16(0.1)), 2.0]])
    assert frames.frame_rate == 100.0


@pytest.mark.parametrize("split", ["train", "valid"])
def test_batches_are_cut_by_the_lengths_behind_the_stages(tmp_path: Path, split: str) -> None:
    """Speeds from half to double: what is known of lengths before is what comes, and so little is padding."""
    rng = np.random.default_rng(3)
    made = [Made(f"{number}.wav", {"audio": audio(rng, int(rng.integers(3000, 6000)))}) for number in range(120)]
    store = write_store(tmp_path / "store", {split: made}, (AUDIO,), per_shard=40)
    stages = [
        {"speed": {"factor": {"log_uniform": [0.5, 2]}, "act_on": "all", "probability": 0.7}},
        {"time_stretch": {"factor": {"choice": [0.8, 1.0, 1.25]}}},
    ]
    drawn = []
    for epoch in (0, 1):
        batches = load(store, split, stages=stages, arrays=["audio"], batch_size=12, shuffle=True, seed=4)
        batches.set_epoch(epoch)
        at_load = batches.source.reading.arrays.at_load
        assert at_load is not None
        padded = real = 0
        for batch in batches:
            lengths = batch.lengths["audio"].tolist()
            for key, length in zip(batch.keys, lengths, strict=True):
                stored = len(next(one for one in made if one.key == key).arrays["audio"])
                assert length == pytest.approx(stored * at_load.stretch(key, 0, 0, epoch), abs=2)
                drawn.append((epoch, key, length))
            real, padded = real + sum(lengths), padded + len(lengths) * max(lengths)
        assert 1 - real / padded < 0.15  # 0.38 by stored lengths
    assert len({(key, length) for _, key, length in drawn}) > 120 if split == "train" else len(drawn) == 240


def test_other_speeds_number_batches_otherwise(store: Path) -> None:
    slow, fast = (
        load(store, "train", stages=[{"speed": {"factor": {"uniform": [0.9, high]}}}], arrays=["audio"], batch_size=8)
        for high in (1.0, 1.1)
    )
    next(iter(slow))
    with pytest.raises(DataError, match="stretched is"):
        fast.load_state_dict(slow.state_dict())
    kept = load(store, "train", stages=[GAIN], arrays=["audio"], batch_size=8)
    next(iter(kept))
    load(store, "train", arrays=["audio"], batch_size=8).load_state_dict(kept.state_dict())
