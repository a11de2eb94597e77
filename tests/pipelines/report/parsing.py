"""A report as a browser takes it apart: every element, every attribute, every text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "link", "br", "hr"}


@dataclass
class Element:
    """A tag with its attributes, and the text below it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    below: list[Element] = field(default_factory=list)


class Parsed(HTMLParser):
    """The elements of a page, in order; an assertion that every one is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        assert not self._open, f"left open: {[one.tag for one in self._open]}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = Element(tag, {name: value or "" for name, value in attributes})
        for one in self._open:
            one.below.append(found)
        self.elements.append(found)
        if tag not in VOID:
            self._open.append(found)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"{self._open[-1].tag} is closed by {tag}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for one in self._open:
            one.text += data

    def all(self, tag: str) -> list[Element]:
        return [one for one in self.elements if one.tag == tag]

    def section(self, anchor: str) -> Element:
        (found,) = (one for one in self.all("section") if one.attributes.get("id") == anchor)
        return found

    def rows(self, anchor: str, table: int = 0) -> list[list[str]]:
        """The cells of a table of a section, its header first."""
        tables = [one for one in self.section(anchor).below if one.tag == "table"]
        lines = (line for line in tables[table].below if line.tag == "tr")
        return [[cell.text for cell in line.below if cell.tag in ("td", "th")] for line in lines]


def leaves(page: Parsed) -> list[str]:
    """What in a page leads out of it: addresses that are neither data nor a place in the page, scripts, handlers."""
    found = [
        one.tag for one in page.elements if one.tag in ("script", "link", "iframe", "object", "embed", "base", "form")
    ]
    for one in page.elements:
        for name, value in one.attributes.items():
            if name.startswith("on"):
                found.append(f"{one.tag} {name}")
            if name in ("src", "href", "srcset", "poster", "data", "action", "background", "xlink:href", "ping"):
                inside = value.startswith("#") if one.tag == "a" else value.startswith("data:")
                found += [] if inside else [f"{one.tag} {name}={value[:60]}"]
            if name == "style":
                found.append(f"{one.tag} style")
    return found + [address for style in page.all("style") for address in re.findall(r"url\(|@import", style.text)]
