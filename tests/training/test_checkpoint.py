"""Checkpoints: what is written comes back; what is none, or learnt from other features, is refused with words."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from features.chain import Chain
from manifests.generation import Generation
from manifests.spec import ArraySpec
from training import checkpoint
from training.checkpoint import About, about_features, below, refuse
from training.errors import CheckpointError

SPEC = ArraySpec("log_mel", "features", "float16", 64, 100.0)


def generation(*augment, spec=SPEC, **log_mel):
    """A store's generation with this log_mel in its chain, and nothing in it."""
    stages = [{"decode": {"channels": "mono"}}, *augment, {"log_mel": {"n_mels": 64, "hop_length": 80, **log_mel}}]
    chain = Chain.parse(stages, seed=3)
    return Generation(
        number=1,
        recipe="",
        format="arrow",
        chain=chain.describe(),
        seed=3,
        fingerprint=chain.fingerprint(),
        probe="",
        identity="",
        arrays=[spec],
        shards=[],
    )


def about(store=None, **changed):
    store = store or generation()
    return About(model={"name": "m"}, task={"array": "log_mel"}, **about_features(store), **changed)


def test_what_is_written_comes_back(tmp_path):
    tensors = {
        "model.weight": torch.randn(3, 4).T,  # not contiguous
        "model.count": torch.tensor(7),
        "rng.0": torch.get_rng_state(),
    }
    written = about(state={"step": 12, "word": "größer"})
    checkpoint.write(tmp_path / "a.safetensors", tensors, written)
    read, said = checkpoint.read(tmp_path / "a.safetensors")
    assert said == written
    assert read.keys() == tensors.keys()
    assert all(torch.equal(read[name], tensors[name]) for name in tensors)
    assert below("model.", read).keys() == {"weight", "count"}
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    checkpoint.write(path, {"model.a": torch.ones(2)}, about())

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.write(path, {"model.a": torch.zeros(2)}, about())
    assert torch.equal(checkpoint.read(path)[0]["model.a"], torch.ones(2))


def test_a_pickle_is_refused_and_not_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "sprung"),))

    torch.save({"weights": Trap()}, tmp_path / "best.safetensors")
    with pytest.raises(CheckpointError, match=r"no safetensors file .* never pickles .* train again"):
        checkpoint.read(tmp_path / "best.safetensors")
    assert not (tmp_path / "sprung").exists()


def test_files_that_are_none_of_ours_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint here"):
        checkpoint.read(tmp_path / "best.safetensors")
    save_file({"a": torch.ones(1)}, tmp_path / "foreign.safetensors")
    with pytest.raises(CheckpointError, match="not of wavemill"):
        checkpoint.read(tmp_path / "foreign.safetensors")
    checkpoint.write(tmp_path / "later.safetensors", {}, about(format=3))
    with pytest.raises(CheckpointError, match="checkpoint format 3; this version reads 2"):
        checkpoint.read(tmp_path / "later.safetensors")
    save_file({"a": torch.ones(1)}, tmp_path / "odd.safetensors", {"wavemill": '{"format": 2, "arrays": [{"x": 1}]}'})
    with pytest.raises(CheckpointError, match="metadata cannot be read"):
        checkpoint.read(tmp_path / "odd.safetensors")


def test_the_same_features_are_accepted():
    refuse(generation(), about())


def test_another_parameter_is_named():
    with pytest.raises(CheckpointError, match=r"log_mel\.n_mels is 40 in the store and 64 in the checkpoint"):
        refuse(generation(n_mels=40), about())
    with pytest.raises(CheckpointError, match=r"log_mel\.hop_length is 100 .*; log_mel\.n_mels is 40 in the store"):
        refuse(generation(n_mels=40, hop_length=100), about())


def test_other_stages_are_named():
    store = generation({"normalize": {"to": "rms", "level_db": -20}})
    with pytest.raises(CheckpointError, match="decode > normalize > log_mel in the store and decode > log_mel in the"):
        refuse(store, about())


def test_another_encoding_is_named():
    with pytest.raises(CheckpointError, match=r"array log_mel is .*float32.* in the store"):
        refuse(generation(spec=replace(SPEC, encoding="float32")), about())


def test_what_only_augments_may_differ():
    refuse(generation({"gain": {"gain_db": {"uniform": [-6, 6]}}}), about())
    refuse(generation(), about(generation({"gain": {"gain_db": 3}})))
    with pytest.raises(CheckpointError, match="decode > gain > log_mel in the store"):
        refuse(generation({"gain": {"gain_db": 3, "act_on": "all"}}), about())


def test_another_version_of_the_same_stages_is_refused():
    with pytest.raises(CheckpointError, match="the same stages, in another version of wavemill or of a plugin"):
        refuse(replace(generation(), fingerprint="other"), about())


def test_an_unknown_stage_asks_for_its_plugin():
    with pytest.raises(CheckpointError, match=r"unknown stage 'wobble'; .* --plugin FILE"):
        refuse(generation(), replace(about(), chain=[{"wobble": {}}]))
