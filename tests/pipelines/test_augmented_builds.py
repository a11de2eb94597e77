"""Every augmentation in one recipe: the same bytes inline, with workers, in another order, and after kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from features.catalog import STAGES, stage_class
from features.stage import Augmentation
from manifests.failpoints import VARIABLE
from manifests.store import Store
from pipelines.build import build
from tests.chaos.command import build_command
from tests.pipelines.corpora import Tones, checksums
from tests.pipelines.grown import SMALL_SHARDS

CHAIN = """\
  - polarity: {act_on: all, probability: 0.5}
  - gain: {gain_db: {uniform: [-6, 6]}, act_on: all}
  - speed: {factor: {uniform: [0.9, 1.1]}, act_on: all, probability: 0.5}
  - pitch_shift: {semitones: {uniform: [-2, 2]}, act_on: all}
  - time_stretch: {factor: {uniform: [0.9, 1.1]}, act_on: all}
  - time_shift: {shift_seconds: {uniform: [0, 0.02]}, act_on: all}
  - mix_speakers: {from: tones, sir_db: {uniform: [0, 20]}, voices: {choice: [1, 2]}, act_on: all}
  - reverberate: {from: tones, act_on: all, probability: 0.5}
  - simulate_room: {rt60_seconds: {uniform: [0.1, 0.2]}, act_on: all, length_m: 5, width_m: 4}
  - add_noise: {from: tones, snr_db: {uniform: [0, 20]}, act_on: all}
  - add_noise: {color: {choice: [pink, white]}, snr_db: {uniform: [10, 20]}, act_on: all}
  - low_pass: {cutoff_hz: {log_uniform: [2000, 3900]}, act_on: all}
  - high_pass: {cutoff_hz: {uniform: [20, 100]}, act_on: all}
  - band_pass: {low_hz: {uniform: [20, 100]}, high_hz: {uniform: [3000, 3900]}, act_on: all, probability: 0.5}
  - shelf: {side: high, cutoff_hz: 1000, gain_db: {uniform: [-6, 6]}, act_on: all}
  - clip: {percent: {uniform: [0, 5]}, act_on: all}
  - distort: {drive_db: {uniform: [-10, 10]}, act_on: all}
  - codec: {format: opus, bit_rate_kbps: {choice: [12, 24]}, act_on: all}
  - telephone: {act_on: all, probability: 0.5}
  - audiomentations: {transform: TanhDistortion, act_on: all}
  - time_mask: {fraction: {uniform: [0, 0.1]}, act_on: all}
"""
MASKS = """\
  - log_mel: {n_fft: 256, hop_length: 80, n_mels: 32, as: masked}
  - spec_augment: {of: masked, frequency_width: 8, time_width: 10, act_on: all}
"""


def made(folder: Path, numbers: list[int]) -> Tones:
    """A corpus of these tones, whose keys are the same wherever the folder is."""
    tones = Tones(folder, 0, more=CHAIN + MASKS)
    for number in numbers:
        tones.add(number)
    return tones


def built(tones: Tones, cluster: str, seed: int = 0, **how: int) -> dict[tuple[str, int, int], str]:
    """The checksum of each example of a build, by key."""
    result = build(tones.recipe("store.keep.masked=float16", SMALL_SHARDS, f"seed={seed}"), cluster, **how)
    assert result.produced == result.recordings
    return checksums(tones.store)


def test_no_augmentation_is_left_out() -> None:
    wanted = {name for name in STAGES if issubclass(stage_class(name), Augmentation)}
    assert {name for name in wanted if f"- {name}:" not in CHAIN + MASKS} == set()


def test_the_same_bytes_with_any_workers_in_any_order_and_others_with_another_seed(tmp_path: Path) -> None:
    pytest.importorskip("av")
    pytest.importorskip("audiomentations")
    numbers = list(range(10))
    inline = built(made(tmp_path / "inline", numbers), "inline")
    assert len(inline) == 10
    assert built(made(tmp_path / "local", numbers[::-1]), "local", workers=4) == inline
    other = built(made(tmp_path / "other", numbers), "inline", seed=1)
    assert all(other[key] != checksum for key, checksum in inline.items())
    opened = Store.open(tmp_path / "inline" / "store")
    for entry in opened.generation.shards:
        for row in opened.index(entry).to_pylist():
            notes = json.loads(row["notes"])
            assert {"pitch_shift", "simulate_room", "add_noise", "add_noise.1", "spec_augment"} <= set(notes)
            assert notes["polarity"]["applied"] in (True, False)


def test_the_same_bytes_after_kills(tmp_path: Path) -> None:
    pytest.importorskip("av")
    pytest.importorskip("audiomentations")
    numbers = list(range(10))
    tones = made(tmp_path / "killed", numbers)
    tones.recipe()
    options = ["--set", "store.keep.masked=float16", "--cluster", "local", "--workers", "2"]
    command = build_command(tmp_path / "killed" / "recipe.yaml", tones.store, *options)
    for place in ("builder.row:kill@4", "tasks.named:kill@1", "generations.written:kill@1"):
        code = subprocess.run(
            command, env=os.environ | {VARIABLE: place}, start_new_session=True, capture_output=True, check=False
        ).returncode
        assert code == -signal.SIGKILL, place
    assert built(tones, "inline") == built(made(tmp_path / "whole", numbers), "inline")
