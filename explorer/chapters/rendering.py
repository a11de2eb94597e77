"""Rendering: a chapter's text with its contents beside it, and the ways to the chapters around it.

The texts are N.html beside this file, written by hand: sections with an id and a heading, figures that name themselves
(`data-live`) and are described in explorer/static/figures_N.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from explorer.chapters import CHAPTERS, Chapter

HERE = Path(__file__).parent
SECTION = re.compile(r'<section id="([\w-]+)">\s*<h2>(.*?)</h2>', re.DOTALL)


def parts(number: int) -> Mapping[str, str]:
    """What stands in the places of the shell; links are below `{{base}}`. KeyError for no chapter."""
    chapter = {one.number: one for one in CHAPTERS}[number]
    text = (HERE / f"{number}.html").read_text("utf-8")
    return {
        "number": str(number),
        "title": escape(chapter.title),
        "about": escape(chapter.about),
        "chapter": text,
        "contents": contents(number, text),
        "around": around(number),
    }


def sections(text: str) -> list[tuple[str, str]]:
    """The id and the heading of each section.

    >>> sections('<section id="mel"><h2>The mel scale</h2></section>')
    [('mel', 'The mel scale')]
    """
    return SECTION.findall(text)


def contents(number: int, text: str) -> str:
    """All chapters, and the sections of this one."""
    items = []
    for chapter in CHAPTERS:
        if chapter.number == number:
            inner = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in sections(text))
            items.append(f'<li class="here">{_link(chapter, True)}<ol>{inner}</ol></li>')
        else:
            items.append(f"<li>{_link(chapter)}</li>")
    return f"<ol>{''.join(items)}</ol>"


def around(number: int) -> str:
    """The ways to the chapter before and the one behind."""
    links = []
    for chapter in CHAPTERS:
        way = {-1: ("prev", "Previous"), 1: ("next", "Next")}.get(chapter.number - number)
        if way:
            rel, said = way
            title = f"<strong>{chapter.number}. {escape(chapter.title)}</strong>"
            href = f"{{{{base}}}}chapters/{chapter.number}"
            links.append(f'<a rel="{rel}" class="{rel}" href="{href}"><span>{said}</span>{title}</a>')
    if number == CHAPTERS[-1].number:
        links.append('<a class="next" href="{{base}}explore"><span>Next</span><strong>The explorer</strong></a>')
    return "".join(links)


def _link(chapter: Chapter, here: bool = False) -> str:
    current = ' aria-current="page"' if here else ""
    return f'<a href="{{{{base}}}}chapters/{chapter.number}"{current}>{chapter.number}. {escape(chapter.title)}</a>'
