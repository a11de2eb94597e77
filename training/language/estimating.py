"""A language model of the texts that a store was built of, and of more texts where there are some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import pyarrow.compute as pc

from features.example import Example
from features.text.tokenizer import Tokenizer
from manifests.index import PRODUCED
from manifests.splits import TRAIN
from manifests.store import Store
from training.checkpoint import parse_chain
from training.errors import LanguageModelError
from training.language.kneser_ney import estimate
from training.language.ngram import NGram
from training.language.sentences import symbols, words
from training.recognition.vocabulary import find_tokenizer

Unit = Literal["word", "symbol"]


def language_model(store: str | Path, order: int, unit: Unit, tokens: str | None, more: Sequence[Path] = ()) -> NGram:
    """An n-gram model of the train texts of a store, and of the lines of more files behind the same text stages.

    `unit` says of what: words, or the symbols of the store's tokenizer, which writes the array `tokens`; None where
    there is only one. LanguageModelError where there is no text, DataError where there is no such tokenizer.
    """
    opened = Store.open(store)
    tokenizer = _tokenizer(opened, tokens)
    lines = [*texts(opened, TRAIN), *_texts_of(more, opened, tokenizer)]
    if not lines:
        raise LanguageModelError(f"{opened.storage.root}: no recording of train has a text")
    return estimate(words(lines) if unit == "word" else symbols(lines, tokenizer.symbols), order)


def _tokenizer(store: Store, tokens: str | None) -> Tokenizer:
    chain, fitted = store.generation.chain, store.generation.fitted
    there = [stage.target for stage in parse_chain(chain).stages if isinstance(stage, Tokenizer)]
    if tokens is None and len(there) > 1:
        raise LanguageModelError(f"{store.storage.root} has the tokens {', '.join(there)}; say which with --tokens")
    return find_tokenizer(chain, fitted, tokens or (there[0] if there else ""))


def texts(store: Store, split: str) -> Iterator[str]:
    """The text of each recording of a split, as the store's stages left it."""
    for entry in store.entries(split):
        table = store.index(entry, ["fate", "copy", "part", "text"])
        chosen = pc.and_(
            pc.equal(table["fate"], PRODUCED), pc.and_(pc.equal(table["copy"], 0), pc.equal(table["part"], 0))
        )
        yield from (text for text in table.filter(chosen)["text"].to_pylist() if text)


def _texts_of(files: Sequence[Path], store: Store, tokenizer: Tokenizer) -> Iterable[str]:
    """The lines of some files, behind the text stages before the tokenizer."""
    chain = parse_chain(store.generation.chain)
    position = next(at for at, stage in enumerate(chain.stages) if getattr(stage, "target", None) == tokenizer.target)
    for path in files:
        try:
            with open(path, encoding="utf-8") as source:
                lines = (Example(f"{path}:{number}", None, {}, line.strip()) for number, line in enumerate(source, 1))
                yield from (str(made.text) for made in chain.texts(position, (one for one in lines if one.text)))
        except (OSError, UnicodeDecodeError) as error:
            raise LanguageModelError(f"{path}: cannot be read: {error}") from error
