"""The chapters: every figure runs in every setting, every link leads somewhere, every question has its answer."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from explorer.chapters import CHAPTERS
from explorer.chapters.rendering import sections
from features.catalog import stage_class
from features.errors import SpeechError
from features.text import espeak
from tests.explorer.asking import asked, client, unframed
from tests.explorer.figures import LIVE, described, everywhere, references, settings, text, wanted

NUMBERS = [one.number for one in CHAPTERS]


@pytest.fixture(scope="module")
def visitor():
    return client()


def speaks() -> bool:
    try:
        return bool(espeak.voices())
    except SpeechError:
        return False


# The pages and what they are made of


class Outline(HTMLParser):
    """Ids, links, and elements with what must not be there."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in ("script", "style") or "style" in given or any(name.startswith("on") for name in given):
            self.wrong.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        if tag not in ("mspace", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag == "mspace":
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_chapter_is_well_made(number):
    outline = Outline(text(number))
    assert not outline.wrong
    assert not outline.open
    assert len(outline.ids) == len(set(outline.ids))
    named = LIVE.findall(text(number))
    assert sorted(named) == sorted(described(number)), "figures of the text, and described ones"
    assert len(named) == len(set(named))


@pytest.mark.parametrize("number", NUMBERS)
def test_every_link_leads_somewhere(number, visitor):
    here = f"/chapters/{number}"
    for link in Outline(text(number)).links:
        place, _, name = link.partition("#")
        address = f"/chapters/{place}" if place else here
        assert visitor.get(address).status_code == 200, link
        target = int(address.rpartition("/")[2])
        known = set(Outline(text(target)).ids) | {f"figure-{one}" for one in described(target)}
        assert not name or name in known, link


@pytest.mark.parametrize("number", NUMBERS)
def test_a_page_has_its_contents_and_its_neighbours(number, visitor):
    page = visitor.get(f"/chapters/{number}").text
    assert "{{" not in page
    for name, title in sections(text(number)):
        assert f'<a href="#{name}">{title}</a>' in page
    links = Outline(page).links
    for other in NUMBERS:
        assert f"/chapters/{other}" in links
    around = page[page.index('class="around"') :]
    assert [f"/chapters/{one}" for one in (number - 1, number + 1) if one in NUMBERS] == re.findall(
        r'href="(/chapters/\d)"', around
    )


def test_pages_are_made_for_the_address_that_they_are_asked_under():
    visitor = client(base_url="/user/ada/proxy")
    page = visitor.get("/user/ada/proxy/chapters/1").text
    assert 'src="/user/ada/proxy/static/chapter.js"' in page
    assert 'href="/user/ada/proxy/chapters/2"' in page


def test_there_is_no_seventh_chapter(visitor):
    assert visitor.get("/chapters/6").status_code == 404


@pytest.mark.parametrize("number", NUMBERS)
def test_questions_can_be_answered(number):
    found = re.findall(
        r'<div class="question" data-answer="([\d.]+)"(.*?)>(.*?)<div class="answer">', text(number), re.DOTALL
    )
    assert found
    assert len(found) == text(number).count('class="question"')
    for answer, _, asked_text in found:
        items = asked_text.count("<li>")
        assert not items or 1 <= int(answer) <= items


@pytest.mark.parametrize(("number", "name"), everywhere())
def test_a_figure_names_stages_that_there_are(number, name):
    for stage in described(number)[name].get("code", []):
        assert stage_class(stage)


@pytest.mark.parametrize(("number", "name"), everywhere())
def test_a_figure_runs_in_all_its_settings(number, name, visitor):
    figure = described(number)[name]
    seen = set()
    for setting, made in settings(figure):
        for at, chain in enumerate(made):
            body = {**{key: chain[key] for key in ("copy", "seed") if key in chain}, "show": wanted(figure, chain, at)}
            key = json.dumps([chain, body], sort_keys=True)
            if key in seen or ("phonemes" in key and not speaks()):
                continue
            seen.add(key)
            answer = asked(visitor, chain["source"], *chain["stages"], **body)
            assert answer.status_code == 200, f"{setting}: {answer.text}"
            verdicts = [step["verdict"] for step in unframed(answer.content)[0]["steps"]]
            assert not any(one and one.startswith("rejected") for one in verdicts), setting
    assert references(figure)
