"""language-model on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from pipelines.commands.options import answer, json_option, say


@click.command("language-model")
@click.argument("store", type=click.Path())
@click.option("--out", required=True, type=click.Path(dir_okay=False), help="The file, in ARPA form; gzip by its name.")
@click.option("--order", type=click.IntRange(1, 12), default=3, show_default=True, help="The longest sequence.")
@click.option(
    "--unit",
    type=click.Choice(["word", "symbol"]),
    default="word",
    show_default=True,
    help="Words, or the symbols of the store's tokenizer: characters, pieces.",
)
@click.option("--tokens", help="The tokens in the store whose tokenizer it is, where there are several.")
@click.option(
    "--text", multiple=True, type=click.Path(dir_okay=False), help="A file of more texts, one a line; may be repeated."
)
@json_option
def language_model(
    store: str,
    out: str,
    order: int,
    unit: Literal["word", "symbol"],
    tokens: str | None,
    text: tuple[str, ...],
    as_json: bool,
) -> None:
    """Estimate an n-gram model of the train texts of STORE, for evaluate and predict with --language-model.

    Texts are taken as the stages of the store left them; lines of --text go through the same ones. The estimate is
    interpolated modified Kneser-Ney.
    """
    from training.language.arpa import write_arpa
    from training.language.estimating import language_model as estimate

    model = estimate(store, order, unit, tokens, [Path(file) for file in text])
    write_arpa(model, out)
    made = {"out": out, "order": model.order, "vocabulary": len(model.vocabulary()), "ngrams": len(model.probabilities)}
    if as_json:
        answer(made)
    say(f"{out}: {made['ngrams']} sequences of up to {order}, of {made['vocabulary']} {unit}s")
