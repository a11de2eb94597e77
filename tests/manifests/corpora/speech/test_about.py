"""What the readers of published speech say of themselves."""

from __future__ import annotations

import sys

import pytest

from manifests.corpora import CORPORA, reader_class
from manifests.licences import require_licence

SPEECH = [name for name, place in CORPORA.items() if place.startswith("manifests.corpora.speech.")]


@pytest.mark.parametrize("name", SPEECH)
def test_a_corpus_says_what_it_is_and_under_which_licence(name: str) -> None:
    reader = reader_class(name)
    assert reader.name == name
    assert reader.about is not None
    assert require_licence(reader.about.licence)
    assert reader.about.url.startswith("http")
    assert all((reader.about.title, reader.about.what, reader.about.tasks, reader.about.attribution))
    story = sys.modules[reader.__module__].__doc__ or ""
    assert story.startswith(f"{name}: ")
    assert "Trap" in story


def test_the_block_is_sorted() -> None:
    assert sorted(SPEECH) == SPEECH
