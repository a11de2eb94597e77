"""train, evaluate and predict on the command line. Torch is imported when one of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.options import answer, json_option, say

if TYPE_CHECKING:
    from training.trainer import Progress, Watch

store_option = click.option("--store", required=True, type=click.Path(), help="The store: a folder, or folder@12.")
where_option = click.option("--where", metavar="EXPR", help="Only examples like these: \"speaker != 'theo'\".")
plugin_option = click.option(
    "--plugin", "plugins", multiple=True, type=click.Path(), help="A file of stages of one's own; may be repeated."
)


@click.command()
@click.argument("config", type=click.Path(dir_okay=False))
@store_option
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Folder of the run.")
@where_option
@click.option("--set", "overrides", multiple=True, metavar="A.B=VALUE", help="Override a value of CONFIG; repeatable.")
@click.option("--valid-split", default="valid", show_default=True, help="The split that chooses the best weights.")
@click.option("--resume", is_flag=True, help="Go on with the run in --out from its last checkpoint.")
@json_option
def train(
    config: str,
    store: str,
    out: str,
    where: str | None,
    overrides: tuple[str, ...],
    valid_split: str,
    resume: bool,
    as_json: bool,
) -> None:
    """Fit a model to the train split of a store, as CONFIG says."""
    from pipelines.yaml_source import read_yaml
    from training.train import train as run_training

    document = read_yaml(config, overrides)
    with progress_line() as watch:
        made = run_training(document, store, out, where=where, valid_split=valid_split, resume=resume, watch=watch)
    if as_json:
        answer(made)
    say(f"{out}: {made['epochs']} epochs in {made['seconds']:.0f} s; the best is {_epoch(made['best'])}")


@click.command()
@click.argument("run", type=click.Path(exists=True))
@store_option
@click.option("--split", default="test", show_default=True, help="The split to score.")
@where_option
@click.option("--by", metavar="NAME", help="Figures by speaker, by a label, or by a note: add_noise.snr_db.")
@plugin_option
@json_option
def evaluate(
    run: str, store: str, split: str, where: str | None, by: str | None, plugins: tuple[str, ...], as_json: bool
) -> None:
    """Score the best weights of RUN on a split of a store.

    Writes evaluate-SPLIT.json and its pictures beside them, and the card of the run, README.md.
    """
    from training.evaluate import evaluate as run_evaluation
    from training.evaluate import keep
    from training.fitted import load_fitted

    _load(plugins)
    report = run_evaluation(run, store, split, where=where, by=by)
    keep(report, run)
    if as_json:
        answer(report)
        return
    click.echo(_figures(split, report))
    for name, groups in report.get("by", {}).items():
        for group, figures in groups.items():
            click.echo(_figures(f"  {name} {group}", figures))
    task = load_fitted(run).task
    for answer_ in report["errors"] or report["worst"]:
        click.echo(f"  {answer_['key']}: {task.explain(answer_)}")


@click.command()
@click.argument("run", type=click.Path(exists=True))
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option("--out", type=click.Path(file_okay=False), help="Folder of the files that a denoiser writes.")
@plugin_option
@json_option
def predict(run: str, files: tuple[str, ...], out: str | None, plugins: tuple[str, ...], as_json: bool) -> None:
    """Answer for audio FILES of any format, with the best weights of RUN, through the chain of its store."""
    from training.fitted import load_fitted
    from training.predict import predict as hear

    _load(plugins)
    fitted = load_fitted(run)
    found = [{"file": file, **heard} for file in files for heard in hear(fitted, file, out)]
    if as_json:
        answer({"predictions": found})
        return
    for heard in found:
        click.echo(f"{heard['file']}: {heard['summary']}")


@contextmanager
def progress_line() -> Iterator[Watch]:
    """A line on standard error that follows the steps, and one that stays for each epoch."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Line

    from training.trainer import Watch

    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Line(*columns, console=Console(stderr=True), transient=True) as line:
        shown = line.add_task("training", total=None)

        class Shown(Watch):
            def step(self, progress: Progress, steps: int) -> None:
                words = f"epoch {progress.epoch + 1}  loss {progress.loss / progress.weight:.4f}"
                line.update(shown, description=words, completed=progress.step_in_epoch, total=steps)

            def epoch(self, figures: dict[str, Any]) -> None:
                line.console.print(_epoch(figures), highlight=False, soft_wrap=True)

        yield Shown()


def _epoch(figures: dict[str, Any]) -> str:
    shown = "  ".join(f"{name} {value:.4f}" for name, value in figures.items() if name.startswith(("train_", "valid_")))
    return f"epoch {figures['epoch']}  {shown}  {figures['seconds']:.1f} s"


def _load(plugins: tuple[str, ...]) -> None:
    """Runs the files that define stages of one's own, as the recipe of the store did."""
    from pipelines.plugins import load_plugin

    for path in plugins:
        load_plugin(path)


def _figures(name: str, figures: dict[str, Any]) -> str:
    shown = " ".join(f"{key} {value:.4f}" for key, value in figures.items() if isinstance(value, float))
    return f"{name}: {figures['examples']} examples  {shown}"
