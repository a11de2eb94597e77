"""gates: what a recipe's gates say of its store as it is."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import click

from pipelines.commands.options import answer, json_option, out_option, read_recipe, recipe_argument, say, set_option


@click.command()
@recipe_argument
@set_option
@out_option
@json_option
def gates(recipe: str, overrides: tuple[str, ...], out: str | None, as_json: bool) -> None:
    """Hold the store of RECIPE, as it is, against the recipe's gates; nothing is built or changed.

    Exits with 3 when a gate fails. max_dropped is left to builds: it compares the store with its sources.
    """
    from manifests.store import Store
    from pipelines.errors import GateError
    from pipelines.gates.checking import problems

    read: Any = read_recipe(recipe, overrides, out)
    store, asked = Store.open(read.store.path), read.gates.of_generation()
    found = problems(asked, store)
    if as_json:
        told = [asdict(problem) for problem in found]
        answer({"generation": store.generation.number, "gates": len(asked), "problems": told})
    else:
        for problem in found:
            click.echo(str(problem))
        say(f"{read.store.path}: generation {store.generation.number}; {len(asked)} gates, {len(found)} refuse it")
    sys.exit(GateError.exit_code if found else 0)
