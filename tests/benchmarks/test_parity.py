"""A small parity table on one clip of each kind, and what the comparison itself says of what is wrong."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from benchmarks import clips, parity, stages
from benchmarks.parity import LIMIT, Row, compare
from benchmarks.references import Reference, references
from benchmarks.references.reference import reference
from features.catalog import STAGES

SLOW = {"pitch (method: pyin)"}  # which tests/features/perceptual/test_pitch.py compares
COMPARED = [one for one in references() if one.measure and one.label not in SLOW]
VOICE, CHORD, *_ = (samples for _, samples in clips.synthetic(1.2))


@pytest.mark.parametrize("one", COMPARED, ids=lambda one: f"{one.label} {one.library}")
@pytest.mark.filterwarnings("ignore:n_fft=.* is too large")
def test_each_stage_gives_what_its_library_does(one: Reference) -> None:
    row = compare(one, [VOICE, CHORD])
    assert row.version is not None, f"{one.library} is among the tools of development"
    assert row.clips == 2
    assert row.sound, row.words


def test_references_are_told_apart_and_name_stages() -> None:
    found = references()
    assert len({(one.label, one.library) for one in found}) == len(found)
    assert {one.stage for one in found} <= set(STAGES)
    assert all(one.remark for one in found if one.measure is None)


def wrong(error: float) -> Row:
    """The row of a library that is off by some share of its largest value, in one place."""

    @reference("numpy", {"gain": {"gain_db": 0, "act_on": "all"}})
    def off(samples: np.ndarray, rate: float) -> np.ndarray:
        found = samples.copy()
        found[0, 500] += error * np.abs(samples).max()
        return found

    return compare(off, [VOICE])


def test_a_difference_in_one_sample_is_seen() -> None:
    assert wrong(0).difference == 0
    assert wrong(0.9 * LIMIT).sound
    row = wrong(2 * LIMIT)
    assert not row.sound
    assert row.difference == pytest.approx(2 * LIMIT, rel=1e-3)
    assert row.words == "2.0e-04"


def test_another_shape_is_as_far_as_can_be() -> None:
    short = reference("numpy", {"gain": {"gain_db": 0, "act_on": "all"}})(lambda samples, rate: samples[:, 1:])
    assert compare(short, [VOICE]).difference == np.inf


def test_a_pitch_that_is_an_octave_off_is_counted() -> None:
    def half_of_them(samples: np.ndarray, rate: float) -> np.ndarray:
        found = np.full((1 + samples.shape[1] // 160, 1), 1.0)
        found[::2] = 1e9  # no pitch is within half a semitone of either
        return found

    row = compare(reference("numpy", {"pitch": {}}, measure="cents")(half_of_them), [VOICE])
    assert row.difference == 1
    assert not row.sound
    assert row.words == "100.00 % of voiced frames more than 50 cents off"


def test_a_library_that_is_not_there_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = reference("no-such-library", {"gain": {"gain_db": 0, "act_on": "all"}})(lambda samples, rate: samples)
    row = compare(missing, [VOICE])
    assert (row.version, row.words, row.sound) == (None, "not installed", True)
    assert stages.beside(missing, 1).theirs is None


def test_the_table_fails_where_one_is_too_far(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = reference("numpy", {"polarity": {"act_on": "all"}})(lambda samples, rate: samples)
    good = reference("numpy", {"polarity": {"act_on": "all"}})(lambda samples, rate: -samples)
    monkeypatch.setattr("sys.argv", ["parity"])
    for rows, code, mark in (([good], 0, False), ([good, bad], 1, True)):
        monkeypatch.setattr(parity, "references", lambda rows=rows: rows)
        with pytest.raises(SystemExit) as ended:
            parity.main()
        assert ended.value.code == code
        assert ("too far" in capsys.readouterr().out) == mark


def test_speed_is_counted_in_turns() -> None:
    calls: list[str] = []
    found = stages._medians([lambda: calls.append("a"), lambda: calls.append("b")], rounds=2)
    assert len(found) == 2
    assert calls[:2] == ["a", "b"]
    switches = sum(first != second for first, second in itertools.pairwise(calls))
    assert switches >= 5


def test_every_stage_but_decode_has_a_speed() -> None:
    assert stages.alone("filter_duration", 1).ours > 0
    speed = stages.beside(next(one for one in references() if one.stage == "polarity"), 1)
    assert speed.ours > 0
    assert speed.theirs
