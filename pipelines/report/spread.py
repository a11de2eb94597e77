"""Spread: how recordings are spread over durations, levels, rates, labels and speakers; and a few of them to hear."""

from __future__ import annotations

import numpy as np

from manifests.errors import ManifestError
from manifests.generation import labels_of
from manifests.index import PRODUCED
from manifests.storage import LocalStorage
from manifests.store import Store
from pipelines.gates.gate import share
from pipelines.report.drawing import bar, columns, duration_ticks, ticks
from pipelines.report.levels import measure
from pipelines.report.listening import LONGEST_SECONDS, clip, read_audio
from pipelines.report.page import Block, Card, Charts, Clips, Figure, Table, Text
from pipelines.report.survey import Sampled, Survey, audio_of
from pipelines.report.tally import MOST_VALUES, Tally
from pipelines.report.tally import columns as in_columns
from pipelines.report.words import number, span

CLIPS = 12
COMMONEST = 20
"""Values of a label, and speakers, that a page lists."""
MOST_LABELS = 12
"""Labels that a page has a table of."""
RATES = 12
LEVEL_STEP_DB, LOWEST_DB = 2.0, -60.0


def durations(found: Survey) -> list[Block]:
    """A histogram for each split, all over the same axis, and the figures."""
    there = {name: split.durations for name, split in found.splits.items() if split.durations.count}
    heights, edges = in_columns(list(there.values()))
    if not edges:
        return []
    x = duration_ticks(edges[0], edges[-1])
    figures = [
        Figure(
            columns(counts, edges, x, f"Durations of the recordings of {name}", log=True),
            f"{name}: {number(there[name].count)} recordings, half of them below {span(there[name].quantile(0.5))}",
        )
        for name, counts in zip(there, heights, strict=True)
    ]
    rows = [
        [name, *map(span, (one.lowest, *map(one.quantile, (0.05, 0.5, 0.95)), one.highest, one.total / one.count))]
        for name, one in there.items()
    ]
    heads = ["split", "shortest", "5 % below", "median", "95 % below", "longest", "mean"]
    return [Charts(figures), Table("Durations by split", heads, rows)]


def levels(store: Store, found: Survey, sound: bool) -> list[Block]:
    """RMS and peak of a sample of each split, in dB of full scale, and how many recordings are clipped."""
    spec = audio_of(store)
    if spec is None:
        return [Text("The store keeps no audio, so levels are not known.", quiet=True)]
    if not sound:
        return [Text(f"Not taken: the shards of {store.storage.root} are not here; wavemill report takes them.", True)]
    taken = {name: measure(store, split.sample, spec) for name, split in found.splits.items()}
    taken = {name: one for name, one in taken.items() if one.count}
    if not taken:
        return []
    rows = [
        [
            name,
            f"{number(one.count)} of {number(found.splits[name].fates[PRODUCED])}",
            *(f"{np.median(values):.1f}" for values in (one.rms_db, one.peak_db)),
            f"{max(one.peak_db):.1f}",
            share(one.clipped, one.count),
        ]
        for name, one in taken.items()
    ]
    heads = ["split", "sampled", "RMS, median", "peak, median", "highest peak", "clipped"]
    figures = [
        _levels_figure(what, [value for one in taken.values() for value in getattr(one, name)])
        for name, what in (("rms_db", "RMS"), ("peak_db", "Peak"))
    ]
    total = sum(one.count for one in taken.values())
    where = "" if isinstance(store.storage, LocalStorage) else " of the first shard of each split"
    words = (
        f"Of {number(total)} sampled recordings{where}, as the store keeps them, the first {LONGEST_SECONDS:g} s of "
        "each; in dB of full scale. One is clipped where three samples in a row stand at full scale."
    )
    return [Charts(figures), Table("Levels by split", heads, rows), Text(words, quiet=True)]


def _levels_figure(what: str, values: list[float]) -> Figure:
    edges = np.arange(LOWEST_DB, LEVEL_STEP_DB / 2, LEVEL_STEP_DB)
    counts, _ = np.histogram(np.clip(values, LOWEST_DB, -1e-9), edges)
    picture = columns(counts.tolist(), edges.tolist(), ticks(LOWEST_DB, 0, 6), f"{what} of the sampled recordings")
    return Figure(picture, f"{what} in dB of full scale; what is below {LOWEST_DB:g} is counted there")


def rates(found: Survey) -> list[Block]:
    """The sample rates of the sources, by split."""
    return [_tally_table("Sample rate of the source, Hz", found.rates, found, RATES)] if len(found.rates) else []


def labels(found: Survey) -> list[Block]:
    """A table for each label, the commonest values first."""
    blocks: list[Block] = []
    for name, tally in sorted(found.labels.items())[:MOST_LABELS]:
        blocks.append(_tally_table(name, tally, found, COMMONEST, titled=True))
        blocks += _others(tally, "values")
    more = len(found.labels) - MOST_LABELS
    return [*blocks, Text(f"And {more} more labels.", quiet=True)] if more > 0 else blocks


def speakers(found: Survey) -> list[Block]:
    """How many there are by split, and the share of the one who says most."""
    if not len(found.speakers):
        return [Text("No recording names a speaker.", quiet=True)]
    rows = []
    for name, split in found.splits.items():
        largest, known = found.speakers.largest(name), found.speakers.total(name)
        if largest:
            unknown = split.fates[PRODUCED] - known
            part = share(largest[1], known)
            rows.append([name, number(found.speakers.different(name)), largest[0], part, number(unknown)])
    heads = ["split", "speakers", "the largest", "its share", "recordings of nobody named"]
    counts: list[Block] = [Table("Speakers by split", heads, rows, words=(0, 2))]
    return [*counts, _tally_table("speaker", found.speakers, found, COMMONEST), *_others(found.speakers, "speakers")]


def listen(store: Store, found: Survey, sound: bool) -> list[Block]:
    """A dozen recordings, of train before other splits, those of the lowest hash."""
    spec = audio_of(store)
    if spec is None:
        return [Text("The store keeps no audio to hear.", quiet=True)]
    if not sound:
        return []
    cards: list[Card] = []
    for name, one in chosen(found):
        try:
            audio = read_audio(store.shard(one.entry), one.row, spec)
        except ManifestError:  # verify speaks of damage
            continue
        cards.append(Card(one.row["key"], _about(name, one), one.row["text"], clip(audio)))
    words = (
        "Chosen by chance, the same ones in each report of these recordings; played no louder than -3 dB of full scale."
    )
    return [Clips(cards), Text(words, quiet=True)] if cards else []


def chosen(found: Survey) -> list[tuple[str, Sampled]]:
    """The recordings to hear, each with its split."""
    return [(name, one) for name, split in found.splits.items() for one in split.sample][:CLIPS]


def _about(split: str, one: Sampled) -> list[str]:
    row = one.row
    facts = [split, span(row["seconds"])] if row["seconds"] else [split]
    named = [f"{name} {value}" for name, value in labels_of(row).items()]
    return [*facts, *([f"speaker {row['speaker']}"] if row["speaker"] else []), *named]


def _tally_table(caption: str, tally: Tally, found: Survey, most: int, titled: bool = False) -> Table:
    """Values by split, with their share of all splits, and a bar that is as long as it is for the commonest."""
    largest = next(iter(tally.commonest(1)), ("", {"": 1}))[1]
    splits = [name for name in found.splits if tally.total(name)]
    whole = sum(tally.total(name) for name in splits) or 1
    rows = []
    for value, counts in tally.commonest(most):
        count = sum(counts.values())
        each = [number(counts.get(name, 0)) for name in splits]
        rows.append([value, *each, share(count, whole), bar(count / sum(largest.values()))])
    columns = ["value", *splits, "share", "against the commonest"]
    return Table(caption, columns, rows, titled=titled)


def _others(tally: Tally, noun: str) -> list[Block]:
    others = tally.others(COMMONEST)
    more = f"more than {number(MOST_VALUES - COMMONEST)}" if tally.full else number(others)
    return [Text(f"And {more} other {noun}.", quiet=True)] if others else []
