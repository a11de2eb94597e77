"""The options of `wavemill evaluate` and `predict` for how a recogniser finds its texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from training.tasks.task import Task

OPTIONS = (
    click.option("--fast", is_flag=True, help="Recognition: search a lexicon by flashlight-text."),
    click.option("--word-bonus", type=float, help="What each word adds to a text, in nats; 0 by default."),
    click.option("--lm-weight", type=float, help="How much the language model counts; 0.5 by default."),
    click.option("--beam", type=click.IntRange(1), help="Recognition: texts kept in a search; 32 by default."),
    click.option("--lexicon", type=click.Path(dir_okay=False), help="Recognition: file of the only words, one a line."),
    click.option("--language-model", type=click.Path(dir_okay=False), help="Recognition: ARPA file of words."),
)

n_best_option = click.option(
    "--n-best",
    type=click.IntRange(1),
    default=1,
    help="Recognition: texts of each utterance, with scores, in the JSON.",
)


def decoding_options(command: Callable[..., None]) -> Callable[..., None]:
    """How a recogniser finds its texts; greedily where none of these is given."""
    for option in OPTIONS:
        command = option(command)
    return command


def decode_with(
    task: Task,
    language_model: str | None,
    lexicon: str | None,
    beam: int | None,
    lm_weight: float | None,
    word_bonus: float | None,
    fast: bool,
    n_best: int = 1,
) -> None:
    """Has a task decode as the command line says, if it says so."""
    if lm_weight is not None and language_model is None:
        raise click.UsageError("--lm-weight is that of a --language-model, and none is named")
    searches = language_model is not None or lexicon is not None or beam is not None or n_best > 1
    if word_bonus is not None and not searches:
        raise click.UsageError("--word-bonus counts in a search: say --beam, --lexicon or --language-model as well")
    if fast and lexicon is None:
        raise click.UsageError("--fast is for a --lexicon, and none is named; without one the other search is faster")
    if not searches:
        return
    from training.decoding.decoder import BEAM, Decoding

    if n_best > (beam or BEAM):
        raise click.UsageError(f"--n-best {n_best} is more than the {beam or BEAM} texts of the search: say --beam")
    files = {"language_model": language_model, "lexicon": lexicon}
    given: dict[str, Any] = {name: Path(path) for name, path in files.items() if path is not None}
    weights = {"lm_weight": lm_weight, "word_bonus": word_bonus}
    given |= {name: weight for name, weight in weights.items() if weight is not None}
    task.decode_with(Decoding(**given, beam=beam, n_best=n_best, fast=fast))
