"""Environment variables in a configuration: ${NAME} and ${NAME:-default}."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipelines.yaml_nodes import Node, is_unicode

_REFERENCE = re.compile(r"\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^${}]*))?\}|)")


def variables(text: str) -> dict[str, bool]:
    """The names of the variables that a text reads, sorted; and whether the text can do without a value.

    >>> variables("${ROOT:-data}/${NAME}")
    {'NAME': False, 'ROOT': True}
    """
    found: dict[str, bool] = {}
    for match in _REFERENCE.finditer(text):
        if match[1]:
            found[match[1]] = found.get(match[1], True) and match[2] is not None
    return dict(sorted(found.items()))


def expand(text: str, environ: Mapping[str, str]) -> str:
    """The text with its variables' values in it; ValueError names every one that is missing.

    As in a shell, a default stands in for a variable that is unset or empty. Without a default an empty one
    is missing too: ${DATA}/x must not come to mean /x.

    >>> expand("${ROOT:-data}/${NAME}", {"NAME": "fsdd"})
    'data/fsdd'
    """
    missing = []

    def value(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        if name is None:
            raise ValueError("a ${ that is no variable; write ${NAME} or ${NAME:-default}")
        found = environ.get(name) or default
        if found is None:
            missing.append(name)
        elif not is_unicode(found):
            raise ValueError(f"environment variable {name} is not UTF-8 text")
        return found or ""

    expanded = _REFERENCE.sub(value, text)
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        raise ValueError(
            f"environment variable {names} is not set or empty; set it, or write ${{{missing[0]}:-default}}"
        )
    return expanded


def expand_all(root: Node, environ: Mapping[str, str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Expands every text value below a node in place; yields the path and the mistake of each that cannot be."""
    if isinstance(root.value, str) and "${" in root.value:
        try:
            root.value = expand(root.value, environ)
            root.expanded = True
        except ValueError as error:
            yield (), str(error)
    for step, child in root.children():
        yield from (((step, *path), message) for path, message in expand_all(child, environ))
