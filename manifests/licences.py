"""Licences: the ones that corpora are under, and what each asks for.

Names are SPDX identifiers in lower case (https://spdx.org/licenses), and three that are none: `public-domain`,
`research` (a corpus's own terms, that allow research only) and `own` (its own terms, which one has to read).
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import NamedTuple

from manifests.errors import CorpusError


class Licence(NamedTuple):
    """What a licence is called, where its text is, and what it asks of whoever passes the material on."""

    title: str
    url: str = ""
    attribution: bool = False
    share_alike: bool = False
    non_commercial: bool = False
    no_derivatives: bool = False


def _creative_commons() -> dict[str, Licence]:
    found = {"cc0-1.0": Licence("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/")}
    for terms in ("by", "by-sa", "by-nc", "by-nc-sa", "by-nd", "by-nc-nd"):
        for version in ("2.0", "2.5", "3.0", "4.0"):
            asks = terms.split("-")
            found[f"cc-{terms}-{version}"] = Licence(
                f"CC {terms.upper()} {version}",
                f"https://creativecommons.org/licenses/{terms}/{version}/",
                attribution=True,
                share_alike="sa" in asks,
                non_commercial="nc" in asks,
                no_derivatives="nd" in asks,
            )
    return found


LICENCES: dict[str, Licence] = _creative_commons() | {
    "cc-sampling-plus-1.0": Licence(
        "CC Sampling Plus 1.0", "https://creativecommons.org/licenses/sampling+/1.0/", attribution=True
    ),
    "public-domain": Licence("Public domain"),
    "mit": Licence("MIT", "https://opensource.org/license/mit", attribution=True),
    "apache-2.0": Licence("Apache 2.0", "https://www.apache.org/licenses/LICENSE-2.0", attribution=True),
    "bsd-3-clause": Licence("BSD 3-Clause", "https://opensource.org/license/bsd-3-clause", attribution=True),
    "odbl-1.0": Licence(
        "ODbL 1.0", "https://opendatacommons.org/licenses/odbl/1-0/", attribution=True, share_alike=True
    ),
    "research": Licence("For research only", attribution=True, non_commercial=True),
    "own": Licence("Terms of its own"),
}


def require_licence(name: str) -> str:
    """The name, when there is such a licence; CorpusError, with those that come near, when there is none."""
    if name not in LICENCES:
        raise CorpusError(f"unknown licence {name!r}{_near(name)}")
    return name


def require_allowed(name: str) -> str:
    """A name as lists of allowed licences have it: of one licence, or of all versions of it; else CorpusError."""
    if not any(covers(name, licence) for licence in LICENCES):
        raise CorpusError(f"unknown licence {name!r}{_near(name)}")
    return name


def _near(name: str) -> str:
    """What may have been meant: the versions of a licence that was named without one, or names that look alike."""
    near = [one for one in LICENCES if covers(name, one)] or get_close_matches(name.lower(), LICENCES, 4)
    return f"; did you mean {', '.join(near)}?" if near else f"; there are {', '.join(LICENCES)}"


def covers(allowed: str, licence: str) -> bool:
    """Whether a name in a list of allowed licences means this one: itself, or all versions of it.

    >>> covers("cc-by", "cc-by-4.0"), covers("cc-by", "cc-by-nc-4.0"), covers("cc0", "cc0-1.0")
    (True, False, True)
    """
    name, _, version = licence.rpartition("-")
    return allowed == licence or (allowed == name and version.replace(".", "").isdigit())
