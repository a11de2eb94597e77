"""Levels and clipping of signals whose levels are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from manifests.store import Store
from pipelines.report.levels import QUIETEST_DB, Levels, measure
from pipelines.report.survey import audio_of, survey
from tests.factories import tone
from tests.stores import AUDIO, Made, write_store


def test_levels_of_a_sine_of_silence_and_of_a_clipped_one():
    levels = Levels()
    levels.add(tone(1.0, level_db=-6.0))
    levels.add(np.zeros((1, 800), np.float32))
    levels.add(np.clip(4 * tone(1.0, level_db=0.0), -1, 1))
    assert levels.peak_db == pytest.approx([-6.0, QUIETEST_DB, 0.0], abs=0.01)
    assert levels.rms_db[0] == pytest.approx(-6.0 - 10 * math.log10(2), abs=0.01)
    assert (levels.count, levels.clipped) == (3, 1)


def test_one_sample_at_full_scale_is_a_peak_and_not_clipped():
    levels = Levels()
    levels.add(np.array([[0, 1, 0.5, -1, 0]], np.float32))
    levels.add(np.array([[0, 1, 1, 1, 0]], np.float32))
    assert levels.clipped == 1


def test_they_are_taken_of_kept_audio_and_damage_is_passed_over(tmp_path):
    wave = np.rint(tone(0.1, level_db=-20.0).T * 32768).astype(np.int16)
    root = write_store(tmp_path, {"train": [Made(f"k{n}", {"audio": wave}) for n in range(3)]}, (AUDIO,))
    store = Store.open(root)
    (entry,) = store.generation.shards
    sample = survey(store).splits["train"].sample
    found = measure(store, sample, audio_of(store))
    assert found.peak_db == pytest.approx([-20.0] * 3, abs=0.01)
    shard = root / str(entry.shard)
    damaged = bytearray(shard.read_bytes())
    damaged[sample[1].row["audio.offset"] + 50] ^= 1
    shard.write_bytes(damaged)
    assert measure(store, sample, audio_of(store)).count == 2
