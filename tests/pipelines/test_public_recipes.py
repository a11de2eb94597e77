"""The recipes of published corpora, on the same layouts in small: who trains, and what a store holds of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import pipelines
from manifests.store import Store
from pipelines.build import build
from pipelines.recipe_file import load_recipe
from tests import miniatures
from tests.pipelines.in_process import in_process

RECIPES = Path(pipelines.__file__).parent / "recipes"


class Public(NamedTuple):
    """What writes a corpus, the recordings of train, valid and test, and the width and rate of each array."""

    corpus: Callable[[Path], None]
    splits: tuple[int, int, int]
    arrays: dict[str, tuple[int, float | None]]
    otherwise: tuple[str, ...] = ()


AT_22050 = 22050 / 256
VOICE = {"phonemes": (1, None), "log_mel": (80, AT_22050), "pitch": (2, AT_22050), "energy": (1, AT_22050)}
PUBLIC = {
    "librispeech_asr": Public(miniatures.librispeech, (12, 4, 4), {"bpe": (1, None), "log_mel": (80, 100)}),
    "speech_commands": Public(miniatures.speech_commands, (12, 3, 3), {"audio": (1, 16000), "log_mel": (40, 100)}),
    "esc50": Public(miniatures.esc50, (18, 6, 6), {"log_mel": (60, 22050 / 512)}),
    "ljspeech_tts": Public(miniatures.ljspeech, (12, 3, 5), {"audio": (1, 22050), **VOICE}, miniatures.SENTENCES),
    "voxceleb_speakers": Public(miniatures.voxceleb, (8, 4, 4), {"audio": (1, 16000)}, miniatures.VOICES),
    "gtzan": Public(miniatures.gtzan, (9, 3, 3), {"log_mel": (64, 22050 / 320)}),
}


def built(name: str, data: Path) -> Store:
    """The store of the recipe called so, on its corpus in small; no recording is rejected."""
    public, store = PUBLIC[name], data / "store"
    public.corpus(data)
    overrides = (f'store.path="{store}"', *public.otherwise)
    recipe = load_recipe(RECIPES / f"{name}.yaml", overrides, {"DATA": str(data)})
    with in_process():
        made = build(recipe, "inline")
    assert made.produced == made.recordings == made.examples
    return Store.open(store)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_corpus_builds_by_its_recipe(name: str, tmp_path: Path) -> None:
    if name == "ljspeech_tts":
        pytest.importorskip("espeakng_loader")
    generation = built(name, tmp_path).generation
    splits = {entry.split: entry.recordings for entry in generation.shards}
    assert tuple(splits[split] for split in ("train", "valid", "test")) == PUBLIC[name].splits
    assert {spec.name: (spec.width, spec.rate) for spec in generation.arrays} == PUBLIC[name].arrays


def test_short_words_are_filled_up_and_the_noise_is_none_of_them(tmp_path: Path) -> None:
    store = built("speech_commands", tmp_path)
    tables = [store.index(entry, ["labels", "log_mel.length"]).to_pylist() for entry in store.generation.shards]
    rows = [row for table in tables for row in table]
    assert {row["log_mel.length"] for row in rows} == {101}
    assert {str(row["labels"]).count("_background_noise_") for row in rows} == {0}


def test_two_folds_of_esc50_are_kept_from_training(tmp_path: Path) -> None:
    store = built("esc50", tmp_path)
    folds = {
        entry.split: {key.removeprefix("sounds/")[0] for key in store.index(entry, ["key"])["key"].to_pylist()}
        for entry in store.generation.shards
    }
    assert folds == {"train": {"3", "4", "5"}, "valid": {"2"}, "test": {"1"}}
