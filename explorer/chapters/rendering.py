"""Rendering: what the page of a chapter needs besides its text: its sections, and the ways to the chapters around it.

The texts are N.html beside this file, written by hand: sections with an id and a heading, figures that name themselves
(`data-live`) and are described in explorer/static/figures_N.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer.chapters import CHAPTERS

HERE = Path(__file__).parent
SECTION = re.compile(r'<section id="([\w-]+)">\s*<h2>(.*?)</h2>', re.DOTALL)


def parts(number: int) -> Mapping[str, Any]:
    """What explorer/pages/chapter.html is made of; KeyError for no chapter."""
    chapter = {one.number: one for one in CHAPTERS}[number]
    text = (HERE / f"{number}.html").read_text("utf-8")
    return {
        "chapter": chapter,
        "chapters": CHAPTERS,
        "text": text,
        "sections": sections(text),
        "around": around(number),
    }


def sections(text: str) -> list[tuple[str, str]]:
    """The id and the heading of each section.

    >>> sections('<section id="mel"><h2>The mel scale</h2></section>')
    [('mel', 'The mel scale')]
    """
    return SECTION.findall(text)


def around(number: int) -> list[tuple[str, str, str, str]]:
    """The ways to the chapter before and to what comes behind: each `rel`, in words, where it leads, what is there.

    >>> [name for _, _, _, name in around(1)]
    ['0. What audio is', '2. Time and frequency']
    """
    ways = {number - 1: ("prev", "Previous"), number + 1: ("next", "Next")}
    found = [
        (*ways[one.number], f"chapters/{one.number}", f"{one.number}. {one.title}")
        for one in CHAPTERS
        if one.number in ways
    ]
    last = number == CHAPTERS[-1].number
    return [*found, ("next", "Next", "explore", "The explorer")] if last else found
