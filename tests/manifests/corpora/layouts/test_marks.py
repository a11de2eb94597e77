from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import write_audio, write_lines
from tests.manifests.corpora.layouts.reading import message_of, rows
from tests.manifests.marks.test_parsers import CTM, LONG, RTTM, SRT


def talks(root: Path, *names: str) -> Path:
    for name in names:
        write_audio(root / name)
    return root


def test_marks_beside_their_recordings(tmp_path: Path) -> None:
    """Also where other names, or a folder, stand between the two."""
    talks(tmp_path, "a/talk.flac", "a/talk.part.wav", "a/talk.part/x.wav", "unmarked.wav")
    table = write_lines(tmp_path / "a" / "talk.srt", SRT)
    write_lines(tmp_path / "a" / "talk.part.txt", "0.5\t1.25\thello")
    found = rows("marks", tmp_path)
    assert found == [
        Recording("a/talk.part.wav@0.5-1.25", Span("a/talk.part.wav", 0.5, 0.75), text="hello"),
        Recording("a/talk.flac@1.000-2.500", Span("a/talk.flac", 1.0, 1.5), text="Hello there"),
        Recording("a/talk.flac@3600.250-3601.000", Span("a/talk.flac", 3600.25, 0.75), text="a < b"),
    ]
    assert found[1].origin == f"{table}:2"


def test_one_file_for_all_recordings(tmp_path: Path) -> None:
    talks(tmp_path, "wavs/talk.wav", "wavs/other.wav")
    write_lines(tmp_path / "all.rttm", RTTM, "SPEAKER wavs/other 2 0 1 <NA> <NA> bo <NA> <NA>")
    assert rows("marks", tmp_path, path="all.rttm", by_channel=True) == [
        Recording("wavs/talk.wav@0.500-1.750/ann", Span("wavs/talk.wav", 0.5, 1.25), 0, "ann"),
        Recording("wavs/talk.wav@2-2.5", Span("wavs/talk.wav", 2.0, 0.5), 0, text="hi"),
        Recording("wavs/other.wav@0-1/bo", Span("wavs/other.wav", 0.0, 1.0), 1, "bo"),
    ]
    assert [row.channel for row in rows("marks", tmp_path, path="all.rttm")] == [None] * 3


def test_words_become_utterances_where_no_pause_parts_them(tmp_path: Path) -> None:
    talks(tmp_path, "talk.wav")
    table = write_lines(tmp_path / "words.ctm", CTM + "talk 1 1.34 0.5 HOW\ntalk 1 2.34 0.5 NOW")
    found = [(row.text, row.span.start, row.span.seconds) for row in rows("marks", tmp_path, path="words.ctm")]
    assert found == [("HELLO THERE HOW", 0.5, 1.34), ("NOW", 2.34, 0.5)]
    found = [(row.text, row.span.start, row.span.seconds) for row in rows("marks", tmp_path, path="words.ctm", pause=0)]
    assert found == [("HELLO", 0.5, 0.25), ("THERE", 0.75, 0.1), ("HOW", 1.34, 0.5), ("NOW", 2.34, 0.5)]
    write_lines(table, CTM, "talk B 2 1 YES")
    assert message_of("marks", tmp_path, path="words.ctm") == (
        f"{table}:5: has channels 1 and B of one recording; say `by_channel: true`"
    )
    assert [row.channel for row in rows("marks", tmp_path, path="words.ctm", by_channel=True)] == [0, 1]


def test_tiers_are_chosen_or_are_speakers(tmp_path: Path) -> None:
    talks(tmp_path, "talk.wav")
    long = LONG.replace("TextTier", "IntervalTier").replace("points: size = 1", "size = 1").replace("points [1]", "[1]")
    table = write_lines(tmp_path / "talk.TextGrid", long.replace("number = 0.75", "xmin = 0.5\nxmax = 1"))
    assert message_of("marks", tmp_path) == f"{table}:31: has tiers 'words' and 'bells'; name one: tier: .."
    assert [row.text for row in rows("marks", tmp_path, tier="bells")] == ["ding 3"]
    found = rows("marks", tmp_path, tiers="speakers")
    assert [(row.key, row.speaker) for row in found] == [
        ("talk.wav@0-1.25/words", "words"),
        ("talk.wav@0.5-1/bells", "bells"),
    ]
    assert message_of("marks", tmp_path, tier="bell") == f"{table}: has no tier 'bell'"


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    assert message_of("marks", talks(tmp_path, "talk.wav")) == (
        f"{tmp_path}: holds no recording with marks of the same name beside it"
    )
    table = write_lines(tmp_path / "talk.srt", "1", "00:00:01 --> 00:00:02,000")
    assert message_of("marks", tmp_path) == f"{table}:2: '00:00:01' is no time; there should be 00:01:02,345"
    write_lines(tmp_path / "talk.vtt", "WEBVTT", "", "00:01.000 --> 00:02.000", "hi")
    assert message_of("marks", tmp_path) == (
        f"{tmp_path}: both talk.srt and talk.vtt are there; keep one, or name the `format`"
    )
    assert [row.text for row in rows("marks", tmp_path, format="vtt")] == ["hi"]
    table = write_lines(tmp_path / "all.ctm", "talc 1 0 1 hi")
    assert message_of("marks", tmp_path, path="all.ctm") == f"{table}:1: there is no recording 'talc'"
    assert message_of("marks", tmp_path, path="talk.vtt") == (
        f"{tmp_path}/talk.vtt: names no recordings; only CTM and RTTM are for several"
    )
    talks(tmp_path, "b/talk.wav")
    assert message_of("marks", tmp_path, path="all.ctm") == (
        f"{tmp_path}: both b/talk.wav and talk.wav would be 'talk'; rename one"
    )
