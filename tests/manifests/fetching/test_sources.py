"""What is written down of where corpora lie is at least of a form that can be true."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from manifests.corpora import CORPORA, reader_class
from manifests.fetching.digests import LENGTHS, kind_of
from manifests.fetching.source import Source
from manifests.fetching.sources import ON_REQUEST, SOURCES
from manifests.licences import LICENCES

each_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)


@each_source
def test_addresses_sizes_and_digests_are_well_formed(source: Source) -> None:
    addresses = [source.home]
    for archive in (archive for part in source.parts for archive in part.archives):
        addresses += archive.urls
        assert len(set(archive.urls)) == len(archive.urls) > 0
        ending = archive.name.partition(".")[2].rpartition(".")[2]
        assert all(urlsplit(url).path.endswith(ending) for url in archive.urls)
        assert archive.size is None or archive.size > 1000
        if archive.digest is not None:
            kind, _, number = archive.digest.partition(":")
            assert re.fullmatch(rf"[0-9a-f]{{{LENGTHS[kind_of(archive.digest)]}}}", number), kind
    for address in addresses:
        found = urlsplit(address)
        assert found.scheme in ("http", "https")
        assert found.hostname
        assert not re.search(r"\s", address)


@each_source
def test_parts_have_names_of_their_own_and_the_default_is_among_them(source: Source) -> None:
    names = [part.name for part in source.parts]
    files = [archive.name for part in source.parts for archive in part.archives]
    assert len(set(names)) == len(names)
    assert len(set(files)) == len(files), "downloads of two parts have one name"
    assert set(source.default) <= set(names)
    assert not source.alternatives or len(source.default) == 1
    assert not [name for name in [*names, *files] if "/" in name or name.startswith(".")]


@each_source
def test_a_licence_is_known_before_a_corpus_is_fetched(source: Source) -> None:
    reader = reader_class(source.corpus) if source.corpus in CORPORA else None
    about = (reader and reader.about) or source.about
    assert reader is None or (about is not None and about.licence in LICENCES)


def test_a_split_zip_ends_with_its_zip() -> None:
    several = [part for source in SOURCES.values() for part in source.parts if len(part.archives) > 1]
    assert {part.name for part in several} == {"dev_audio", "eval_audio"}
    for part in several:
        endings = [archive.name.rpartition(".")[2] for archive in part.archives]
        assert endings == [*(f"z{number:02}" for number in range(1, len(endings))), "zip"]


def test_a_corpus_is_to_be_fetched_or_to_be_asked_for() -> None:
    assert not set(SOURCES) & set(ON_REQUEST)
    assert all(asked.how and urlsplit(asked.home).scheme == "https" for asked in ON_REQUEST.values())
