from __future__ import annotations

import pytest

from features import manual
from features.catalog import STAGES
from features.errors import ChainError
from features.manual import contents, describe, example, page
from features.stage import AudioShape, FeatureShape, TokenShape

PAGES = {name: page(name) for name in STAGES}


def test_every_stage_is_in_one_group() -> None:
    found = contents()
    assert list(found) == list(manual.GROUPS)
    assert sorted(name for names in found.values() for name in names) == sorted(STAGES)
    assert all(text for names in found.values() for text in names.values())


@pytest.mark.parametrize("name", STAGES)
def test_a_page_says_what_there_is_to_say(name: str) -> None:
    found = PAGES[name]
    assert found.why
    assert found.why[0].isupper() or not found.why[0].isalpha()
    assert not found.why.startswith(type(found).__name__)
    assert ">>>" not in found.gives
    assert all(one.about.endswith((".", "]")) for one in found.parameters), found.parameters
    assert "any" not in {one.values.partition(",")[0] for one in found.parameters}
    assert found.example[-1].keys() == {name}


def test_what_a_page_knows_of_log_mel() -> None:
    found = PAGES["log_mel"]
    assert (found.group, found.streams) == ("perceptual", True)
    assert (found.reads, found.writes) == ("audio (1, 32000) at 16000 Hz", "log_mel (201, 80) at 100 a second")
    assert found.recipe == "stages:\n  - decode: {channels: mono}\n  - log_mel: {}"
    assert {one.name: (one.default, one.values) for one in found.parameters if one.name == "n_mels"} == {
        "n_mels": ("80", "whole number, at least 1")
    }
    assert found.source.startswith("The mel filterbank")  # which its module names


@pytest.mark.parametrize(
    ("name", "reads", "writes"),
    [
        ("decode", "the bytes of a file", "audio (1, ..)"),
        ("select_channels", "audio (4, 32000) at 16000 Hz", "audio (2, 32000) at 16000 Hz"),
        ("segment", "audio (1, 32000) at 16000 Hz", "audio (1, 12800) at 16000 Hz, for each part"),
        ("normalize_text", "the text", "the text"),
        ("encode_labels", "the label tags", "classes (..) of 2 symbols"),
        (
            "frame_targets",
            "log_mel (201, 40) at 100 a second, the label events",
            "targets (201, 2) at 100 a second",
        ),
        ("filter_snr", "audio (1, 32000) at 16000 Hz", "the same"),
        ("mu_law", "audio (1, 32000) at 16000 Hz", "mu_law (..) of 256 symbols at 16000 a second"),
    ],
)
def test_shapes_in_words(name: str, reads: str, writes: str) -> None:
    assert (PAGES[name].reads, PAGES[name].writes) == (reads, writes)


def test_examples_are_as_a_recipe_has_them() -> None:
    assert example("gcc_phat") == [{"decode": {"channels": "all"}}, {"gcc_phat": {}}]
    assert example("polarity") == [{"decode": {"channels": "mono"}}, {"polarity": {}}]
    assert example("decode") == [{"decode": {"channels": "mono"}}]


def test_what_is_not_known_before_is_two_dots() -> None:
    assert describe("audio", AudioShape()) == "audio (.., ..)"
    assert describe("mel", FeatureShape(80)) == "mel (.., 80)"
    assert describe("ids", TokenShape()) == "ids (..)"


def test_a_stage_that_is_not_there() -> None:
    with pytest.raises(ChainError, match="unknown stage 'mell'"):
        page("mell")


def test_what_needs_an_extra_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("features.augment.audiomentations.find_spec", lambda name: None)
    found = page("audiomentations")
    assert "pip install 'wavemill[augment]'" in found.writes
    assert found.parameters
