"""try: look and listen before building."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.options import read_recipe, recipe_argument, set_option

if TYPE_CHECKING:
    from pipelines.trying import Walk


@click.command("try")
@recipe_argument
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@set_option
@click.option("-n", "count", default=5, show_default=True, help="How many recordings of the sources to walk.")
@click.option("--out", default="tried", show_default=True, type=click.Path(), help="Where PNG and WAV are written.")
def try_(recipe: str, file: str | None, overrides: tuple[str, ...], count: int, out: str) -> None:
    """Walk FILE, or the first recordings of RECIPE's sources, through its stages.

    Prints each stage's shapes, rates and milliseconds, and writes a picture and the audio of each. Nothing is
    stored.
    """
    from pipelines.trying import walks

    for number, walk in enumerate(walks(read_recipe(recipe, overrides), file, count)):
        _print(walk)
        if walk.result is not None:
            _write(walk, Path(out) / f"{number}")


def _print(walk: Walk) -> None:
    click.echo(walk.key)
    width = max(len(step.stage) for step in walk.steps)
    for step in walk.steps:
        click.echo(f"  {step.stage:<{width}} {step.milliseconds:8.2f} ms  {step.verdict or step.arrays}")


def _write(walk: Walk, stem: Path) -> None:
    from features.audio.encode import wav
    from features.example import Audio
    from pipelines.trying import draw

    assert walk.result is not None
    stem.parent.mkdir(parents=True, exist_ok=True)
    draw(walk, stem.with_suffix(".png"))
    written = [str(stem.with_suffix(".png"))]
    for name, value in walk.result.arrays.items():
        if isinstance(value, Audio):
            path = stem.with_name(f"{stem.name}-{name}.wav")
            path.write_bytes(wav(value))
            written.append(str(path))
    click.echo(f"  wrote {', '.join(written)}")
