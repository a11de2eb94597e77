"""Under which licence each recording is, and what a generation says of it."""

from __future__ import annotations

import doctest
import json
from dataclasses import replace
from pathlib import Path

import pytest

from manifests import generation, licences
from manifests.corpora import written_licences
from manifests.corpora.written_licences import own_licences
from manifests.credit import Credit, Share
from manifests.errors import CorpusError
from manifests.generation import Generation
from manifests.licences import require_allowed, require_licence
from manifests.provenance import Origin, Tally, origin_of
from manifests.sealed import seal, unseal
from manifests.storage import LocalStorage
from tests.stores import examples, write_store

CREDITS = [
    Credit("sounds", title="Sounds", licence="cc-by-3.0", url="https://sounds.example"),
    Credit("old/digits", licence=None),
    Credit("old/noise", mixed=True, licence="cc0-1.0"),
]


@pytest.mark.parametrize("module", [licences, written_licences], ids=lambda module: module.__name__)
def test_the_examples_in_docstrings_hold(module) -> None:
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize(
    ("extra", "found"),
    [
        ({"licence": "cc-by-4.0", "license": "cc0-1.0"}, ["cc-by-4.0"]),
        ({"license": "http://creativecommons.org/licenses/by-nc/3.0/"}, ["cc-by-nc-3.0"]),
        ({"licence": ["cc0-1.0", "cc-by-3.0", "cc0-1.0"]}, ["cc-by-3.0", "cc0-1.0"]),
        ({"licence": "ask my aunt"}, ["own"]),
        ({"licence": ""}, []),
        ({"license": 3}, []),
    ],
)
def test_a_recording_brings_its_own_licences(extra, found) -> None:
    assert own_licences(extra) == found


def test_each_recording_counts_under_its_own_licence_or_its_corpus_one() -> None:
    tally = Tally(CREDITS[:2])
    for number in range(7):
        tally.add(f"sounds/{9 - number}.wav", {}, 2.0)
    tally.add("sounds/x.wav", {"licence": "cc-by-nc-3.0"}, 1.5)
    tally.add("old/digits/deep/1.wav", {}, 1.0)
    tally.add("elsewhere/1.wav", {}, 1.0)
    sounds, digits = tally.credits()
    first = [f"sounds/{number}.wav" for number in range(3, 8)]
    assert sounds.shares == [Share("cc-by-3.0", 7, 14.0, first), Share("cc-by-nc-3.0", 1, 1.5, ["sounds/x.wav"])]
    assert digits.shares == [Share(None, 1, 1.0, ["old/digits/deep/1.wav"])]


def test_a_recording_of_several_licences_counts_under_each() -> None:
    tally = Tally(CREDITS[:1])
    tally.add("sounds/a", {"licence": ["cc0-1.0", "cc-by-3.0"]}, None)
    assert [(s.licence, s.recordings, s.seconds) for s in tally.credits()[0].shares] == [
        ("cc-by-3.0", 1, None),
        ("cc0-1.0", 1, None),
    ]


def test_a_row_says_where_it_is_from() -> None:
    extra = {"licence": "cc0-1.0", "source": "ada, https://clips.example/7"}
    assert origin_of(CREDITS, "sounds/7", extra) == Origin("sounds", ["cc0-1.0"], "ada, https://clips.example/7")
    assert origin_of(CREDITS, "sounds/8", {}) == Origin("sounds", ("cc-by-3.0",), "https://sounds.example")
    assert origin_of(CREDITS, "old/noise/8", {}) is None, "what is mixed in is no row"


def test_a_generation_carries_its_credits(tmp_path: Path) -> None:
    write_store(tmp_path, {"train": examples(2)})
    made = generation.load(LocalStorage(tmp_path))
    credits = [replace(CREDITS[0], shares=[Share("cc-by-3.0", 2, 1.5, ["sounds/1.wav"])])]
    assert Generation.decode(replace(made, corpora=credits).encode(), "g").corpora == credits


def test_a_generation_of_before_has_none_and_is_read(tmp_path: Path) -> None:
    write_store(tmp_path, {"train": examples(2)})
    made = generation.load(LocalStorage(tmp_path))
    older = unseal(made.encode(), "g")
    assert json.loads(made.encode())["corpora"] == older.pop("corpora") == []
    assert Generation.decode(seal(older), "g") == made


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("cc-by-4", "did you mean cc-by-4.0, cc-by-3.0, cc-by-2.5, cc-by-2.0?"),
        ("cc0", "did you mean cc0-1.0?"),
        ("zzz", f"there are {', '.join(licences.LICENCES)}"),
    ],
)
def test_a_licence_that_is_not_known_names_those_that_come_near(name: str, hint: str) -> None:
    with pytest.raises(CorpusError) as caught:
        require_licence(name)
    assert str(caught.value) == f"unknown licence '{name}'; {hint}"


def test_a_list_of_licences_may_name_all_versions_of_one() -> None:
    assert [require_allowed(name) for name in ("cc-by", "cc0", "cc-by-nc-4.0", "mit")]
    with pytest.raises(CorpusError, match="unknown licence 'cc'"):
        require_allowed("cc")
