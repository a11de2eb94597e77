"""Credits: what a recipe, its readers and the recordings themselves say of licences, for the generation to carry.

None of it is part of what shards are made from: a licence that is added builds nothing again, and makes a generation
that says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from manifests.credit import Credit
from manifests.generation import Generation
from manifests.provenance import Tally, counted
from manifests.storage import Storage
from manifests.store import Store
from pipelines.task import Row

if TYPE_CHECKING:
    from pipelines.forgotten import Forgotten
    from pipelines.recipe import Corpus, Recipe


def credits_of(recipe: Recipe, drawn: Sequence[Credit]) -> list[Credit]:
    """The credits of a recipe's sources, not counted, and behind them those of what stages draw from."""
    return [*(credit for name in recipe.source for credit in declared(name, recipe.corpora[name])), *drawn]


def declared(name: str, corpus: Corpus) -> list[Credit]:
    """What is said of a corpus as a whole: by the recipe and, where that is silent, by its reader.

    A store says it of each corpus that it is made of, and then the recipe only fills in what it leaves open.
    """
    found = []
    for credit in corpus.reader.credits():
        if not credit.corpus:
            own = Credit("", licence=corpus.licence, attribution=corpus.attribution, url=corpus.url)
            credit = replace(own.filled(credit), title=credit.title)
        found.append(credit.below(name).filled(corpus))
    return found


def drawn_from(corpora: Mapping[str, Corpus], rows: Mapping[str, Sequence[Row]]) -> list[Credit]:
    """The credits of corpora that stages draw from, counted by their clips."""
    found: list[Credit] = []
    for name, clips in rows.items():
        credits = declared(name, corpora[name])
        tally = Tally(replace(credit, mixed=True) for credit in credits if not credit.mixed)
        for row in clips:
            tally.add(row.key, row.recording.extra, None)
        found += [*tally.credits(), *(credit for credit in credits if credit.mixed)]
    return found


def same_credits(now: Sequence[Credit], before: Sequence[Credit]) -> bool:
    """Whether two generations of the same shards say the same of their corpora."""
    return [credit.said for credit in now] == [credit.said for credit in before]


def recounted(made: Generation, storage: Storage, forgotten: Forgotten | None = None) -> list[Credit]:
    """The credits of a generation that has lost recordings, without the keys that are forgotten."""
    found = []
    for credit in counted(made.corpora, Store(storage, made)):
        shares = [
            replace(share, such_as=[key for key in share.such_as if not (forgotten and key in forgotten)])
            for share in credit.shares
        ]
        found.append(replace(credit, shares=shares))
    return found
