"""The card of a run, README.md in its folder: what the model is for, what made it, how good it is, and its limits.

After Mitchell et al., "Model Cards for Model Reporting", FAT* 2019 (https://arxiv.org/abs/1810.03993), section 4.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from manifests.credit import Credit
from manifests.spec import ArraySpec
from pipelines.report.licences import MIXED, parts
from training import checkpoint
from training.checkpoint import About
from training.initial import in_words
from training.report import write_report
from training.run_folder import RunFolder
from training.words import figures, number


def write_card(run: RunFolder) -> None:
    """Writes the card, and the page beside it, from what lies in the folder: the run, its best checkpoint, every
    evaluation.
    """
    _, about = checkpoint.read(run.best)
    reports = {path.stem.removeprefix("evaluate-"): json.loads(path.read_text("utf-8")) for path in run.evaluations()}
    run.write("README.md", card(run.facts(), about, run.epochs(), reports))
    write_report(run, about, reports)


def card(
    facts: Mapping[str, Any], about: About, epochs: list[dict[str, Any]], reports: Mapping[str, Mapping[str, Any]]
) -> str:
    """The card as Markdown."""
    config, task, environment = facts["config"], about.task["config"], facts["environment"]
    best = epochs[about.state["progress"]["epoch"]]
    chosen = _listed(figures(best, "valid_"))
    heard, *beside = (_array(spec) for spec in about.heard)
    lines = [f"# {config['name']}", "", config["description"] or f"A model of the task {task['name']}.", ""]
    lines += ["## What it is", ""]
    lines += [f"- Task: {_pairs(task)}", f"- Model: {_pairs(about.model)}; {facts['parameters']:,} parameters"]
    lines += [f"- It hears {heard}, made by: {_chain(about.chain)}"]
    lines += [f"- In training, at load: {_chain(about.stages)}"] if about.stages else []
    lines += [f"- It learnt from {', '.join(beside)} as well"] if beside else []
    lines += ["", "## What made it", ""]
    lines += [f"- Data: {facts['store']}, generation {facts['generation']}" + _where(facts["where"])]
    if facts.get("corpora"):
        lines += [f"- Corpora: {_corpora(facts['corpora'])}"]
    if "init" in facts:
        lines += [f"- It began with {in_words(facts['init'])}; what those had heard may be told from it, too"]
    lines += [f"- Chosen on {facts['valid_split']}, epoch {best['epoch']} of {len(epochs)}: {chosen}"]
    lines += [f"- Seed {facts['seed']}, {sum(e['seconds'] for e in epochs) / 60:.1f} minutes on {facts['device']}"]
    lines += [f"- {', '.join(f'{name} {version}' for name, version in environment.items())}"]
    lines += ["", "## How good it is", ""]
    if not reports:
        lines += ["Not evaluated yet: `wavemill evaluate` adds what it finds."]
    for split, report in reports.items():
        others = "" if report["weights"] == "best.safetensors" else f", by {report['weights']}"
        data = f"{report['examples']} examples of {report['store']}{_where(report['where'])}"
        lines += [f"### {split}, {data}{others}", ""]
        lines += _table(report)
    lines += ["", "## Limits", ""]
    lines += [
        "It has learnt from the data named above and says nothing of others: other languages, voices, rooms,",
        "microphones or labels. Intervals are of the split that was measured, not of the world. What was heard in",
        "training may be told from the weights: `wavemill forget` lists the runs that heard a recording.",
    ]
    return "\n".join(lines) + "\n"


def _table(report: Mapping[str, Any]) -> list[str]:
    rows = ["| figure | value | 95 % interval |", "|---|---|---|"]
    for name, value in figures(report).items():
        ends = [number(end) for end in report["intervals"].get(name, ())]
        rows.append(f"| {name} | {value} | {' to '.join(ends)} |")
    for by, groups in report.get("by", {}).items():
        rows += ["", f"| {_cell(by)} | examples | figures |", "|---|---|---|"]
        for name, found in groups.items():
            rows.append(f"| {_cell(name)} | {found['examples']} | {_listed(figures(found))} |")
    return [*rows, ""]


def _listed(shown: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in shown.items())


def _array(spec: ArraySpec) -> str:
    rate = f", {spec.rate:g} a second" if spec.rate else ""
    return f"`{spec.name}` ({spec.kind}, {spec.width} wide{rate})"


def _pairs(section: Mapping[str, Any]) -> str:
    rest = ", ".join(f"{name} {value}" for name, value in section.items() if name != "name" and value is not None)
    return f"`{section['name']}`" + (f" ({rest})" if rest else "")


def _chain(chain: list[dict[str, Any]]) -> str:
    return " > ".join(next(iter(stage)) for stage in chain)


def _corpora(credits: Sequence[Mapping[str, Any]]) -> str:
    """The corpora of the store and of the stages at load, each with its licences."""
    found: dict[tuple[str, str], list[str]] = {}
    for part in parts(map(Credit.from_json, credits)):
        found.setdefault((part.title, part.how), []).append(part.licence)
    words = (f"{title}{', mixed in' * (how == MIXED)} ({', '.join(names)})" for (title, how), names in found.items())
    return "; ".join(words)


def _where(where: str | None) -> str:
    return f", where `{where}`" if where else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
