"""plan and build."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.options import answer, json_option, out_option, read_recipe, recipe_argument, say, set_option

if TYPE_CHECKING:
    from pipelines.build import Summary, Watch
    from pipelines.plan import Plan
    from pipelines.task import Result

HAS_CHANGES = 10


class _Share(click.ParamType[float]):
    """A percentage, or a number from 0 to 1."""

    name = "percentage"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        from pipelines.units import parse_fraction

        try:
            return float(parse_fraction(value))
        except ValueError as error:
            self.fail(str(error), parameter, context)


def _wishes(command: Callable[..., None]) -> Callable[..., None]:
    """The options of pipelines.plan.Wishes."""
    for option in (
        click.option("--limit", type=click.IntRange(1), help="Only so many recordings, the first of the build."),
        click.option("--rebuild", is_flag=True, help="Build every shard again, whatever is there."),
        click.option("--retry-quarantined", is_flag=True, help="Touch again what brought builders down."),
        click.option("--checksum", is_flag=True, help="Read every source file; believe no modification time."),
        click.option("--refit", is_flag=True, help="Fit vocabularies, BPE models and statistics again."),
        click.option("--accept-drift", is_flag=True, help="Keep shards whose libraries gave other bits."),
        click.option("--max-rebuild", type=_Share(), help="Exit with 3 if more would be decoded again: 5%."),
    ):
        command = option(command)
    return command


@click.command()
@recipe_argument
@set_option
@out_option
@_wishes
@json_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 10 when a build would change something.")
def plan(
    recipe: str,
    overrides: tuple[str, ...],
    out: str | None,
    as_json: bool,
    detailed_exitcode: bool,
    **wishes: Any,
) -> None:
    """Say what a build of RECIPE would do, shard by shard, and why. No audio is opened."""
    from manifests.storage import open_storage
    from pipelines.build import planning
    from pipelines.cost import builder_seconds
    from pipelines.plan import Wishes

    read = read_recipe(recipe, overrides, out)
    storage = open_storage(read.store.path)
    with planning(read, Wishes(**wishes), storage=storage) as made:
        spent = builder_seconds(storage, made.cost)
        if as_json:
            answer(_planned(made, spent))
        else:
            _explain(made, spent)
    if detailed_exitcode and made.changes:
        sys.exit(HAS_CHANGES)


@click.command()
@recipe_argument
@set_option
@out_option
@click.option(
    "--workers", type=click.IntRange(1), help="Builder processes, or workers of a dask class; here one for each core."
)
@click.option(
    "--cluster",
    metavar="WHERE",
    help="inline, local, tls://host:port of a Dask scheduler, tcp:// on this machine, or package.DaskClass(a=1).",
)
@click.option("--dashboard", is_flag=True, help="Show what a local Dask does, on 127.0.0.1.")
@_wishes
@json_option
def build(
    recipe: str,
    overrides: tuple[str, ...],
    out: str | None,
    workers: int | None,
    cluster: str | None,
    dashboard: bool,
    as_json: bool,
    **wishes: Any,
) -> None:
    """Bring the store of RECIPE up to date. What is unchanged is not decoded again."""
    from pipelines.build import build as run
    from pipelines.interrupts import Interrupted, interruptible
    from pipelines.plan import Wishes

    if dashboard and cluster == "inline":
        raise click.UsageError("--dashboard shows Dask, which --cluster inline does without")
    try:
        with interruptible():
            read = read_recipe(recipe, overrides, out)
            with _progress() as watch:
                summary = run(read, cluster, workers, Wishes(**wishes), watch, dashboard)
    except Interrupted as stopped:
        say(f"{recipe}: stopped by {stopped.number.name}; finished shards are kept, and the next build goes on there")
        raise
    if as_json:
        answer(summary.to_json())
    else:
        _report(summary)


def _report(made: Summary) -> None:
    say(f"{made.store}: generation {made.generation}, {made.wall_seconds:.1f} s")
    say(
        f"  {made.recordings} recordings = {made.produced} produced + {made.filtered} filtered "
        f"+ {made.rejected} rejected; {made.examples} examples, {made.audio_seconds / 3600:.2f} h of audio"
    )
    say(
        f"  {made.decoded} decoded, {made.copied} copied; "
        f"shards: {made.shards_built} built, {made.shards_kept} kept, {made.shards_dropped} dropped"
    )
    if made.rejected:
        say(f"  what was rejected, and why: wavemill ledger {made.store}")


@contextmanager
def _progress() -> Iterator[Watch]:
    """One bar on standard error: recordings, hours of audio, rejected, time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("recordings, {task.fields[hours]:.2f} h, {task.fields[rejected]} rejected,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:

        def watch(made: Plan) -> Callable[[Result], None]:
            total = sum(planned.recordings for planned in made.build)
            line = bar.add_task("", total=total, hours=0.0, rejected=0, visible=total > 0)

            def heard(result: Result) -> None:
                fields = bar.tasks[line].fields
                hours = fields["hours"] + result.entry.seconds / 3600
                rejected = fields["rejected"] + result.entry.rejected
                bar.update(line, advance=result.entry.recordings, hours=hours, rejected=rejected)

            return heard

        yield watch


def _planned(made: Plan, spent: float | None) -> dict[str, Any]:
    shards = [
        {"split": planned.split, "recordings": planned.recordings, "reason": planned.reason, **planned.cost.to_json()}
        for planned in made.build
    ]
    return {
        "recordings": made.recordings,
        "build": shards,
        "kept": len(made.kept),
        "found": len(made.found),
        "statistics": made.statistics,
        "credits": made.credits,
        "dropped_recordings": made.dropped_recordings,
        "dropped_shards": made.dropped_shards,
        "cost": made.cost.to_json() | {"builder_seconds": None if spent is None else round(spent, 1)},
    }


def _explain(made: Plan, spent: float | None) -> None:
    from pipelines.units import format_bytes, format_duration

    for planned in made.build:
        cost = planned.cost
        click.echo(
            f"build  {planned.split:<8} {planned.recordings:>7} recordings, decodes {cost.decode:>7} "
            f"({cost.seconds / 3600:.2f} h)  {planned.reason}"
        )
    click.echo(
        f"{made.recordings} recordings: {len(made.build)} shards to build, {len(made.kept)} kept, "
        f"{len(made.found)} found from an earlier try, {made.dropped_shards} dropped"
    )
    if made.statistics:
        click.echo(f"  takes statistics of train: {', '.join(made.statistics)}")
    if made.credits:
        click.echo("  notes what is said of the corpora now: licence, attribution, page")
    if made.build:
        cost = made.cost
        requests = f", {cost.requests} requests" if cost.requests else ""
        took = "" if spent is None else f"; {format_duration(spent)} of one builder, by the last run"
        click.echo(
            f"  decodes {cost.decode} recordings, about {cost.seconds / 3600:.2f} h of audio; "
            f"reads {format_bytes(cost.read_bytes)}, keeps {format_bytes(cost.written_bytes)}{requests}{took}"
        )
