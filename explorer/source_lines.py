"""Source lines: the code of a stage, as it stands in its file."""

from __future__ import annotations

import inspect
import linecache
import re
from pathlib import Path
from typing import Any

import features

ROOT = Path(features.__file__).parents[1]


def source_lines(made: type) -> dict[str, Any]:
    """The `file` of a class at the top level of a module, the number of its `first` line, and its `lines`.

    `inspect.getsourcelines` would build a syntax tree of the file, which CPython 3.11 cannot do in two threads at once.
    """
    file = Path(inspect.getfile(made)).resolve()
    lines = linecache.getlines(str(file))
    first = next(at for at, line in enumerate(lines) if re.match(rf"class {made.__name__}\b", line))
    while first and lines[first - 1].startswith("@"):
        first -= 1
    return {
        "file": str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else file.name,
        "first": first + 1,
        "lines": [line.rstrip("\n") for line in inspect.getblock(lines[first:])],
    }
