"""From a recipe and a configuration to answers, through the commands that a person types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner, Result

from pipelines.build import build
from pipelines.recipe_file import load_recipe
from tests.factories import write_lines
from training import commands


def store_of(place: Path, recipe: str, **words: object) -> Path:
    """Builds the store `place/store` by a recipe in which {root} is `place/corpus`."""
    text = recipe.format(root=place / "corpus", store=place / "store", **words)
    build(load_recipe(str(write_lines(place / "recipe.yaml", text)), ()), cluster="inline")
    return place / "store"


def run(command: click.Command, *arguments: object) -> Result:
    """What became of a command; an error that it raises is raised."""
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


def answer_of(command: click.Command, *arguments: object) -> dict[str, Any]:
    """The JSON that a command answers."""
    result = run(command, *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout, parse_constant=_no_json)
    return found


def train(place: Path, config: str, *more: object) -> tuple[Path, dict[str, Any]]:
    """Trains `place/run` on the store of `place`: the folder of the run, and what the command answers."""
    path, out = write_lines(place / "config.yaml", config), place / "run"
    return out, answer_of(commands.train, path, "--store", place / "store", "--out", out, *more)


def evaluate(place: Path, *more: object) -> dict[str, Any]:
    """What evaluate answers of `place/run` and the store of `place`."""
    return answer_of(commands.evaluate, place / "run", "--store", place / "store", *more)


def _no_json(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")
