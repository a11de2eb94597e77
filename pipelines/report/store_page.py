"""StorePage: the report of a build, from what its store holds: indexes, notes, and the audio of a few recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from manifests import generation
from manifests.generation import Generation
from manifests.index import FATES
from manifests.storage import LocalStorage
from manifests.store import Store
from pipelines.report.changes import Changes, Difference, changes
from pipelines.report.decided import ACCEPTED, PASSED, PUBLISHED, decisions
from pipelines.report.drawing import columns, ticks
from pipelines.report.licences import attributions, meanings, parts
from pipelines.report.page import Block, Charts, Figure, Page, Section, Sum, Table, Text
from pipelines.report.speed import builds, throughput
from pipelines.report.spread import durations, labels, levels, listen, rates, speakers
from pipelines.report.survey import SAMPLE, Survey, survey
from pipelines.report.words import hours, number, signed, span, when
from pipelines.units import format_bytes

MOST_REASONS = 20
MOST_DIFFERENCES = 40

Note = Mapping[str, Any]


def store_page(store: Store, about: str, notes: Sequence[Note], sound: bool = True) -> Page:
    """The report of a generation, or of a candidate; `about` is its name in the store.

    `notes` are those of the last builds, the newest first, and of the one that made it. Without `sound` no shard is
    opened; where the store lies elsewhere, one of each split is fetched at most.
    """
    made = store.generation
    found = survey(store, SAMPLE if sound else 0, everywhere=isinstance(store.storage, LocalStorage))
    note = next((one for one in notes if one["name"] == made.run), None)
    candidate = about.startswith(generation.CANDIDATE)
    sections = [
        Section("Counts", _counts(store, found)),
        Section("Gates", _gates(made, note, candidate)),
        Section("Left out", _left_out(found)),
        Section("Changes", _changes(store, "this build" if candidate else f"generation {made.number}")),
        Section("Listen", listen(store, found, sound)),
        Section("Durations", durations(found)),
        Section("Levels", levels(store, found, sound)),
        Section("Sample rates", rates(found)),
        Section("Labels", labels(found)),
        Section("Speakers", speakers(found)),
        Section("Throughput", _throughput(note, notes)),
        Section("Licences", _licences(made)),
        Section("Made by", _made_by(made)),
    ]
    return Page(
        kind="wavemill build report",
        title=made.recipe,
        description=made.description,
        facts=_facts(store, found, candidate),
        verdict=_verdict(store, candidate),
        good=not candidate,
        sections=[section for section in sections if section.blocks],
        about=about,
        footer=[f"{name} {version}" for name, version in made.environment.items()],
    )


def _facts(store: Store, found: Survey, candidate: bool) -> list[str]:
    made = store.generation
    size = sum(entry.shard_bytes for entry in made.shards)
    which = "a candidate" if candidate else f"generation {made.number}"
    return [
        which,
        when(made.created),
        f"{number(sum(split.examples for split in found.splits.values()))} examples",
        f"{hours(sum(split.seconds for split in found.splits.values()))} hours",
        f"{len(made.shards)} shards, {format_bytes(size)}",
    ]


def _verdict(store: Store, candidate: bool) -> str:
    made = store.generation
    if candidate:
        return "Refused by a gate: readers do not see this build."
    newest = max(generation.numbers(store.storage), default=made.number)
    now = "the current generation" if newest == made.number else f"not the current generation, which is {newest}"
    reason = made.reason[:1].upper() + made.reason[1:] if made.reason else "Built"
    return f"{reason}: {now}."


def _counts(store: Store, found: Survey) -> list[Block]:
    terms = [(found.fate(fate), fate) for fate in FATES]
    rows = [
        [
            name,
            *(number(count) for count in (split.recordings, *(split.fates[fate] for fate in FATES), split.examples)),
            hours(split.seconds),
        ]
        for name, split in found.splits.items()
    ]
    quarantined = len(store.generation.quarantine())
    remark = f"{number(quarantined)} of those rejected brought a builder down, and are in quarantine."
    return [
        Sum((found.recordings, "recordings"), terms),
        Table("Recordings by split", ["split", "recordings", *FATES, "examples", "hours"], rows),
        *([Text(remark, quiet=True)] if quarantined else []),
    ]


def _gates(made: Generation, note: Note | None, candidate: bool) -> list[Block]:
    found = decisions(made, note)
    if not found:
        return [Text("The recipe asks for no gates.", quiet=True)]
    rows = [[one.gate, one.asked, one.outcome, one.found] for one in found]
    blocks: list[Block] = [Table("Gates", ["gate", "asked", "decision", "found"], rows, words=range(4))]
    if candidate:
        blocks.append(Text("wavemill publish accepts this build as it is.", quiet=True))
    elif any(one.outcome == ACCEPTED for one in found):
        blocks.append(Text(f"{PUBLISHED.split(',')[0].capitalize()} by hand, whatever the gates said.", quiet=True))
    elif all(one.outcome == PASSED for one in found):
        blocks.append(Text("Every gate let the build pass.", quiet=True))
    return blocks


def _left_out(found: Survey) -> list[Block]:
    reasons = list(found.left_out.with_keys())
    if not reasons:
        return [Text("No recording was filtered or rejected.", quiet=True)]
    rows = [
        [reason or "-", fate, stage or "-", number(count), ", ".join(keys)]
        for count, fate, stage, reason, keys in reasons[:MOST_REASONS]
    ]
    more = reasons[MOST_REASONS:]
    blocks: list[Block] = [
        Table("Why recordings were left out", ["why", "fate", "by", "recordings", "such as"], rows, words=(0, 1, 2, 4))
    ]
    if more:
        others = number(sum(count for count, *_ in more))
        blocks.append(Text(f"{others} more for {number(len(more))} other reasons: wavemill ledger.", quiet=True))
    return blocks


def _changes(store: Store, now: str) -> list[Block]:
    parent = store.generation.parent
    if parent is None:
        return [Text("This is the first generation.", quiet=True)]
    found = changes(store)
    if found is None:
        return [Text(f"Generation {parent}, which came before, is not there any more.", quiet=True)]
    words = (
        f"Since generation {found.number}, {number(found.added)} recordings were added, {number(found.removed)} were "
        f"removed, and {number(found.changed)} have another file, other labels, another text or another split."
    )
    blocks: list[Block] = [Text(words), _side_by_side(found, now)]
    for title, differences in (
        ("Stages and their parameters", found.stages),
        ("Other settings of the recipe", found.recipe),
        ("Libraries", found.libraries),
    ):
        if differences:
            blocks += _differences(title, differences, found.number, now)
    if not found.stages:
        blocks.append(Text("The stages and their parameters are the same.", quiet=True))
    return blocks


def _side_by_side(found: Changes, now: str) -> Table:
    rows = []
    for name, (was, there) in found.counts.items():
        if name == "seconds":
            rows.append(["hours", hours(was), hours(there), signed(round((there - was) / 3600, 2))])
        elif name == "shard_bytes":
            rows.append(["size of the shards", format_bytes(was), format_bytes(there), ""])
        else:
            rows.append([name, number(was), number(there), signed(there - was)])
    columns = ["count", f"generation {found.number}", now, "difference"]
    return Table("Counts side by side", columns, rows)


def _differences(title: str, found: Sequence[Difference], before: int, now: str) -> list[Block]:
    rows = [[one.name, one.was or "-", one.now or "-"] for one in found[:MOST_DIFFERENCES]]
    columns = ["what", f"generation {before}", now]
    more = len(found) - MOST_DIFFERENCES
    blocks: list[Block] = [Table(title, columns, rows, words=range(3), titled=True)]
    return [*blocks, Text(f"And {more} more.", quiet=True)] if more > 0 else blocks


def _throughput(note: Note | None, notes: Sequence[Note]) -> list[Block]:
    blocks: list[Block] = []
    found = throughput(note)
    if found:
        fastest = max(found.speeds)
        picture = columns(
            found.speeds, found.edges, ticks(0, found.edges[-1], 5), "Audio seconds per second, over time"
        )
        words = f"Audio seconds done in each second of the build, whose seconds are below; {number(fastest)} at most."
        blocks.append(Charts([Figure(picture, words)]))
    elif note is not None and note["decoded"] + note["copied"] == 0:
        blocks.append(Text("This build had no shard to build.", quiet=True))
    rows = [
        [
            when(one.started),
            one.outcome,
            "-" if one.generation is None else number(one.generation),
            number(one.decoded),
            number(one.copied),
            span(one.seconds),
            "-" if one.speed is None else f"{number(one.speed)} s/s",
        ]
        for one in builds(notes)
    ]
    heads = ["begun", "outcome", "generation", "decoded", "copied", "took", "audio"]
    return [*blocks, Table("The last builds", heads, rows, words=(0, 1), titled=bool(blocks))] if rows else blocks


def _licences(made: Generation) -> list[Block]:
    if not made.corpora:
        return []
    rows = [[part.title, part.how, part.licence, part.recordings, part.hours or "-"] for part in parts(made.corpora)]
    named = [[title, words, page or "-"] for title, words, page in attributions(made.corpora)]
    heads = ["corpus", "here", "licence", "recordings", "hours"]
    return [
        Table("Licences", heads, rows, words=range(3)),
        *(Text(sentence, quiet=True) for sentence in meanings(made.corpora)),
        *([Table("How to name them", ["corpus", "name", "page"], named, words=range(3), titled=True)] if named else []),
    ]


def _made_by(made: Generation) -> list[Block]:
    rows = []
    for stage in made.chain:
        ((name, parameters),) = stage.items()
        given = (f"{key} {value}" for key, value in (parameters or {}).items() if value is not None)
        rows.append([name, ", ".join(given)])
    kept = [
        [
            spec.name,
            spec.kind,
            spec.encoding,
            *("-" if value is None else f"{value:g}" for value in (spec.width, spec.rate)),
        ]
        for spec in made.arrays
    ]
    return [
        *([Table("Stages", ["stage", "parameters"], rows, words=(0, 1), titled=True)] if rows else []),
        Table(
            "What is kept of each example",
            ["array", "kind", "stored as", "width", "steps a second"],
            kept,
            (0, 1, 2),
            True,
        ),
    ]
