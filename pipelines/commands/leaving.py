"""manifest: a recipe's recordings, for another toolkit."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.options import answer, json_option, read_recipe, recipe_argument, say, set_option

FORMATS = ("jsonl", "csv", "kaldi", "espnet", "lhotse", "nemo", "datasets")


@click.command()
@recipe_argument
@click.argument("out", type=click.Path())
@click.option("--to", "format", type=click.Choice(FORMATS), required=True, help="Whose manifest.")
@set_option
@json_option
def manifest(recipe: str, out: str, format: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Write the recordings of RECIPE's sources to OUT, as the manifest of another toolkit.

    Texts, speakers, spans, labels and the recipe's splits go along. jsonl and csv are one file, the others a new
    folder; datasets holds the audio too, the others name its files. The reader of the same name reads it again.
    """
    from pipelines.neighbours import write
    from pipelines.neighbours.outgoing import Outgoing

    count = write(format, Outgoing(read_recipe(recipe, overrides)), Path(out))
    if as_json:
        answer({"out": out, "to": format, "recordings": count})
    say(f"{out}: {count:,} recordings for {format}")
