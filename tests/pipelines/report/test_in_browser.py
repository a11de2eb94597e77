"""The report of a build in a real browser: one file, opened from disk, that shows, plays and asks for nothing."""

from __future__ import annotations

import pytest

from pipelines.build import build
from tests.in_browser import needs_axe, violations
from tests.pipelines.corpora import Tones
from tests.pipelines.in_process import in_process


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    tones = Tones(tmp_path_factory.mktemp("report"), count=30)
    with in_process():
        build(tones.recipe("store.keep.audio=flac"), "inline")
    return f"{tones.store.as_uri()}/"


def test_it_opens_and_its_clips_play(visits, report):
    page = visits.open(report, "report.html")
    clips = page.locator("audio")
    assert clips.count() == 12
    played = page.evaluate(
        """async () => {
          const clip = document.querySelector('audio');
          clip.muted = true;
          await clip.play();
          await new Promise((done) => (clip.onended = done));
          return clip.duration;
        }"""
    )
    assert 0.1 < played < 0.5
    pictures = page.evaluate("Array.from(document.images, (one) => one.complete && one.naturalWidth > 0)")
    assert all(pictures)


@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_is_wider_than_the_window(visits, report, width):
    page = visits.open(report, "report.html", viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing(visits, report, scheme, width):
    page = visits.open(report, "report.html", color_scheme=scheme, viewport={"width": width, "height": 900})
    assert not violations(page)
