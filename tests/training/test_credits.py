"""Whose recordings a run has heard: for its card, without a key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from manifests.credit import Credit, Share
from manifests.store import Store
from tests.factories import folder_corpus
from tests.stores import examples, write_store
from training.config import TrainConfig
from training.credits import credits_of


def test_the_corpora_of_the_store_and_those_of_stages_at_load(tmp_path: Path) -> None:
    folder_corpus(tmp_path / "noise", ["a.wav"])
    store = Store.open(write_store(tmp_path / "store", {"train": examples(2)}))
    held = Credit("digits", licence="cc-by-4.0", shares=[Share("cc-by-4.0", 2, 1.0, ["digits/secret.wav"])])
    config = TrainConfig.model_validate(
        {
            "name": "x",
            "task": {"name": "classification", "label": "digit"},
            "model": {"name": "linear"},
            "epochs": 1,
            "corpora": {
                "hiss": {"reader": "folder", "root": str(tmp_path / "noise"), "licence": "mit", "attribution": "Ada"},
                "unused": {"reader": "folder", "root": str(tmp_path / "noise")},
            },
            "stages": [{"add_noise": {"from": "hiss", "snr_db": 3}}],
        }
    )
    found = [Credit.from_json(one) for one in credits_of(replace_corpora(store, [held]), config)]
    assert found == [
        Credit("digits", licence="cc-by-4.0", shares=[Share("cc-by-4.0", 2, 1.0, ())]),
        Credit("hiss", mixed=True, licence="mit", attribution="Ada", shares=[Share("mit", 0)]),
    ]


def replace_corpora(store: Store, credits: list[Credit]) -> Store:
    return Store(store.storage, replace(store.generation, corpora=credits))
