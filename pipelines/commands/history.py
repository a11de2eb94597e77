"""publish, rollback and tag: which generation readers see, and which ones stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipelines.commands.options import answer, holding, json_option, say, store_argument

if TYPE_CHECKING:
    from manifests.generation import Generation


@click.command()
@store_argument
@click.argument("candidate", required=False)
@json_option
def publish(store: str, candidate: str | None, as_json: bool) -> None:
    """Accept what a gate refused: make the candidate of STORE its current generation, without building again."""
    from pipelines.history import publish as run

    with holding(store) as storage:
        made = run(storage, candidate)
    _report(store, made, as_json)


@click.command()
@store_argument
@click.argument("generation", required=False, type=int)
@json_option
def rollback(store: str, generation: int | None, as_json: bool) -> None:
    """Make an older generation of STORE current again, by default the one before.

    A new generation repeats the old one; nothing is removed, and readers of any generation go on. The next build
    follows the sources again.
    """
    from pipelines.history import rollback as run

    with holding(store) as storage:
        made = run(storage, generation)
    _report(store, made, as_json)


@click.command()
@store_argument
@click.argument("name", required=False)
@click.argument("generation", required=False, type=int)
@click.option("--delete", is_flag=True, help="Take the tag away.")
@json_option
def tag(store: str, name: str | None, generation: int | None, delete: bool, as_json: bool) -> None:
    """Name a generation of STORE, by default the current one, so that gc keeps it. Without NAME, list the tags."""
    from pipelines.history import tag as run
    from pipelines.history import tags, untag

    with holding(store) as storage:
        if name is not None and delete:
            untag(storage, name)
        elif name is not None:
            run(storage, name, generation)
        found = tags(storage)
    if as_json:
        answer({"tags": found})
        return
    for known, number in found.items():
        click.echo(f"{known}  generation {number}")


def _report(store: str, made: Generation, as_json: bool) -> None:
    if as_json:
        answer({"generation": made.number, "reason": made.reason})
    say(f"{store}: generation {made.number}, {made.reason}")
