"""ledger, ls and inspect: what is in a store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from pipelines.commands.options import answer, json_option, store_argument

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
@json_option
def inspect(store: str, key: str, as_json: bool) -> None:
    """Show the examples of STORE that came of the recording KEY, and what was drawn for them."""
    from manifests.errors import StoreError

    found = [row for row in _rows(store, None, None, produced=False) if row["key"] == key]
    if not found:
        raise StoreError(f"{store}: no recording {key!r}; wavemill ls {store} lists them")
    if as_json:
        answer({"examples": found})
        return
    for row in found:
        click.echo(f"{row['key']}{_copy(row)}")
        for name, value in row.items():
            if name != "key":
                click.echo(f"  {name}: {value}")


def _rows(store: str, split: str | None, where: str | None, produced: bool = True) -> Iterator[dict[str, Any]]:
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
            if not produced or row["fate"] == PRODUCED:
                yield described(row)


def _copy(row: dict[str, Any]) -> str:
    return f" (copy {row['copy']})" if row["copy"] else ""
