"""licences: what a store holds, and what is mixed into it, is under licences that are allowed.

Counted when the store was built (manifests.provenance): each recording under its own licence, else under that of its
corpus, and the clips that stages draw from, all of them, since what is mixed in is in the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from manifests.credit import Credit, Share
from manifests.licences import covers
from pipelines.gates.gate import EXAMPLES, Gate, Look, Problem


class Licences(Gate):
    """Every recording, and every clip that stages draw from, is under a licence that `allowed` lists."""

    name: ClassVar[str] = "licences"

    allowed: list[str]

    def check(self, look: Look) -> Problem | None:
        generation = look.store.generation
        if not generation.corpora:
            remedy = "it was built before licences were counted; build it again, which decodes nothing"
            return Problem(self.name, "the store does not say of which corpora it is", remedy=remedy)
        found = list(self._others(generation.corpora))
        if not found:
            return None
        names = list(dict.fromkeys(credit.corpus for credit, _ in found))
        rows = [
            (credit.corpus, _said(share), str(share.recordings), "mixed in" if credit.mixed else "held")
            for credit, share in found
        ]
        examples = [f"{', '.join(share.such_as)} ({_said(share)})" for _, share in found]
        return Problem(
            self.name,
            f"{', '.join(names[:EXAMPLES])}{' ..' * (len(names) > EXAMPLES)} "
            f"{'has' if len(names) == 1 else 'have'} recordings under no licence of {', '.join(self.allowed)}",
            [("corpus", "licence", "recordings", "how"), *rows[: 2 * EXAMPLES]],
            examples[:EXAMPLES],
            _remedy([credit.corpus for credit, share in found if share.licence is None]),
        )

    def _others(self, credits: list[Credit]) -> Iterator[tuple[Credit, Share]]:
        for credit in credits:
            for share in credit.shares:
                if share.licence is None or not any(covers(one, share.licence) for one in self.allowed):
                    yield credit, share


def _said(share: Share) -> str:
    return share.licence or "none known"


def _remedy(unknown: list[str]) -> str:
    if unknown:
        named = ", ".join(dict.fromkeys(name.partition("/")[0] for name in unknown))
        return f"find out the licence of {named}, and say it in the recipe, beside the reader: licence: .."
    return "leave these out of the corpus, or list their licence where you may use it"
