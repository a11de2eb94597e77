"""The data card of a store, its README.md: what it holds and of whom, what may be done with it, how it was made.

After Gebru et al., "Datasheets for Datasets", CACM 64(12), 2021 (https://arxiv.org/abs/1803.09010), in the form of
Hugging Face's dataset cards: the head, in YAML, has licence, language, tasks, and the files of each split.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from manifests.credit import Credit
from manifests.generation import Generation
from manifests.splits import TRAIN
from pipelines.report.licences import address, attributions, licences_of, meanings, parts

TASKS = {
    "phonemes": "text-to-speech",
    "bpe": "automatic-speech-recognition",
    "characters": "automatic-speech-recognition",
    "frame_targets": "audio-classification",
}
"""What a stage tells of the task, in the words of Hugging Face."""

_HUB = re.compile(r"cc0-1\.0|cc-by-[234]\.\d|cc-by-(sa|nc)-[34]\.0|cc-by-nc-2\.0|cc-by-nd-4\.0|cc-by-nc-nd-[34]\.0|"
                  r"cc-by-nc-sa-[234]\.0|mit|apache-2\.0|bsd-3-clause")  # fmt: skip
"""Licences that go by the same name there."""
_OTHER_NAMES = {"odbl-1.0": "odbl", None: "unknown"}
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def data_card(made: Generation) -> str:
    """The card of a generation, as Markdown."""
    lines = ["---", *_head(made), "---", "", f"# {made.recipe}", "", made.description, ""]
    lines += _counts(made)
    lines += ["", "## What is kept of each example", "", "| array | kind | stored as | width | steps a second |"]
    lines += ["|---|---|---|---|---|"]
    lines += [
        f"| {spec.name} | {spec.kind} | {spec.encoding} | {_figure(spec.width)} | {_figure(spec.rate)} |"
        for spec in made.arrays
    ]
    lines += ["", "## How it was made", ""]
    stages = " > ".join(next(iter(stage)) for stage in made.chain)
    lines += [f"`{stages}`, every parameter of which stands in `recipe.yaml`, by the command", ""]
    lines += [f"    {_command(made)}", ""]
    lines += _licences(made.corpora)
    lines += ["## How to read it", "", "With wavemill:", ""]
    split = TRAIN if TRAIN in _splits(made) else _splits(made)[0]
    lines += [f'    for batch in wavemill.load("path/to/this/folder", split="{split}", batch_size=32): ...', ""]
    lines += ["or with Hugging Face datasets, which reads the list at the top of this file:", ""]
    lines += ['    datasets.load_dataset("path/to/this/folder")']
    return "\n".join(lines) + "\n"


def hub_licence(name: str | None) -> str:
    """A licence by the name that Hugging Face has for it, `other` where it has none.

    >>> hub_licence("cc-by-4.0"), hub_licence("odbl-1.0"), hub_licence("research"), hub_licence(None)
    ('cc-by-4.0', 'odbl', 'other', 'unknown')
    """
    return name if name and _HUB.fullmatch(name) else _OTHER_NAMES.get(name, "other")


def _head(made: Generation) -> Iterator[str]:
    licences = licences_of(made.corpora)
    hub = sorted({hub_licence(name) for name in licences})
    yield from _listed("license", hub)
    if hub == ["other"]:
        yield f"license_name: {json.dumps(', '.join(str(name) for name in licences))}"
    parameters = [value for stage in made.chain for value in stage.values() if value]
    languages = {str(value["language"]).partition("-")[0] for value in parameters if value.get("language")}
    yield from _listed("language", sorted(one for one in languages if _LANGUAGE.fullmatch(one)))
    yield from _listed("task_categories", _tasks(made))
    yield "configs:"
    yield "- config_name: default"
    yield "  data_files:"
    for split in _splits(made):
        yield f"  - split: {split}"
        yield "    path:"
        for entry in made.shards:
            if entry.shard and entry.split == split:
                yield f"    - {json.dumps(entry.shard)}"


def _tasks(made: Generation) -> list[str]:
    found = {TASKS[name] for stage in made.chain for name in stage if name in TASKS}
    if made.labels:
        found.add("audio-classification")
    if sum(spec.kind == "audio" for spec in made.arrays) > 1:
        found.add("audio-to-audio")
    return sorted(found)


def _listed(name: str, values: Sequence[str]) -> Iterator[str]:
    if values:
        yield f"{name}:"
        yield from (f"- {json.dumps(value)}" for value in values)


def _counts(made: Generation) -> Iterator[str]:
    hours = made.count("seconds") / 3600
    yield (
        f"A feature store built by wavemill: generation {made.number}, {made.count('examples')} examples of "
        f"{made.count('recordings')} recordings,"
    )
    yield f"{hours:.2f} hours of audio. `generations/` says what is current, `index/` what became of each recording."
    yield from ("", "| split | shards | recordings | examples | hours |", "|---|---|---|---|---|")
    for split in made.splits():
        own = [entry for entry in made.shards if entry.split == split]
        counts = (sum(getattr(entry, name) for entry in own) for name in ("recordings", "examples"))
        shards = sum(entry.shard is not None for entry in own)
        cells = [split, shards, *counts, f"{sum(entry.seconds for entry in own) / 3600:.2f}"]
        yield f"| {' | '.join(map(str, cells))} |"


def _licences(credits: Sequence[Credit]) -> Iterator[str]:
    if not credits:
        return
    yield from ("## Whose recordings these are", "")
    yield from ("| corpus | here | licence | recordings | hours |", "|---|---|---|---|---|")
    for part in parts(credits):
        title = linked(part.title, part.page)
        licence = linked(part.licence, part.url)
        yield f"| {title} | {part.how} | {licence} | {part.recordings} | {part.hours} |"
    yield ""
    named = attributions(credits)
    if named:
        yield from ("Name them as their publishers ask, wherever you use this store or what comes of it:", "")
        yield from (f"- {linked(title, page)}: {plain(words)}" for title, words, page in named)
        yield ""
    yield from (f"- {sentence}" for sentence in meanings(credits))
    yield "- A recording that brings a licence or a source of its own has it in the column `extra` of the index."
    yield ""


def _command(made: Generation) -> str:
    variables = dict.fromkeys(_VARIABLE.findall(made.recipe_text))
    return " ".join([*(f"{name}=.." for name in variables), "wavemill build recipe.yaml --out path/to/this/folder"])


def _splits(made: Generation) -> list[str]:
    return sorted({entry.split for entry in made.shards if entry.shard}) or ["train"]


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def linked(words: str, url: str | None) -> str:
    """Words of others as a link, where there is an address that a page may link to."""
    url = address(url)
    return f"[{plain(words)}]({url})" if url else plain(words)


def plain(words: str) -> str:
    """Words of others in one line of Markdown, where nothing of them is markup."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(words.split()))
