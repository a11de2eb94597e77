"""Each format of marks: what is read, to the last figure, and the line of what is broken."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis.strategies import lists, one_of, sampled_from, text

from manifests.marks import PARSERS, BrokenMark, Mark, parser


def parsed(format: str, text: str) -> list[Mark]:
    return list(parser(format)(enumerate(text.splitlines(keepends=True), 1)))


def times(format: str, text: str) -> list[tuple[str, str, str | None, str | None]]:
    """Start, end, speaker and text of each mark."""
    return [(str(mark.start), str(mark.end), mark.speaker, mark.text) for mark in parsed(format, text)]


SRT = """\
1
00:00:01,000 --> 00:00:02,500
<i>Hello</i>
there

2
01:00:00,250 --> 01:00:01,000 X1:40 X2:600
{\\an8}a < b

00:00:03,000 --> 00:00:03,000
"""

VTT = """\
WEBVTT - a talk

NOTE a remark
over two lines

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.500 align:start
<v.loud Ann Bell>Hello &amp; <b>you</b>

01:00:00.000 --> 01:00:01.000
again
"""

CTM = """\
;; made by a recogniser
talk 1 0.50 0.25 HELLO 0.98
talk 1 0.75 0.10 THERE
"""

RTTM = """\
SPKR-INFO talk 1 <NA> <NA> <NA> unknown ann <NA> <NA>
SPEAKER talk 1 0.500 1.25 <NA> <NA> ann <NA> <NA>
SPEAKER talk 1 2 0.5 hi <NA> <NA>
"""

LABELS = "0.5\t1.25\thello there\n\\\t100.0\t2000.0\n2\t2\t\n3.000001\t4\n"

LONG = """\
File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2.5
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 2.5
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 1.25 ! a comment with a "mark"
            text = "say ""hi""
twice"
        intervals [2]:
            xmin = 1.25
            xmax = 2.5
            text = ""
    item [2]:
        class = "TextTier"
        name = "bells"
        xmin = 0
        xmax = 2.5
        points: size = 1
        points [1]:
            number = 0.75
            mark = "ding 3"
"""

BEGIN = 'should begin with File type = "ooTextFile" and Object class = "TextGrid"'

SHORT = """\
File type = "ooTextFile short"
"TextGrid"

0
2.5
<exists>
1
"IntervalTier"
"words"
0
2.5
1
0
1.5
"hi"
"""


def test_subtitles_of_subrip() -> None:
    assert times("srt", SRT) == [
        ("1.000", "2.500", None, "Hello there"),
        ("3600.250", "3601.000", None, "a < b"),
        ("3.000", "3.000", None, ""),
    ]
    assert [mark.line for mark in parsed("srt", SRT)] == [2, 7, 10]
    assert times("srt", SRT.replace("\n", "\r\n")) == times("srt", SRT)


def test_subtitles_of_the_web() -> None:
    assert times("vtt", VTT) == [("1.000", "2.500", "Ann Bell", "Hello & you"), ("3600.000", "3601.000", None, "again")]


def test_words_of_a_recogniser() -> None:
    assert parsed("ctm", CTM) == [
        Mark(Decimal("0.50"), Decimal("0.75"), 2, None, "HELLO", "talk", "1"),
        Mark(Decimal("0.75"), Decimal("0.85"), 3, None, "THERE", "talk", "1"),
    ]


def test_turns() -> None:
    assert parsed("rttm", RTTM) == [
        Mark(Decimal("0.500"), Decimal("1.750"), 2, "ann", None, "talk", "1"),
        Mark(Decimal("2"), Decimal("2.5"), 3, None, "hi", "talk", "1"),
    ]


def test_labels_of_audacity() -> None:
    assert times("audacity", LABELS) == [
        ("0.5", "1.25", None, "hello there"),
        ("2", "2", None, ""),
        ("3.000001", "4", None, ""),
    ]


def test_tiers_of_praat() -> None:
    assert parsed("textgrid", LONG) == [
        Mark(Decimal("0"), Decimal("1.25"), 16, None, 'say "hi"\ntwice', tier="words"),
        Mark(Decimal("1.25"), Decimal("2.5"), 21, None, "", tier="words"),
        Mark(Decimal("0.75"), Decimal("0.75"), 31, None, "ding 3", tier="bells"),
    ]
    assert times("textgrid", SHORT) == [("0", "1.5", None, "hi")]


@pytest.mark.parametrize(
    ("format", "text", "line", "problem"),
    [
        ("srt", "1\n00:00:01.000 --> 00:00:02,000\na\n", 2, "'00:00:01.000' is no time; there should be 00:01:02,345"),
        ("srt", "1\n00:00:05,000 --> 00:00:02,000\na\n", 2, "it ends at 2.000, before it begins at 5.000"),
        ("srt", "1\nhello\n", 2, "there should be 00:00:01,000 --> 00:00:02,500, and not 'hello'"),
        ("srt", "00:61:00,000 --> 00:62:00,000\n", 1, "'00:61:00,000' is no time; minutes and seconds end at 59"),
        ("vtt", "1\n00:01.000 --> 00:02.000\na\n", 1, "should begin with WEBVTT"),
        ("vtt", "WEBVTT\n\nid\nhello\n", 4, "there should be 00:01.000 --> 00:02.500, and not 'hello'"),
        ("vtt", "WEBVTT\n\n00:01.0 --> 00:02.000\n", 3, "'00:01.0' is no time; there should be 00:01:02.345"),
        ("ctm", "a 1 0.5 0.2\n", 1, "4 fields; there should be: recording channel start length word"),
        ("ctm", "a 1 0.5 0.2 x\na 1 0.7 -1 y\n", 2, "'-1' is no time in seconds"),
        ("rttm", "SPEAKER a 1 0 1\n", 1, "5 fields; there should be: SPEAKER recording channel start length .. name"),
        ("rttm", "SPEAKER a 1 nan 1 <NA> <NA> ann\n", 1, "'nan' is no time in seconds"),
        ("audacity", "0.5 1.0 hello\n", 1, "there should be start, end and a text with tabs between them"),
        ("audacity", "0\t1\ta\n3\t2\tb\n", 2, "it ends at 2, before it begins at 3"),
        ("audacity", "0,5\t1\ta\n", 1, "'0,5' is no time in seconds"),
        ("textgrid", 'File type = "ooTextFile"\nObject class = "Sound"\n', 1, BEGIN),
        ("textgrid", LONG.replace("xmax = 1.25 !", 'xmax = "1.25" !'), 17, "'\"1.25\"' is no time in seconds"),
        ("textgrid", LONG.replace('twice"', "twice"), 18, "a quotation mark is not closed"),
        ("textgrid", LONG.replace("TextTier", "Tier"), 25, "a tier is 'Tier'; there are IntervalTier and TextTier"),
        ("textgrid", SHORT.replace('"hi"', ""), 0, "ends in the middle of a tier"),
    ],
)  # fmt: skip
def test_broken_lines_are_named(format: str, text: str, line: int, problem: str) -> None:
    with pytest.raises(BrokenMark) as caught:
        parsed(format, text)
    assert (str(caught.value), caught.value.line) == (problem, line)


@pytest.mark.parametrize("format", sorted(set(PARSERS) - {"vtt", "textgrid"}))
def test_an_empty_file_has_no_marks(format: str) -> None:
    assert parsed(format, "\n\n") == []


PIECES = (
    "1",
    "0.5",
    "-1",
    "\t",
    "\n",
    "\n\n",
    "-->",
    "00:00:01,000",
    "00:01.000",
    '"',
    "<v",
    ">",
    "!",
    "talk",
    "²",
    "1e9",
)
HEADS = (SRT, VTT, CTM, RTTM, LABELS, LONG, SHORT, "")


@pytest.mark.parametrize("format", sorted(PARSERS))
@settings(deadline=None)
@given(head=sampled_from(HEADS), drawn=lists(one_of(sampled_from(PIECES), text())))
def test_any_text_gives_marks_or_a_broken_line(format: str, head: str, drawn: list[str]) -> None:
    half = len(head) // 2
    with suppress(BrokenMark):
        found = parsed(format, head[:half] + "".join(drawn) + head[half:])
        assert all(0 <= mark.start <= mark.end for mark in found)
