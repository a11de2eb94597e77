"""About: what a published corpus is, for whoever looks for one, and for the data card of a store that holds it."""

from __future__ import annotations

from typing import NamedTuple


class About(NamedTuple):
    """The facts of a corpus, as its publishers state them.

    `licence` is a name of manifests.licences; where each clip has its own, the one that most have, and readers put
    a clip's own into `extra` as `licence`. `attribution` is how the publishers want to be named; `hours` of audio
    and `size` of the download are None where they are not published.
    """

    title: str
    what: str
    tasks: tuple[str, ...]
    licence: str
    attribution: str
    url: str
    hours: float | None = None
    size: str | None = None
