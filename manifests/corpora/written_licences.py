"""The licence that a corpus writes beside a clip, by a name of manifests.licences.

Freesound, the Free Music Archive and those who build on them write a licence as an address or in words:
http://creativecommons.org/licenses/by-nc/3.0/, Attribution NonCommercial, CC-BY-NC 3.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from manifests.licences import LICENCES

OWN = "own"
COLUMNS = ("licence", "license")
"""Where a recording's own licence stands among its other columns."""

_ADDRESS = re.compile(r"creativecommons\.org/(?:licenses/([a-z+-]+)/([\d.]+)|(publicdomain)/(zero|mark))")
_TERMS = re.compile(r"(?:cc|creative commons)[ -]+(by(?:-(?:nc|sa|nd))*)(?![a-z-])")
_WORDS = {"nc": r"non-? ?commercial", "sa": r"share-? ?alike", "nd": r"no-? ?deriv"}
_VERSION = re.compile(r"\b([1-4]\.[05])\b")


def licence_of(text: str, version: str = "3.0") -> str:
    """The name of the licence that a text names; `own`, which one has to read, where it names none that is known.

    `version` is the one that is meant where a licence of Creative Commons comes without: Freesound's was 3.0.

    >>> licence_of("http://creativecommons.org/licenses/by-nc/3.0/"), licence_of("Attribution-ShareAlike 4.0")
    ('cc-by-nc-3.0', 'cc-by-sa-4.0')
    """
    text = text.lower()
    if found := _ADDRESS.search(text):
        terms, numbered, domain, kind = found.groups()
        if domain:
            return "cc0-1.0" if kind == "zero" else "public-domain"
        return _known("cc-sampling-plus-1.0" if terms == "sampling+" else f"cc-{terms}-{numbered}")
    if re.search(r"\bcc-?0\b|creative commons (?:0|zero)\b", text):
        return "cc0-1.0"
    if re.search(r"sampling ?(?:\+|plus)", text):
        return OWN if re.search(rf"\bnc\b|{_WORDS['nc']}", text) else "cc-sampling-plus-1.0"
    if "public domain" in text:
        return "public-domain"
    found = _TERMS.search(text)
    behind = text[found.start() if found else text.find("attribution") :]
    numbered = number[1] if (number := _VERSION.search(behind)) else version
    return _known(f"cc-{found[1] if found else _spelled(text)}-{numbered}")


def own_licences(extra: Mapping[str, Any]) -> list[str]:
    """The licences that a recording brings itself; several where it is composed of parts.

    >>> own_licences({"licence": "cc-by-3.0"}), own_licences({"license": "CC BY-NC 4.0"}), own_licences({})
    (['cc-by-3.0'], ['cc-by-nc-4.0'], [])
    """
    for name in COLUMNS:
        said = extra.get(name)
        texts = [text for text in (said if isinstance(said, list) else [said]) if isinstance(text, str) and text]
        if texts:
            return sorted({text if text in LICENCES else licence_of(text) for text in texts})
    return []


def _spelled(text: str) -> str:
    """The terms of a licence that is written in words: Attribution-NonCommercial is by-nc."""
    if "attribution" not in text:
        return ""
    return "-".join(["by", *(short for short, word in _WORDS.items() if re.search(word, text))])


def _known(name: str) -> str:
    return name if name in LICENCES else OWN
