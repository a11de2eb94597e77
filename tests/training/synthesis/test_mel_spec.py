"""MelSpec: found in the chain, refused where it cannot be, compared by what it means."""

from __future__ import annotations

import pytest

from features.chain import Chain
from features.perceptual.log_mel import LogMel
from manifests.spec import ArraySpec
from training.errors import DataError
from training.synthesis.mel_spec import MelSpec, mel_spec

MEL = {"log_mel": {"n_fft": 256, "hop_length": 80, "n_mels": 64}}
SPEC = ArraySpec("log_mel", "features", "float16", 64, 100.0)


def found(*stages: dict, spec: ArraySpec = SPEC) -> MelSpec:
    return mel_spec(Chain.parse([{"decode": {}}, {"resample": {"sample_rate": 8000}}, *stages]).describe(), spec)


def test_the_last_stage_that_writes_the_array_is_it():
    other = {"log_mel": {"n_fft": 512, "as": "wide"}}
    spec = found({"log_mel": {"n_mels": 40}}, MEL, other)
    assert spec == MelSpec(LogMel(n_fft=256, hop_length=80, n_mels=64), 8000)
    assert spec.frame_rate == 100
    assert MelSpec.parse(spec.describe()) == spec
    assert found(MEL, other, spec=ArraySpec("wide", "features", "float16", 80, 50.0)).stage.n_fft == 512


@pytest.mark.parametrize(
    ("stages", "spec", "said"),
    [
        ([MEL, {"normalize_features": {}}], SPEC, "log_mel comes of normalize_features"),
        ([{"mel": {"as": "log_mel"}}], SPEC, "log_mel comes of mel"),
        ([], SPEC, "comes of no stage"),
        ([MEL], ArraySpec("log_mel", "features", "float16", 64, None), "has no rate"),
        ([{"log_mel": {"center": False}}], SPEC, "center: true"),
        ([{"log_mel": {"pad_mode": "reflect"}}], SPEC, "pad_mode: constant"),
    ],
)
def test_what_no_speech_can_be_made_of_is_refused(stages, spec, said):
    with pytest.raises(DataError, match=said):
        found(*stages, spec=spec)


def test_differences_name_the_parameter():
    one = MelSpec(LogMel(n_fft=256, hop_length=80), 8000)
    same = MelSpec(LogMel(n_fft=256, hop_length=80, win_length=256, **{"of": "noisy", "as": "other"}), 8000)
    assert one.differences(same, "a", "b") == []
    other = MelSpec(LogMel(n_fft=256, hop_length=100, floor=1e-5), 16000)
    assert one.differences(other, "the vocoder", "the model") == [
        "sample_rate is 8000 in the vocoder and 16000 in the model",
        "hop_length is 80 in the vocoder and 100 in the model",
        "floor is 1e-10 in the vocoder and 1e-05 in the model",
    ]
