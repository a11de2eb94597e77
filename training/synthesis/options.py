"""The options of `wavemill predict` for a text that is to be spoken. Torch is imported when there is one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from pipelines.commands.options import answer

OPTIONS = (
    click.option("--picture", type=click.Path(dir_okay=False), help="Synthesis: a picture of the first sentence, PNG."),
    click.option("--pitch", type=click.FloatRange(0.25, 4), help="Synthesis: factor of the pitch."),
    click.option("--speed", type=click.FloatRange(0.25, 4), help="Synthesis: factor of the speed."),
    click.option("--vocoder", type=click.Path(exists=True), help="Synthesis: run of a vocoder; else Griffin-Lim."),
    click.option("--speaker", help="Synthesis: whose voice, where the model learnt several."),
    click.option("--text", help="Synthesis: a text to be spoken, in place of FILES; --out is then the file, WAV."),
)


def speaking_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command of FILES that speaks where --text is given, and goes on as it is where not."""

    @wraps(command)
    def either(files: tuple[str, ...], text: str | None, **given: Any) -> None:
        how = {name: given.pop(name) for name in ("speaker", "vocoder", "speed", "pitch", "picture")}
        said = {name: value for name, value in how.items() if value is not None}
        if text is None:
            if said:
                raise click.UsageError(f"--{next(iter(said))} goes with --text")
            if not files:
                raise click.UsageError("name FILES, or what is to be said with --text")
            command(files=files, **given)
        elif files:
            raise click.UsageError("give FILES or --text, not both")
        else:
            _say(text, said, given["run"], given["out"], given["plugins"], given["as_json"])

    for option in OPTIONS:
        either = option(either)
    return either


def _say(text: str, said: dict[str, Any], run: str, out: str | None, plugins: tuple[str, ...], as_json: bool) -> None:
    if out is None:
        raise click.UsageError("--text needs a file to speak into: --out said.wav")
    from pipelines.plugins import load_plugin
    from training.run_folder import plain
    from training.synthesis.saying import say_into

    for path in plugins:
        load_plugin(path)
    picture = said.pop("picture", None)
    made = say_into(run, text, Path(out), picture=None if picture is None else Path(picture), **said)
    if as_json:
        answer(plain(made))
    else:
        click.echo(made["summary"])
