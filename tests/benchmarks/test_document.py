"""docs/stages.md is what the code says, and its pictures are there."""

from __future__ import annotations

import io
import re

import numpy as np
from PIL import Image

from benchmarks import figures, illustrations
from benchmarks.document import HOUSE, PATH, document
from benchmarks.references import references
from features.catalog import STAGES

LARGEST_BYTES = 1_500_000


def test_the_document_is_up_to_date() -> None:
    assert PATH.read_text("utf-8") == document(figures.load()), "the code of a stage has changed: run `make docs`"


def test_every_stage_has_a_section_and_every_link_leads_somewhere() -> None:
    text = PATH.read_text("utf-8")
    sections = re.findall(r"^### (\w+)$", text, re.MULTILINE)
    assert sorted(sections) == sorted(STAGES)
    anchors = {heading.lower().replace(" ", "-") for heading in re.findall(r"^##+ (.+)$", text, re.MULTILINE)}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        assert (PATH.parent / path).exists() if path else anchor in anchors, target


def test_there_is_a_picture_of_each_stage_and_of_nothing_else() -> None:
    pictures = list((HOUSE / "docs" / "stages").glob("*.png"))
    assert sorted(path.stem for path in pictures) == sorted(illustrations.NAMES)
    assert sum(path.stat().st_size for path in pictures) < LARGEST_BYTES


def test_a_picture_is_the_same_each_time_and_shows_something() -> None:
    for name in ("low_pass", "split_on_silence", "log_mel", "bpe", "filter_snr"):
        found = illustrations.illustration(name)
        assert found == illustrations.illustration(name)
        picture = Image.open(io.BytesIO(found))
        assert (picture.size, picture.mode) == ((600, 160), "P")
        assert len(np.unique(np.asarray(picture))) > 3


def test_figures_are_of_what_is_compared_now() -> None:
    kept = figures.load()
    keys = {figures.key(one) for one in references()}
    assert {key for key in kept["speed"] if " | " in key} == keys
    assert {*kept["speed"]} - keys == {name for name in STAGES if name != "decode"} - {
        one.stage for one in references()
    }
    assert set(kept["parity"]) == {figures.key(one) for one in references() if one.measure}


def test_without_figures_there_is_no_table() -> None:
    bare = document({})
    assert "## Speed and parity" not in bare.partition("# Stages")[2].split("\n### ")[-1]
    assert "beside librosa" not in bare
    assert "### log_mel" in bare
