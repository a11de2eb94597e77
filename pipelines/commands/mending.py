"""verify and repair: is a store what was written, and what to do when it is not."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from pipelines.commands.options import answer, holding, json_option, quantity, say, set_option, store_argument
from pipelines.units import parse_fraction

DAY = 86_400
everything_option = click.option(
    "--all-generations", "everything", is_flag=True, help="Every generation and candidate, and unfinished work."
)


@click.command()
@store_argument
@everything_option
@click.option(
    "--share",
    callback=quantity(parse_fraction),
    metavar="PERCENT",
    default="100%",
    help="Only so much of the shards: with 10%, others every day, and all in ten days.",
)
@click.option("--seed", type=int, help="Which share; by default today's. Seeds in a row go round.")
@json_option
def verify(store: str, everything: bool, share: float, seed: int | None, as_json: bool) -> None:
    """Check every byte of STORE's current generation (or STORE@N), and its small files, against their digests."""
    from manifests.store import parse_address
    from pipelines.units import format_bytes
    from pipelines.verify import verify as run

    storage, number = parse_address(store)
    began = time.monotonic()
    report = run(storage, number, everything, share, int(time.time() // DAY) if seed is None else seed)
    seconds = time.monotonic() - began
    if as_json:
        damaged = [_described(damage) for damage in report.damages]
        counts = {"shards": report.shards, "bytes": report.bytes, "seconds": round(seconds, 3)}
        answer({"generations": report.generations, **counts, "damaged": damaged})
    else:
        for damage in report.damages:
            click.echo(damage)
        which = ", ".join(map(str, report.generations)) or "none that can be read"
        speed = f"{format_bytes(report.bytes)} in {seconds:.1f} s"
        say(f"{store}: generation {which}; {report.shards} shards, {speed}; {len(report.damages)} damaged files")
    sys.exit(1 if report.damages else 0)


@click.command()
@store_argument
@everything_option
@click.option("--recipe", type=click.Path(dir_okay=False), help="Instead of the recipe that the store keeps.")
@set_option
@click.option("--drop", is_flag=True, help="Leave out of a new generation what cannot be made again.")
@click.option("--workers", type=click.IntRange(1), help="Builder processes; by default one for each core.")
@json_option
def repair(
    store: str,
    everything: bool,
    recipe: str | None,
    overrides: tuple[str, ...],
    drop: bool,
    workers: int | None,
    as_json: bool,
) -> None:
    """Make what is damaged of STORE again, bit by bit as it was, and nothing else.

    Damaged rows are decoded again by the recipe that the store keeps, with the environment variables of the
    build; the others are copied. Damaged files are kept below damaged/ until gc. A recipe with plugins, or whose
    corpora have moved since, is named with --recipe.
    """
    from pipelines.repair import repair as run

    with holding(store) as storage:
        made = run(storage, recipe, overrides, everything, drop, workers)
    if as_json:
        counts = {"shards": made.shards, "decoded": made.decoded, "copied": made.copied}
        left = [_described(damage) for damage in made.left]
        answer({"mended": made.files, **counts, "left": left, "generation": made.generation})
    else:
        for name in made.files:
            click.echo(f"mended {name}")
        for damage in made.left:
            click.echo(damage)
        say(f"{store}: {len(made.files)} files mended, {made.decoded} recordings decoded, {made.copied} copied")
    if made.generation is not None:
        say(f"{store}: generation {made.generation} leaves out what is left; build it anew with its recipe")
    sys.exit(1 if made.left and made.generation is None else 0)


def _described(damage: Any) -> dict[str, str]:
    return {"file": damage.name, "problem": damage.problem, "remedy": damage.remedy}
