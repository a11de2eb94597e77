"""validate, schema, stages and corpora: what a recipe may say."""

from __future__ import annotations

from typing import Any

import click

from pipelines.commands.options import answer, read_recipe, recipe_argument, say, set_option


@click.command()
@recipe_argument
@set_option
def validate(recipe: str, overrides: tuple[str, ...]) -> None:
    """Check RECIPE. Every mistake is named at once, with file, line and column."""
    read = read_recipe(recipe, overrides)
    kept = ", ".join(f"{spec.name} ({spec.encoding})" for spec in read.arrays())
    say(f"{recipe}: sound; {' > '.join(stage.name for stage in read.stages)}; keeps {kept}")


@click.command()
def schema() -> None:
    """Print the JSON schema of a recipe, for editors that complete and check while one types."""
    from pipelines.schema import recipe_schema

    answer(recipe_schema())


@click.command()
def stages() -> None:
    """List the stages, what they do and their parameters."""
    from features.catalog import STAGES, stage_class

    for name in STAGES:
        _describe(name, stage_class(name))


@click.command()
def corpora() -> None:
    """List the corpus readers, what they read and their parameters."""
    from manifests.corpora import CORPORA, reader_class

    for name in CORPORA:
        _describe(name, reader_class(name))


def _describe(name: str, model: Any) -> None:
    """A model's first line, and a line for each of its fields."""
    click.echo(f"{name}: {(model.__doc__ or '').strip().splitlines()[0]}")
    for field_name, field in model.model_fields.items():
        default = "required" if field.is_required() else f"default {field.get_default(call_default_factory=True)!r}"
        click.echo(f"  {field.alias or field_name} ({default}): {field.description or ''}")
