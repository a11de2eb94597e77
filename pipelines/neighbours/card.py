"""Card: the README.md of an exported dataset, with the front matter that Hugging Face's hub reads."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pipelines.credits import declared
from pipelines.data_card import hub_licence, linked, plain
from pipelines.neighbours.outgoing import Outgoing
from pipelines.report.licences import licence_url, licence_words


def card(outgoing: Outgoing, counts: Mapping[str, int]) -> str:
    """The card, in Markdown; `counts` says how many rows each split has."""
    recipe = outgoing.recipe
    said = (credit for name in outgoing.readers for credit in declared(name, recipe.corpora[name]))
    licences = list(dict.fromkeys(hub_licence(credit.licence) for credit in said))
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
        for credit in declared(name, outgoing.recipe.corpora[name]):
            title, called = linked(credit.title or "", credit.url), "Its licence is not known here, ask its publishers"
            if credit.licence is not None:
                called = linked(licence_words(credit.licence), licence_url(credit.licence))
            said = [title or f"read by `{reader.name}`", called, plain(credit.attribution or "")]
            lines.append(f"- {credit.corpus}: {'. '.join(filter(None, said))}.")
    return lines


_HOW = (
    "## How to read it",
    "",
    "    import datasets",
    "    datasets.load_from_disk(FOLDER)",
    "",
    "The column `wavemill` holds, as JSON, what has no column of its own; wavemill reads it with `huggingface`.",
)
