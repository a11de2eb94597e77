"""Pictures as SVG: well-formed, to scale, with a title, and with text that stays text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from pipelines.report.drawing import bar, columns, duration_ticks, lines, ticks, waveform


def parsed(picture):
    return ElementTree.fromstring(str(picture))


def test_columns_are_as_high_as_their_counts_and_stand_between_their_edges():
    drawn = parsed(
        columns([4, 0, 2], [1.0, 10.0, 100.0, 1000.0], [(1.0, "1"), (100.0, "100"), (9999.0, "out")], "T", True)
    )
    marks = [one for one in drawn if one.get("class") == "mark"]
    heights = [float(one.get("height")) for one in marks]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)
    assert len(marks) == 2, "a column of nothing is not drawn"
    starts = [float(one.get("x")) for one in marks]
    assert starts[1] - starts[0] == pytest.approx(2 * float(marks[0].get("width")) + 1.6, abs=0.3)
    assert [one.text for one in drawn if one.tag == "text"][-2:] == ["1", "100"]
    assert (drawn.get("role"), drawn[0].tag, drawn[0].text) == ("img", "title", "T")


def test_a_line_has_gaps_where_there_is_no_value_and_one_epoch_is_a_dot():
    drawn = parsed(lines({0: [1.0, None, 3.0, 4.0], 1: [2.0] * 4}, [1, 2, 3, 4], "T", "epoch"))
    paths = [one.get("d") for one in drawn if one.tag == "path"]
    assert [re.sub(r"[^ML]", "", path) for path in paths] == ["MML", "MLLL"]
    dots = [one for one in parsed(lines({3: [0.5]}, [1], "T", "epoch")) if one.tag == "circle"]
    assert [one.get("class") for one in dots] == ["dot c3"]


@pytest.mark.parametrize("values", [[None, None], [0.0, 0.0], [float("nan"), 1.0], [1e-9, 1e9]])
def test_odd_values_can_be_drawn(values):
    parsed(lines({0: values}, [1, 2], "T", "x"))


def test_the_outline_of_a_waveform_reaches_its_extremes():
    samples = np.zeros(6000)
    samples[3000], samples[100] = 1.0, -1.0
    (path,) = parsed(waveform(samples))
    heights = [float(pair.split()[1]) for pair in re.split("[MLZ]+", path.get("d")) if pair]
    assert (min(heights), max(heights)) == (1.0, pytest.approx(47.4))
    parsed(waveform(np.zeros(3)))


def test_bars_are_held_to_the_whole():
    assert [parsed(bar(share))[0].get("width") for share in (-1, 0.25, 7)] == ["0.00", "25.00", "100.00"]


def test_titles_are_escaped():
    drawn = columns([1], [0.0, 1.0], [(0.5, "<b>")], "</title><script>alert(1)</script>")
    assert "<script" not in drawn
    assert "<b>" not in drawn
    assert parsed(drawn)[0].text == "</title><script>alert(1)</script>"


def test_ticks_are_round_and_enclose_what_they_are_for():
    for low, high in ((0, 7), (0.812, 0.999), (-60, 0), (3, 3), (0, 1e7)):
        found = [value for value, _ in ticks(low, high, 4)]
        assert found[0] <= low + 1e-9
        assert found[-1] >= high - 1e-9
        assert 1 <= len(found) <= 7


def test_durations_have_units():
    assert [text for _, text in duration_ticks(20, 4000)] == [
        "20 s",
        "1 min",
        "2 min",
        "5 min",
        "10 min",
        "20 min",
        "1 h",
    ]
    assert len(duration_ticks(0.001, 100_000)) <= 8
    assert duration_ticks(0.30, 0.31) == []
