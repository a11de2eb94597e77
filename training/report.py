"""The page of a run, report.html beside its card: its curves, how good it is and how sure of that one can be, what it
confuses, and the examples of the highest loss, to be heard where the store is still there and keeps audio.

It is made like the report of a build, by pipelines.report.page: one file that asks for nothing from outside.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from manifests.errors import ManifestError
from manifests.generation import ShardEntry
from manifests.storage import LocalStorage
from manifests.store import Store
from pipelines.report.drawing import lines
from pipelines.report.listening import clip, read_audio
from pipelines.report.page import Block, Card, Charts, Clips, Figure, Matrix, Page, Section, Table, Text, render
from pipelines.report.survey import audio_of
from pipelines.report.words import span
from training.checkpoint import About
from training.fitted import restore
from training.run_folder import RunFolder
from training.tasks.task import Answer, Task
from training.words import figures, number, who

NAME = "report.html"
CLIPS = 12
"""Examples that a page plays, of all splits together."""
MOST_CLASSES = 40
"""Of a confusion matrix that is shown."""
MOST_CHARTS = 12
PHASES = ("train_", "valid_")

Report = Mapping[str, Any]
Place = tuple[str, int, int]
"""Key, copy and part of an example."""


def write_report(run: RunFolder, about: About, reports: Mapping[str, Report]) -> None:
    """Writes the page of a run; `about` is what its best checkpoint says, `reports` are those of evaluate, by split."""
    run.write(NAME, render(run_page(run.facts(), about, run.epochs(), reports)))


def run_page(
    facts: Mapping[str, Any], about: About, epochs: list[dict[str, Any]], reports: Mapping[str, Report]
) -> Page:
    """The page of a run. `reports` are those of evaluate, by split."""
    config, best = facts["config"], epochs[about.state["progress"]["epoch"]]
    chosen = ", ".join(f"{name} {value}" for name, value in figures(best, "valid_").items())
    task, left = _task(about), CLIPS
    sections = [Section("Curves", _curves(epochs, about.state["progress"]["epoch"]))]
    for split, report in reports.items():
        shown, played = _worst(report, task, left)
        left -= played
        sections += [
            Section(f"Figures on {split}", _figures(report)),
            Section(f"Confusion on {split}", _confusion(report)),
            Section(f"Highest losses on {split}", shown),
        ]
    if not reports:
        sections.append(Section("Figures", [Text("Not evaluated yet: wavemill evaluate adds what it finds.", True)]))
    sections += [Section("Configuration", _configuration(config)), Section("Made from", _made_from(facts, about))]
    return Page(
        kind="wavemill training report",
        title=config["name"],
        description=config["description"],
        facts=[
            f"{about.task['config']['name']} with {about.model['name']}",
            f"{facts['parameters']:,} parameters",
            f"{len(epochs)} epochs in {span(sum(line['seconds'] for line in epochs))} on {facts['device']}",
            f"seed {facts['seed']}",
        ],
        verdict=f"Chosen on {facts['valid_split']}, epoch {best['epoch']} of {len(epochs)}: {chosen}.",
        good=True,
        sections=[section for section in sections if section.blocks],
        footer=[f"{name} {version}" for name, version in facts["environment"].items()],
    )


def _curves(epochs: Sequence[Mapping[str, Any]], best: int) -> list[Block]:
    """A chart for each figure: that of train and that of the split that chooses, where there are both.

    `best` is the place of the chosen epoch.
    """
    names: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for line in epochs for name in line):
        phase = next((one for one in PHASES if name.startswith(one)), None)
        if phase:
            names.setdefault(name.removeprefix(phase), []).append(name)
    places = [float(line["epoch"]) for line in epochs]
    charts = []
    for figure, columns in list(names.items())[:MOST_CHARTS]:
        legend = [(colour, phase.rstrip("_")) for colour, phase in enumerate(PHASES) if f"{phase}{figure}" in columns]
        series = {colour: [_value(line.get(f"{phase}_{figure}")) for line in epochs] for colour, phase in legend}
        if any(value is not None for values in series.values() for value in values):
            said = ", ".join(f"{phase} {number(series[colour][best])}" for colour, phase in legend)
            picture = lines(series, places, f"{figure} by epoch", "epoch")
            charts.append(Figure(picture, f"{figure}; in the chosen epoch: {said}", legend))
    return [Charts(charts)] if charts else []


def _value(found: Any) -> float | None:
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _figures(report: Report) -> list[Block]:
    others = "" if report["weights"] == "best.safetensors" else f", by {report['weights']}"
    where = f", where {report['where']}" if report["where"] else ""
    rows = []
    for name, value in figures(report).items():
        ends = [number(end) for end in report["intervals"].get(name, ())]
        rows.append([name, value, " to ".join(ends)])
    blocks: list[Block] = [
        Text(f"{report['examples']:,} examples of {report['store']}{where}{others}.", quiet=True),
        Table(f"Figures on {report['split']}", ["figure", "value", "95 % interval"], rows),
    ]
    for by, groups in report.get("by", {}).items():
        names = list(dict.fromkeys(name for found in groups.values() for name in figures(found)))
        rows = [
            [group, f"{found['examples']:,}", *(figures(found).get(name, "-") for name in names)]
            for group, found in groups.items()
        ]
        blocks.append(Table(f"By {by}", [by, "examples", *names], rows, titled=True))
    return blocks


def _confusion(report: Report) -> list[Block]:
    matrix, classes = report.get("confusion"), report.get("classes", [])
    if not matrix:
        return []
    if len(classes) > MOST_CLASSES:
        return [Text(f"It has {len(classes)} classes: evaluate-{report['split']}.json has their matrix.", quiet=True)]
    caption = (
        "How often each class (row) was answered as each class (column); the stronger the colour, the more of its row."
    )
    return [Matrix(caption, [str(name) for name in classes], matrix)]


def _worst(report: Report, task: Task | None, most: int) -> tuple[list[Block], int]:
    """The examples of the highest loss, and how many of them can be played."""
    worst: list[Answer] = report["worst"]
    if not worst:
        return [], 0
    heard = _heard(report, worst[:most])
    cards = [
        Card(who(answer), [_said(task, answer), f"loss {number(answer['loss'])}"], text, sound)
        for answer in worst
        for text, sound in [heard.get(_place(answer), (None, None))]
        if sound is not None
    ]
    rows = [[who(answer), _said(task, answer), number(answer["loss"])] for answer in worst]
    table = Table("Examples of the highest loss", ["example", "what was answered", "loss"], rows, words=(0, 1))
    if not cards:
        remark = "They cannot be heard here: the store keeps no audio, or is not where it was."
        return [table, Text(remark, quiet=True)] if most > 0 else [table], 0
    return [Clips(cards), table], len(cards)


def _heard(report: Report, answers: Sequence[Answer]) -> dict[Place, tuple[str | None, Any]]:
    """The text and the clip of each example whose audio the store still has."""
    wanted = {_place(answer) for answer in answers}
    found: dict[Place, tuple[str | None, Any]] = {}
    try:
        store = Store.open(report["store"])
        spec = audio_of(store)
        if not wanted or spec is None or not isinstance(store.storage, LocalStorage):
            return {}
        for entry, row in _rows(store, report["split"], wanted):
            place = (row["key"], row["copy"], row["part"])
            found[place] = row["text"], clip(read_audio(store.shard(entry), row, spec))
    except (ManifestError, OSError):  # a store that has moved, or was damaged since: examples are listed all the same
        return found
    return found


def _rows(store: Store, split: str, wanted: set[Place]) -> Iterator[tuple[ShardEntry, dict[str, Any]]]:
    """The index rows of some examples of a split; reading stops when all are found."""
    keys, left = pa.array(sorted({key for key, _, _ in wanted})), len(wanted)
    for entry in store.entries(split):
        table = store.index(entry)
        for row in table.filter(pc.is_in(table["key"], keys)).to_pylist():
            if (row["key"], row["copy"], row["part"]) in wanted and row["checksum"]:
                left -= 1
                yield entry, row
        if not left:
            return


def _configuration(config: Mapping[str, Any]) -> list[Block]:
    rows = [[name, value] for name, value in _flat(config) if name not in ("name", "description")]
    return [Table("Configuration", ["setting", "value"], rows, words=(0, 1))]


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Settings by their path; what is not set is left out."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif value is not None and value != [] and value != {}:
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _made_from(facts: Mapping[str, Any], about: About) -> list[Block]:
    where = f", where {facts['where']}" if facts["where"] else ""
    rows = [
        [next(iter(stage)), ", ".join(f"{key} {value}" for key, value in next(iter(stage.values())).items() if value)]
        for stage in [*about.chain, *about.stages]
    ]
    heard = ", ".join(spec.name for spec in about.heard)
    words = f"Generation {facts['generation']} of {facts['store']}{where}. It takes {heard}, made by these stages."
    return [Text(words), Table("Stages", ["stage", "parameters"], rows, words=(0, 1))]


def _task(about: About) -> Task | None:
    """The task that explains an answer; None where this version does not know it."""
    try:
        return restore(about.task)
    except (KeyError, ValueError):
        return None


def _said(task: Task | None, answer: Answer) -> str:
    return task.explain(answer) if task else ""


def _place(answer: Answer) -> Place:
    return answer["key"], answer["copy"], answer["part"]
