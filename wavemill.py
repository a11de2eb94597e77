"""wavemill: the front door. The command line, and the public Python names; imports happen on call.

>>> import wavemill
>>> wavemill.__version__ == wavemill.version()
True
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from features.direct import direct as stage
    from pipelines.showing.stored import example as example
    from training.loader import Batch as Batch
    from training.loader import load as load

__all__ = ["Batch", "example", "load", "main", "stage", "version"]

COMMANDS: dict[str, tuple[str, str]] = {
    "validate": ("pipelines.commands.recipes:validate", "Check a recipe; every mistake at once, where it stands."),
    "plan": ("pipelines.commands.building:plan", "Say what a build would do, and why; opens no audio."),
    "build": ("pipelines.commands.building:build", "Bring the store of a recipe up to date."),
    "try": ("pipelines.commands.trying:try_", "Walk one recording, or a few, through a recipe's stages."),
    "ledger": ("pipelines.commands.looking:ledger", "What became of every recording, and why."),
    "ls": ("pipelines.commands.looking:ls", "List the examples of a store."),
    "inspect": ("pipelines.commands.looking:inspect", "Show one example: labels, pictures, what was drawn."),
    "report": ("pipelines.commands.reporting:report", "Write report.html of a store: counts, levels, clips, changes."),
    "verify": ("pipelines.commands.mending:verify", "Check every byte of a store against its digests."),
    "repair": ("pipelines.commands.mending:repair", "Make what is damaged of a store again, as it was."),
    "gates": ("pipelines.commands.gating:gates", "Hold a store against the gates of its recipe."),
    "publish": ("pipelines.commands.history:publish", "Accept what a gate refused, without building again."),
    "rollback": ("pipelines.commands.history:rollback", "Make an older generation current again."),
    "tag": ("pipelines.commands.history:tag", "Name a generation, so that gc keeps it."),
    "gc": ("pipelines.commands.clearing:gc", "Remove old generations, and files that nothing names."),
    "forget": ("pipelines.commands.clearing:forget", "Erase recordings from every generation of a store."),
    "status": ("pipelines.commands.scheduling:status", "What a store holds, since when, and its last runs."),
    "schedule": ("pipelines.commands.scheduling:schedule", "Build recipes when their schedule says so."),
    "train": ("training.commands:train", "Fit a model to a store."),
    "evaluate": ("training.commands:evaluate", "Score a trained model on a split."),
    "predict": ("training.commands:predict", "Answer for audio files, through the very chain of the store."),
    "export": ("training.commands:export", "Write a trained model for other programs: ONNX, safetensors."),
    "language-model": ("training.language.command:language_model", "Estimate an n-gram model of a store's texts."),
    "serve": ("explorer.commands:serve", "See and hear every stage at work, and what is in stores, in a browser."),
    "manifest": ("pipelines.commands.leaving:manifest", "Write a recipe's recordings for Kaldi, lhotse, NeMo, ..."),
    "fetch": ("pipelines.commands.fetching:fetch", "Download a published corpus, check it and unpack it."),
    "corpora": ("pipelines.commands.corpora:corpora", "List the corpora that can be read; say all about one."),
    "stages": ("pipelines.commands.recipes:stages", "List the stages; say all about one."),
    "schema": ("pipelines.commands.recipes:schema", "Print the JSON schema of a recipe, for editors."),
}


def version() -> str:
    """The version that is installed."""
    from importlib.metadata import version as installed

    return installed("wavemill")


def __getattr__(name: str) -> Any:
    if name in ("Batch", "load"):
        return getattr(import_module("training.loader"), name)
    if name == "stage":
        return import_module("features.direct").direct
    if name == "example":
        return import_module("pipelines.showing.stored").example
    if name == "__version__":
        return version()
    raise AttributeError(f"wavemill has no {name!r}")


class _FrontDoor(click.Group):
    """Imports a command when it is called, so that --help answers at once."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(cls=_FrontDoor, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wavemill")
def cli() -> None:
    """Turn audio corpora into sharded feature stores, and train models from them.

    A recipe (YAML) says what to build. Start with `wavemill validate RECIPE`, then `wavemill build RECIPE`.
    """


def main() -> None:
    """The command `wavemill`. An error made for people is printed as it is; its exit code says its kind."""
    gc.set_threshold(50_000)  # imports make many objects, among which no garbage is to be looked for
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads spin while they wait, beside the builders
    try:
        cli.main(standalone_mode=True)
    except ValueError as error:
        code = getattr(error, "exit_code", None)
        if code is None:
            raise
        click.echo(f"wavemill: {error}", err=True)
        sys.exit(code)


if __name__ == "__main__":
    main()
