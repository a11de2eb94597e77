"""Licences: whose recordings a store holds, in the words of a data card, a report and a model's card."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from manifests.credit import Credit
from manifests.licences import LICENCES
from pipelines.report.words import hours, number

UNKNOWN = "none known"
HELD, MIXED = "held", "mixed in"
_SAFE = re.compile(r"https?://[^\s()<>\[\]\"']+")

MEANINGS = (
    ("share_alike", "Whatever you make of recordings under {} and pass on must be under the same licence."),
    ("non_commercial", "What is made of recordings under {} may not be used commercially."),
    ("no_derivatives", "What is made of recordings under {} may not be passed on, features and models included."),
)
"""What a licence asks of whoever passes a store on, by its name in manifests.licences.Licence."""


class Part(NamedTuple):
    """What a store has of one corpus under one licence, as people read it; `url` and `page` are "" where none is known.

    `url` leads to the licence, `page` to the corpus.
    """

    corpus: str
    title: str
    how: str
    licence: str
    recordings: str
    hours: str
    url: str
    page: str


def parts(credits: Iterable[Credit]) -> Iterator[Part]:
    """A row for each corpus and licence."""
    for credit in credits:
        how, title, page = MIXED if credit.mixed else HELD, credit.title or credit.corpus, address(credit.url)
        for share in credit.shares:
            seconds = "" if share.seconds is None else hours(share.seconds)
            name, url = licence_words(share.licence), licence_url(share.licence)
            yield Part(credit.corpus, title, how, name, number(share.recordings), seconds, url, page)


def attributions(credits: Iterable[Credit]) -> list[tuple[str, str, str]]:
    """Title, attribution and page of every corpus that says how it wants to be named, each once."""
    found = ((one.title or one.corpus, one.attribution, address(one.url)) for one in credits if one.attribution)
    return list(dict.fromkeys(found))


def meanings(credits: Iterable[Credit]) -> list[str]:
    """A sentence for each thing that the licences of a store ask beyond naming, and for what nobody knows."""
    names = licences_of(credits)
    found = []
    for asked, sentence in MEANINGS:
        asking = [LICENCES[name].title for name in names if name in LICENCES and getattr(LICENCES[name], asked)]
        if asking:
            found.append(sentence.format(listed(asking)))
    for name, sentence in (
        ("own", "Some corpora have terms of their own: read them before you use or pass on what is made of them."),
        (
            "research",
            "Some corpora are for research only, by terms of their own: read them before you pass anything on.",
        ),
        (None, "Of some recordings nobody has said a licence: find it out before you pass anything on."),
    ):
        if name in names:
            found.append(sentence)
    return found


def licences_of(credits: Iterable[Credit]) -> list[str | None]:
    """All licences of a store, each once, in the order of their names; None at the end where some are not known."""
    names = {share.licence for credit in credits for share in credit.shares}
    return sorted(names, key=lambda name: (name is None, name or ""))


def licence_words(name: str | None) -> str:
    """The title of a licence."""
    return UNKNOWN if name is None else LICENCES[name].title if name in LICENCES else name


def licence_url(name: str | None) -> str:
    """Where the text of a licence is; "" where there is none to read."""
    return LICENCES[name].url if name in LICENCES else ""


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def address(url: str | None) -> str:
    """An address that a page may link to; "" for anything else."""
    return url if url and _SAFE.fullmatch(url) else ""
