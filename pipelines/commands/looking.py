"""ledger, ls and inspect: what is in a store."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.options import answer, json_option, say, store_argument

if TYPE_CHECKING:
    from manifests.generation import ShardEntry
    from manifests.store import Store

where_option = click.option(
    "--where", metavar="EXPR", help="Only rows like these: \"speaker == 'theo' and seconds < 2\"."
)


@click.command()
@store_argument
@click.option("-n", "--lines", default=20, show_default=True, help="How many reasons and left-out recordings to list.")
@json_option
def ledger(store: str, lines: int, as_json: bool) -> None:
    """What became of every recording of STORE: produced, filtered or rejected, and why."""
    from manifests.store import Store
    from pipelines.ledger import read_ledger

    found = read_ledger(Store.open(store))
    if as_json:
        answer(found.to_json())
        return
    for split, counts in sorted(found.counts.items()):
        total = sum(counts.values())
        rest = f"{counts['filtered']} filtered + {counts['rejected']} rejected"
        click.echo(f"{split:<8} {total:>7} recordings = {counts['produced']} produced + {rest}")
    reasons = list(found.reasons)
    for count, fate, stage, reason in reasons[:lines]:
        click.echo(f"  {count:>6} {fate} by {stage}: {reason}")
    if len(reasons) > lines:
        click.echo(f"  {sum(count for count, *_ in reasons[lines:]):>6} for {len(reasons) - lines} other reasons")
    for row in found.left_out[:lines]:
        click.echo(f"  {row['key']}: {row['stage']}: {row['reason']}")
    if len(found.left_out) > lines:
        click.echo(f"  .. and {len(found.left_out) - lines} more (-n {len(found.left_out)} lists them)")
    if found.quarantined:
        click.echo(
            f"{found.quarantined} in quarantine: they brought a builder down, and are left alone until they change "
            "(or build with --retry-quarantined)"
        )


@click.command()
@store_argument
@click.option("--split", help="Only this split.")
@where_option
@click.option("-n", "--lines", default=50, show_default=True, help="How many examples to list.")
@json_option
def ls(store: str, split: str | None, where: str | None, lines: int, as_json: bool) -> None:
    """List the examples of STORE."""
    from itertools import islice

    found = list(islice(_rows(store, split, where), lines))
    if as_json:
        answer({"examples": found})
        return
    for row in found:
        labels = " ".join(f"{name}={value}" for name, value in row["labels"].items())
        click.echo(f"{row['split']:<8} {row.get('seconds') or 0:7.2f} s  {row['key']}{_copy(row)}  {labels}")


@click.command()
@store_argument
@click.argument("key")
@click.option("--copy", type=int, help="Only this copy; 0 is the recording as it is.")
@click.option("--part", type=int, help="Only this part, where a stage made several of it.")
@click.option("--array", metavar="NAME", help="Draw and write only this array.")
@click.option("--draw/--no-draw", default=None, help="Draw the arrays; by default where the output is a terminal.")
@click.option("--out", type=click.Path(file_okay=False), help="Folder for PNG, WAV and JSON of each example.")
@json_option
def inspect(
    store: str,
    key: str,
    copy: int | None,
    part: int | None,
    array: str | None,
    draw: bool | None,
    out: str | None,
    as_json: bool,
) -> None:
    """Show the examples of STORE that came of the recording KEY, and what was drawn for them.

    Of several, the first is drawn; --copy and --part choose another one. Colours are as NO_COLOR and COLORTERM say.
    """
    from manifests.index import PRODUCED
    from manifests.store import Store
    from pipelines.ledger import described
    from pipelines.showing.stored import find, require

    opened = Store.open(store)
    if array is not None:
        opened.array(array)
    entry, rows = find(opened, key)
    chosen = require(store, rows, copy, part)
    shown = [described(row, opened.generation.corpora) for row in chosen]
    if as_json:
        answer({"examples": shown})
    else:
        _print(shown)
    produced = [row for row in chosen if row["fate"] == PRODUCED]
    if produced and not as_json and (draw or (draw is None and sys.stdout.isatty())):
        _draw(opened, entry, produced, array)
    for row in produced if out is not None else ():
        _write(opened, entry, row, array, str(out))


def _print(rows: list[dict[str, Any]]) -> None:
    """Index rows as they were described, for a person."""
    from pipelines.showing.terminal import plain

    for row in rows:
        click.echo(f"{plain(row['key'])}{_copy(row)}")
        for name, value in row.items():
            if name != "key":
                click.echo(f"  {plain(name)}: {plain(value)}")


def _draw(store: Store, entry: ShardEntry, rows: list[dict[str, Any]], array: str | None) -> None:
    """The first of some examples, in characters."""
    from pipelines.showing.blocks import colour_depth
    from pipelines.showing.meanings import Meanings
    from pipelines.showing.stored import read
    from pipelines.showing.terminal import draw_example

    width = shutil.get_terminal_size().columns
    example = read(store, entry, rows[0])
    for line in draw_example(example, Meanings(store.generation), width, colour_depth(os.environ), array):
        click.echo(line, color=True)
    if len(rows) > 1:
        click.echo(f".. and {len(rows) - 1} more; --copy and --part choose which is drawn")


def _write(store: Store, entry: ShardEntry, row: dict[str, Any], array: str | None, out: str) -> None:
    from pipelines.ledger import described
    from pipelines.showing.files import write_example
    from pipelines.showing.stored import read

    for path in write_example(Path(out), read(store, entry, row), described(row, store.generation.corpora), array):
        say(f"wrote {path}")


def _rows(store: str, split: str | None, where: str | None) -> Iterator[dict[str, Any]]:
    """The index rows of a store as a person reads them."""
    import pyarrow as pa

    from manifests.index import PRODUCED
    from manifests.store import Store
    from manifests.where import Where, label_names
    from pipelines.ledger import described

    opened, wanted = Store.open(store), Where(where) if where else None
    entries = opened.entries(split) if split else opened.generation.shards
    if wanted and wanted.labels:
        wanted.require(set().union(*(label_names(opened.index(entry, ["labels"])) for entry in entries)))
    for entry in entries:
        table = opened.index(entry)
        for row in (table.filter(pa.array(wanted.mask(table))) if wanted else table).to_pylist():
            if row["fate"] == PRODUCED:
                yield described(row)


def _copy(row: dict[str, Any]) -> str:
    return f" (copy {row['copy']})" if row["copy"] else ""
