"""The page as HTML: whole, self-contained, readable without a picture, and escaped wherever data stand."""

from __future__ import annotations

import base64
import hashlib

import pytest
from markupsafe import Markup

from pipelines.report.drawing import bar
from pipelines.report.page import Card, Charts, Clips, Figure, Matrix, Page, Section, Sum, Table, Text, render
from tests.pipelines.report.parsing import Parsed, leaves

EVIL = '"><script>alert(1)</script><img src="https://example.org/x" onerror=alert(2)>'


def page(*sections: Section, title: str = "T", **more: str) -> Page:
    return Page("report", title, "", ["a fact"], "Fine.", True, sections, **more)


def evil_page() -> Page:
    blocks = [
        Text(EVIL),
        Sum((3, EVIL), [(1, EVIL), (2, EVIL)]),
        Table(EVIL, [EVIL, "n"], [[EVIL, EVIL]], words=(0,), titled=True),
        Charts([Figure(Markup("<svg></svg>"), EVIL, [(0, EVIL)])]),
        Clips([Card(EVIL, [EVIL], EVIL, None)]),
        Matrix(EVIL, [EVIL, "b"], [[1, 0], [0, 1]]),
    ]
    return Page(EVIL, EVIL, EVIL, [EVIL], EVIL, False, [Section(EVIL, blocks)], EVIL, [EVIL])


def test_whatever_data_say_is_text():
    found = Parsed(render(evil_page()))
    assert leaves(found) == []
    made = {one.tag for one in Parsed(render(page())).elements}
    blocks = {"span", "b", "div", "table", "thead", "tbody", "tr", "th", "td", "h3", "figure", "figcaption", "svg"}
    assert {one.tag for one in found.elements} - made - blocks == {"section", "h2", "li", "a", "p"} - made
    assert sum(EVIL in one.text for one in found.all("p")) >= 5
    assert found.all("h1")[0].text == EVIL


def test_what_leads_out_of_a_page_is_found():
    """The tests that find nothing would find something."""
    bad = '<a href="https://x.org">x</a><img src="//x"><p onclick="x" style="y">x</p><style>@import "x"</style>'
    assert len(leaves(Parsed(bad))) == 5


def test_the_policy_forbids_everything_but_what_stands_in_the_page():
    found = Parsed(render(page()))
    (policy,) = (one.attributes["content"] for one in found.all("meta") if "http-equiv" in one.attributes)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    (style,) = found.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "media-src": "data:",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_headings_headers_and_regions_say_what_they_are():
    table = Table("Numbers", ["name", "n", "of all"], [["a", "1", bar(0.5)], ["b", "22", bar(1)]])
    found = Parsed(render(page(Section("Some counts", [table]), Section("More", [Text("words", quiet=True)]))))
    assert [one.text for one in found.all("h1")] == ["T"]
    assert [one.text for one in found.all("h2")] == ["Some counts", "More"]
    assert [one.attributes["href"] for one in found.all("a")] == ["#some-counts", "#more"]
    for section in found.all("section"):
        (heading,) = (one for one in section.below if one.attributes.get("id") == section.attributes["aria-labelledby"])
        assert heading.tag == "h2"
    scopes = [(one.text, one.attributes["scope"]) for one in found.all("th")]
    assert scopes == [("name", "col"), ("n", "col"), ("of all", "col"), ("a", "row"), ("b", "row")]
    (region,) = (one for one in found.all("div") if one.attributes.get("role") == "region")
    assert (region.attributes["aria-label"], region.attributes["tabindex"]) == ("Numbers", "0")
    assert [one.attributes.get("aria-hidden") for one in found.all("svg")] == ["true", "true"]
    assert found.all("html")[0].attributes["lang"] == "en"


def test_both_schemes_and_narrow_windows_are_thought_of():
    found = Parsed(render(page()))
    (style,) = found.all("style")
    assert "prefers-color-scheme: dark" in style.text
    names = {one.attributes.get("name"): one.attributes.get("content") for one in found.all("meta")}
    assert names["viewport"] == "width=device-width, initial-scale=1"
    assert names["color-scheme"] == "light dark"


def test_a_matrix_is_a_table_with_both_headers():
    matrix = Matrix("Confusion", ["yes", "no"], [[8, 2], [0, 10]])
    found = Parsed(render(page(Section("C", [matrix]))))
    assert [(one.text, one.attributes["scope"]) for one in found.all("th")] == [
        ("yes", "col"),
        ("no", "col"),
        ("yes", "row"),
        ("no", "row"),
    ]
    cells = [(one.text, one.attributes["class"]) for one in found.all("td")[1:]]
    assert cells == [("8", "cell s4 diagonal"), ("2", "cell s2"), ("0", "cell s0"), ("10", "cell s4 diagonal")]


@pytest.mark.parametrize("title", ["Sample rates", "Übersicht", "a/b <c>"])
def test_anchors_are_plain(title):
    assert not set(Section(title, []).anchor) & set(" <>/\"'#")
