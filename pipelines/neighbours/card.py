"""Card: the README.md of an exported dataset, with the front matter that Hugging Face's hub reads."""

from __future__ import annotations

import json
from collections.abc import Mapping

from manifests.licences import LICENCES
from pipelines.neighbours.outgoing import Outgoing

_HUB = {"odbl-1.0": "odbl"}
_OTHER = ("public-domain", "research", "own", "cc-sampling-plus-1.0")
"""Licences that the hub has no name for."""


def card(outgoing: Outgoing, counts: Mapping[str, int]) -> str:
    """The card, in Markdown; `counts` says how many rows each split has."""
    recipe = outgoing.recipe
    known = [reader.about for reader in outgoing.readers.values()]
    licences = list(dict.fromkeys(_hub(about.licence) if about else "unknown" for about in known))
    head = [
        "---",
        f"pretty_name: {json.dumps(recipe.name, ensure_ascii=False)}",
        f"license: {json.dumps(licences if len(licences) > 1 else licences[0])}",
        "configs:",
        "- config_name: default",
        "  data_files:",
        *(f"  - {{split: {name}, path: {name}/*.arrow}}" for name in counts),
        "---",
        "",
        f"# {recipe.name}",
        "",
        *([recipe.description, ""] if recipe.description else []),
    ]
    table = ["| split | recordings |", "|---|---|", *(f"| {name} | {count:,} |" for name, count in counts.items()), ""]
    return "\n".join([*head, *table, "## Sources and licences", "", *_sources(outgoing), "", *_HOW, ""])


def _sources(outgoing: Outgoing) -> list[str]:
    """A line for each corpus: what it is, its licence, and how its publishers want to be named."""
    lines = []
    for name, reader in outgoing.readers.items():
        about = reader.about
        if about is None:
            lines.append(f"- {name}: read by `{reader.name}`; its licence is not known here, ask its publishers.")
            continue
        licence = LICENCES[about.licence]
        called = f"[{licence.title}]({licence.url})" if licence.url else licence.title
        lines.append(f"- {name}: [{about.title}]({about.url}), {about.what}. {called}. {about.attribution}.")
    return lines


def _hub(licence: str) -> str:
    return "other" if licence in _OTHER else _HUB.get(licence, licence)


_HOW = (
    "## How to read it",
    "",
    "    import datasets",
    "    datasets.load_from_disk(FOLDER)",
    "",
    "The column `wavemill` holds, as JSON, what has no column of its own; wavemill reads it with `huggingface`.",
)
