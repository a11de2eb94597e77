"""train, evaluate, predict and export on the command line. Torch is imported when one of them runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pipelines.commands.options import answer, json_option, say
from training.decoding.options import decode_with, decoding_options, n_best_option
from training.synthesis.options import speaking_options

if TYPE_CHECKING:
    from training.progress import Progress, Watch

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
@click.option("--init", metavar="RUN", type=click.Path(exists=True), help="Begin with the best weights of another run.")
@click.option("--tensorboard", is_flag=True, help="Write curves for TensorBoard too, into OUT/tensorboard.")
@json_option
def train(
    config: str,
    store: str,
    out: str,
    where: str | None,
    overrides: tuple[str, ...],
    valid_split: str,
    resume: bool,
    init: str | None,
    tensorboard: bool,
    as_json: bool,
) -> None:
    """Fit a model to the train split of a store, as CONFIG says.

    With --init a new run begins with the weights of another one (fine-tuning), as far as they have the same names.

    With several processes, on CPUs or GPUs: torchrun --standalone --nproc-per-node 2 -m wavemill train ..
    """
    from pipelines.yaml_source import read_yaml
    from training import words
    from training.distributed import first_started
    from training.train import train as run_training

    document = read_yaml(config, overrides)
    asked: dict[str, Any] = {"where": where, "valid_split": valid_split, "resume": resume, "init": init}
    with watching(out, tensorboard) if first_started() else nullcontext() as watch:
        made = run_training(document, store, out, **asked, watch=watch, say=say)
    if not first_started():
        return
    if as_json:
        answer(made)
    say(f"{out}: {made['epochs']} epochs in {made['seconds']:.0f} s; the best is {words.epoch(made['best'])}")


@click.command()
@click.argument("run", type=click.Path(exists=True))
@store_option
@click.option("--split", default="test", show_default=True, help="The split to score.")
@where_option
@click.option("--by", metavar="NAME", help="Figures by speaker, by a label, or by a note: add_noise.snr_db.")
@decoding_options
@plugin_option
@json_option
def evaluate(
    run: str,
    store: str,
    split: str,
    where: str | None,
    by: str | None,
    plugins: tuple[str, ...],
    as_json: bool,
    **decoding: Any,
) -> None:
    """Score the best weights of RUN on a split of a store.

    Lists what is wrong, and what has the highest loss: with --split train these are the recordings to listen to where
    labels may be wrong. Writes evaluate-SPLIT.json and its pictures beside the weights, the loss of every example to
    evaluate-SPLIT.parquet, by which `wavemill serve` sorts the rows of a store, and the card of the run, README.md.
    """
    from training import words
    from training.evaluate import evaluate as run_evaluation
    from training.evaluate import keep
    from training.fitted import load_fitted
    from training.scores import scores_file

    _load(plugins)
    fitted = load_fitted(run)
    decode_with(fitted.task, **decoding)
    report = run_evaluation(fitted, store, split, where=where, by=by, scores=scores_file(run, split))
    keep(report, run, fitted.task)
    if as_json:
        answer(report)
        return
    for line in words.evaluation(report, fitted.task):
        click.echo(line)


@click.command()
@click.argument("run", type=click.Path(exists=True))
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--out", type=click.Path(), help="Folder of the files that are written; with --text the file, WAV.")
@n_best_option
@decoding_options
@plugin_option
@json_option
@speaking_options
def predict(
    run: str, files: tuple[str, ...], out: str | None, plugins: tuple[str, ...], as_json: bool, **decoding: Any
) -> None:
    """Answer for audio FILES of any format, with the best weights of RUN, through the chain of its store.

    A denoiser writes NAME.clean.wav for each, 16 bits, at the file's own rate, channels and length. A recogniser writes
    NAME.txt, NAME.json and NAME.srt, with words in time, where --out is given; with --n-best its JSON lists the
    utterances, and alternatives of each. A file that cannot be used is named, and the others are answered; the exit
    code is then 1.

    A vocoder writes NAME.vocoded.wav, from the features of the file. A synthesizer speaks --text into the file --out,
    or the texts in FILES into NAME.wav.
    """
    from training.errors import PredictError
    from training.fitted import load_fitted
    from training.predict import predict as hear
    from training.predict import require_own_names
    from training.run_folder import plain

    if decoding["n_best"] > 1 and out is None and not as_json:
        raise click.UsageError("--n-best is answered as JSON: say --out or --json as well")
    _load(plugins)
    fitted = load_fitted(run)
    decode_with(fitted.task, **decoding)
    if out is not None or fitted.task.always_writes:
        require_own_names(fitted, files)
    found: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    for file in files:
        try:
            answers = [{"file": file, **heard} for heard in hear(fitted, file, out)]
        except PredictError as error:
            failed[file] = str(error)
            say(f"wavemill: {error}")
            continue
        found += answers
        for heard in answers if not as_json else ():
            click.echo(f"{file}: {heard['summary']}")
    if as_json:
        answer(plain({"predictions": found, "failed": failed}))
    if failed:
        sys.exit(PredictError.exit_code)


@click.command()
@click.argument("run", type=click.Path(exists=True))
@click.option("--out", required=True, type=click.Path(), help="File, or a folder for model.onnx or model.safetensors.")
@click.option("--as", "kind", type=click.Choice(["onnx", "safetensors"]), default="onnx", show_default=True)
@json_option
def export(run: str, out: str, kind: Literal["onnx", "safetensors"], as_json: bool) -> None:
    """Write the best weights of RUN as one file for other programs, with the chain of its store in the metadata.

    onnx is what onnxruntime runs, and is written only if it answers as torch does. safetensors holds the weights alone.
    """
    from training.export import export as write_model
    from training.fitted import load_fitted

    made = write_model(load_fitted(run), out, kind)
    if as_json:
        answer(made)
    same = f", equal to torch within {made['largest_difference']:.1e}" if kind == "onnx" else ""
    say(f"{made['out']}: {made['bytes']} bytes{same}")


@contextmanager
def watching(out: str, tensorboard: bool) -> Iterator[Watch]:
    """The progress line, and TensorBoard where it is wanted."""
    from training.progress import Watches

    with ExitStack() as opened:
        watches = [opened.enter_context(progress_line())]
        if tensorboard:
            from training.tensorboard import TensorBoard

            watches.append(opened.enter_context(closing(TensorBoard(Path(out) / "tensorboard"))))
        yield Watches(watches)


@contextmanager
def progress_line() -> Iterator[Watch]:
    """A line on standard error that follows the steps, and one that stays for each epoch."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Line

    from training import words
    from training.progress import Watch

    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Line(*columns, console=Console(stderr=True), transient=True) as line:
        shown = line.add_task("training", total=None)

        class Shown(Watch):
            def step(self, progress: Progress, steps: int) -> None:
                said = f"epoch {progress.epoch + 1}  loss {progress.loss / progress.weight:.4f}"
                line.update(shown, description=said, completed=progress.step_in_epoch, total=steps)

            def epoch(self, figures: dict[str, Any]) -> None:
                line.console.print(words.epoch(figures), highlight=False, soft_wrap=True)

        yield Shown()


def _load(plugins: tuple[str, ...]) -> None:
    """Runs the files that define stages of one's own, as the recipe of the store did."""
    from pipelines.plugins import load_plugin

    for path in plugins:
        load_plugin(path)
