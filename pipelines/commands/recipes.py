"""validate, schema and stages: what a recipe may say."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from pipelines.commands.options import answer, json_option, read_recipe, recipe_argument, say, set_option

if TYPE_CHECKING:
    from features.manual import Page


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
@click.argument("name", required=False)
@json_option
def stages(name: str | None, as_json: bool) -> None:
    """List the stages by what they are for; with NAME, say all about one: parameters, shapes, an example."""
    from features import catalog, manual
    from pipelines.wording import suggest

    if name is None:
        found = manual.contents()
        if as_json:
            answer(found)
            return
        for group, lines in found.items():
            click.echo(f"{manual.GROUPS[group]}\n")
            click.echo("".join(f"  {one:<22}{text}\n" for one, text in lines.items()))
        click.echo("`wavemill stages NAME` says more about one.")
        return
    if name not in catalog.STAGES:
        raise click.BadParameter(f"there is no stage {name!r}{suggest(name, catalog.STAGES)}")
    page = manual.page(name)
    answer(asdict(page)) if as_json else click.echo(_page(page))


def _page(page: Page) -> str:
    """All about one stage, for a terminal."""
    lines = [f"{page.name}: {page.why}", "", page.gives, "", f"reads   {page.reads}", f"writes  {page.writes}"]
    lines += ["streams" if page.streams else "does not stream", "", "Parameters", ""]
    for one in page.parameters:
        default = "required" if one.default is None else f"default {one.default}"
        lines += [f"  {one.name} ({default}; {one.values})", f"      {one.about}"]
    return "\n".join([*lines, "", "Example", "", page.recipe, *(["", page.source] if page.source else [])])
