"""Options and output that commands share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from manifests.storage import Storage

recipe_argument = click.argument("recipe", type=click.Path(dir_okay=False))
store_argument = click.argument("store", type=click.Path())
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
set_option = click.option(
    "--set", "overrides", multiple=True, metavar="A.B=VALUE", help="Override a value of the recipe; may be repeated."
)
out_option = click.option("--out", type=click.Path(), help="Folder of the store, instead of the recipe's store.path.")


def read_recipe(path: str, overrides: tuple[str, ...], out: str | None = None) -> Any:
    """The recipe, with what the command line overrides."""
    from pipelines.recipe_file import load_recipe

    if out is not None:
        overrides = (*overrides, f"store.path={json.dumps(out)}")
    return load_recipe(path, overrides)


def quantity(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """A callback for options whose values are written with a unit; `parse` is of pipelines.units."""

    def callback(context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
        try:
            return None if value is None else parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return callback


@contextmanager
def holding(store: str) -> Iterator[Storage]:
    """The storage of a store that is there, and its lock; StoreError, LockedError."""
    from manifests import generation
    from manifests.storage import open_storage
    from pipelines.lock import locked

    storage = open_storage(store)
    if not generation.numbers(storage) and not generation.candidates(storage):
        generation.load(storage)
    with locked(store, alone=True):
        yield storage


def say(text: str = "") -> None:
    """A line for a person; standard output belongs to --json and to what was asked for."""
    click.echo(text, err=True)


def answer(value: Any) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))
