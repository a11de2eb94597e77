"""schedule and status: builds that come round by the clock, and whether they did."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from pipelines.commands.options import answer, json_option, recipe_argument, say, store_argument

STALE = 1

workers_option = click.option("--workers", type=click.IntRange(1), help="Builder processes of each build.")


class _Age(click.ParamType[int]):
    """A duration such as 26h."""

    name = "duration"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> int:
        from pipelines.units import parse_duration

        try:
            return int(parse_duration(value))
        except ValueError as error:
            self.fail(str(error), parameter, context)


@click.group()
def schedule() -> None:
    """Build recipes when their `schedule:` says so."""


@schedule.command()
@recipe_argument
@click.option("--as", "kind", type=click.Choice(["cron", "systemd", "k8s"]), required=True, help="For which scheduler.")
@click.option("--image", help="Container image with wavemill; needed for k8s.")
@workers_option
@click.option("--out", type=click.Path(file_okay=False), help="Write the units into this folder, do not print them.")
def render(recipe: str, kind: str, image: str | None, workers: int | None, out: str | None) -> None:
    """Print the schedule of RECIPE as units to install: crontab lines, systemd units, or a Kubernetes CronJob.

    The build runs in the current directory, as `wavemill build RECIPE` does here.
    """
    from pipelines.schedule.render import cron, kubernetes, systemd
    from pipelines.schedule.scheduled import ScheduledBuild

    build = ScheduledBuild.read(recipe, workers)
    if kind == "k8s":
        if not image:
            raise click.UsageError("--as k8s needs --image, the container image that has wavemill")
        units = kubernetes(build, image)
    else:
        units = {"cron": cron, "systemd": systemd}[kind](build)
    if out is None:
        parts = [f"# ==> {name}\n{text}" for name, text in units.items()] if len(units) > 1 else units.values()
        click.echo("\n".join(parts), nl=False)
        return
    Path(out).mkdir(parents=True, exist_ok=True)
    for name, text in units.items():
        path = Path(out) / name
        path.write_text(text, "utf-8")
        say(str(path))


@schedule.command()
@click.argument("recipes", nargs=-1, required=True, type=click.Path(dir_okay=False))
@workers_option
@click.option("--once", is_flag=True, help="Stop after the first build, with its exit code.")
def run(recipes: tuple[str, ...], workers: int | None, once: bool) -> None:
    """Wait, and build each of RECIPES when it is due, one at a time, until stopped by SIGTERM or Ctrl-C."""
    from pipelines.interrupts import interruptible
    from pipelines.schedule.loop import run_loop
    from pipelines.schedule.scheduled import ScheduledBuild

    builds = [ScheduledBuild.read(recipe, workers) for recipe in recipes]
    with interruptible():
        sys.exit(run_loop(builds, say, once))


@click.command()
@store_argument
@click.option("--max-age", type=_Age(), help="Exit with 1 when the newest successful build is older: 26h, 2d.")
@json_option
def status(store: str, max_age: int | None, as_json: bool) -> None:
    """Show what STORE holds, since when, and its last runs. Exits with 1 when it is stale or its last run failed."""
    import time

    from manifests.storage import open_storage
    from pipelines.status import status as look

    found = look(open_storage(store), max_age, time.time())
    if as_json:
        answer({"store": store, **found.to_json()})
    else:
        current = found.generation
        if current:
            click.echo(
                f"{store}: generation {current.number} of {current.created}, {current.count('recordings')} recordings, "
                f"{current.count('examples')} examples, {current.count('seconds') / 3600:.2f} h of audio"
            )
        for note in found.runs:
            click.echo(f"  {_line(note)}")
        for problem in found.problems:
            click.echo(f"{store}: {problem}")
    sys.exit(STALE if found.problems else 0)


def _line(note: dict[str, Any]) -> str:
    """A run in one line."""
    number = note["generation_after"] or "none"
    took = f"{sum(note['seconds'].values()):.1f} s, generation {number}, {note['decoded']} decoded"
    return f"{note['started']} {note['outcome']:<11} {took}"
