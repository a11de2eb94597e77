"""Credit: whose recordings a store holds, or has mixed in, under which licences, and how each wants to be named.

A generation carries the credits of its corpora, for data cards, for gates, and for stores that are made of this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from manifests.corpora.about import About


class Saying(Protocol):
    """Whatever says how a corpus may be used: a credit, an entry of a recipe."""

    @property
    def licence(self) -> str | None: ...
    @property
    def attribution(self) -> str | None: ...
    @property
    def url(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Share:
    """What is under one licence: recordings of the store with the hours of their sources, or clips that are drawn from.

    `licence` is a name of manifests.licences, None where nobody says one; `seconds` is None for clips, which are not
    decoded to be counted. `such_as` are the keys of some.
    """

    licence: str | None
    recordings: int
    seconds: float | None = None
    such_as: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Credit:
    """One corpus. `corpus` is its name in the recipe; of a store, with the name that it has there behind: old/digits.

    `mixed` says that stages draw from it. `licence` holds for each recording that brings none of its own; `shares`
    say what there is of each.
    """

    corpus: str
    mixed: bool = False
    title: str | None = None
    licence: str | None = None
    attribution: str | None = None
    url: str | None = None
    shares: list[Share] = field(default_factory=list)

    @classmethod
    def of(cls, corpus: str, about: About | None) -> Credit:
        """What the publishers of a corpus say of it; nothing where there are none."""
        if about is None:
            return cls(corpus)
        return cls(corpus, False, about.title, about.licence, about.attribution, about.url)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Credit:
        """The credit that `dataclasses.asdict` turned into JSON."""
        return cls(**{**value, "shares": [Share(**share) for share in value["shares"]]})

    @property
    def said(self) -> Credit:
        """The credit without what was counted."""
        return replace(self, shares=[])

    def keyless(self) -> Credit:
        """The credit without the keys of recordings, for whoever cannot forget them."""
        return replace(self, shares=[replace(share, such_as=()) for share in self.shares])

    def below(self, corpus: str) -> Credit:
        """The credit as that of a part of another corpus, or of the whole of it where this one has no name."""
        shares = [replace(share, such_as=[f"{corpus}/{key}" for key in share.such_as]) for share in self.shares]
        name = f"{corpus}/{self.corpus}" if self.corpus else corpus
        return replace(self, corpus=name, shares=shares)

    def filled(self, by: Saying) -> Credit:
        """The credit with what it does not say itself."""
        return replace(
            self,
            licence=self.licence or by.licence,
            attribution=self.attribution or by.attribution,
            url=self.url or by.url,
        )
