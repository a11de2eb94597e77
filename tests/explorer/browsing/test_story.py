"""Story: what each stage did to one example, from its notes, in words that say what was drawn."""

from __future__ import annotations

import json

import pytest

from explorer.browsing.story import story
from manifests.store import Store
from pipelines.build import build
from tests.explorer.browsing.stores import rows_of
from tests.pipelines.corpora import Tones
from tests.pipelines.in_process import in_process

CHAIN = """\
  - speed: {factor: {choice: [0.9, 1.1]}}
  - add_noise: {from: tones, snr_db: {uniform: [5, 20]}}
  - gain: {gain_db: {uniform: [-6, 6]}, probability: 0.5}
  - polarity: {}
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    tones = Tones(tmp_path_factory.mktemp("story"), 8, more=CHAIN, tail="copies: {train: 3}\n")
    with in_process():
        build(tones.recipe(), "inline")
    return Store.open(tones.store)


def told(store, row):
    return {one["stage"]: one for one in story(store.generation.chain, row, json.loads(row["notes"]))}


def test_every_augmented_copy_says_what_was_drawn(store):
    copies = [row for row in rows_of(store) if row["copy"]]
    assert copies
    applied = set()
    for row in copies:
        found, notes = told(store, row), json.loads(row["notes"])
        assert list(found) == ["decode", "resample", "speed", "add_noise", "gain", "polarity", "log_mel"]
        assert found["speed"]["words"] == f"factor {notes['speed']['factor']:g}"
        noise = notes["add_noise"]
        assert f"clip {noise['clip']}" in found["add_noise"]["words"]
        assert f"snr {noise['snr_db']:.4g} dB" in found["add_noise"]["words"]
        assert found["add_noise"]["drawn"]
        applied.add(notes["gain"]["applied"])
        expected = f"gain {notes['gain'].get('gain_db', 0):.4g} dB" if notes["gain"]["applied"] else "left as it is"
        assert expected in found["gain"]["words"]
        assert found["gain"]["drawn"] == notes["gain"]["applied"]
        assert not found["polarity"]["drawn"], "nothing was drawn for it"
        assert not found["resample"]["drawn"]
    assert applied == {True, False}


def test_copy_0_and_other_splits_are_left_as_they_are(store):
    for row in rows_of(store):
        if not row["copy"]:
            found = told(store, row)
            expected = "copy 0 is never augmented" if row["split"] == "train" else "only train is augmented"
            assert found["speed"]["words"] == f"left as it is: {expected}"
            assert not any(one["drawn"] for one in found.values())


def test_what_the_decoder_found_is_told(store):
    row = rows_of(store)[0]
    notes = {"decode": {"container": "wav", "codec": "pcm", "decoder": "x 1", "sample_rate": 8000, "channels": 2}}
    notes["decode"] |= {"seconds": 1.25, "start": 3.5, "channel": 1, "pieces": [{}, {}]}
    (first, *_) = story(store.generation.chain, row, notes)
    assert first["words"] == (
        "wav (pcm) by x 1, 8000 Hz, 2 channels, 1.25 s, from 3.5 s of the file, channel 1, composed of 2 pieces"
    )


def test_stages_that_come_again_and_unknown_ones():
    row = {"split": "train", "copy": 1}
    chain = [{"gain": {"act_on": "all"}}, {"gain": {"act_on": "all"}}, {"of_my_own": {"depth": 3, "as": None}}]
    notes = {"gain": {"gain_db": 1.0}, "gain.1": {"gain_db": -2.5}, "of_my_own": {"clip": "<b>x</b>"}}
    first, second, own = story(chain, row, notes)
    assert [first["words"], second["stage"], second["words"]] == ["gain 1 dB", "gain.1", "gain -2.5 dB"]
    assert (own["words"], own["drawn"]) == ("clip <b>x</b>", False)


def test_silence_is_told():
    chain = [{"add_noise": {"act_on": "copies"}}]
    (found,) = story(chain, {"split": "train", "copy": 1}, {"add_noise": {"clip": "n", "silent": "noise"}})
    assert found["words"] == "nothing was added: the noise is silent"
