from __future__ import annotations

from pathlib import Path

import pytest

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read

TALK = "AlGore_2009"
STM = f"dev/stm/{TALK}.stm"
LINES = (
    f"{TALK} 1 inter_segment_gap 0 16.18 <o,,unknown> ignore_time_segment_in_scoring",
    f"{TALK} 1 {TALK} 16.18 18.31 <o,f0,male> it 's what we don 't know <unk> and the '60s",
    f"{TALK} 1 {TALK} 18.31 20.0 <NA> plain words",
    f"{TALK} 1 {TALK} 20.0 21.5 <F0_F> a(2) {{NOISE}} word <sil>",
    f"{TALK} 1 {TALK} 21.5 22 <o,f0,male> <unk>",
)


def miniature(folder: Path) -> Path:
    audio(folder, f"dev/sph/{TALK}.sph")
    write_lines(folder / STM, ";; a comment", *LINES)
    return folder


def test_segments_are_spans_with_words_only(root: Path) -> None:
    found = read("tedlium", root)
    written = "it 's what we don 't know <unk> and the '60s"
    assert found[0] == Recording(
        f"{TALK}@16.18",
        Span(f"dev/sph/{TALK}.sph", 16.18, 2.13),
        speaker=TALK,
        text="it's what we don't know and the '60s",
        labels={"language": "en", "gender": "male"},
        split="valid",
        extra={"original_text": written},
    )
    assert [(row.text, row.labels.get("gender")) for row in found[1:]] == [
        ("plain words", None),
        ("a word", "female"),
        (None, "male"),
    ]
    assert found[1].extra == {}
    assert found[1].origin == f"{root}/{STM}:4"


def test_tags_can_stay(root: Path) -> None:
    found = read("tedlium", root, tags="keep")
    assert found[0].text == "it's what we don't know <unk> and the '60s"
    assert found[3].text == "<unk>"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"{TALK} 1 {TALK} 16.18", "4 fields; there should be talk, channel, speaker, start, end, <label> and text"),
        (f"{TALK} 1 {TALK} soon 18 <NA> a", "'soon' and '18' should be seconds"),
        (f"{TALK} 1 {TALK} 18.5 18 <NA> a", "a span from 18.5 to 18 seconds"),
        ("Other_2009 1 a 1 2 <NA> a", "no audio dev/sph/Other_2009.sph"),
    ],
)
def test_a_broken_line_is_named(root: Path, line: str, message: str) -> None:
    write_lines(root / STM, LINES[0], line)
    assert message_of("tedlium", root) == f"ROOT/{STM}:2: {message}"
