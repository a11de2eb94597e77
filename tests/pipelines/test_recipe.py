"""Recipes as models: what they answer, with stages and corpora from Python."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from manifests.corpora.folder import Folder
from manifests.spec import ArraySpec
from pipelines.recipe import Corpus, Recipe

LOG_MEL = {"log_mel": {"n_fft": 256, "hop_length": 80, "n_mels": 32}}


def recipe(**changes: Any) -> Recipe:
    whole = {
        "name": "tones",
        "corpora": {"tones": {"reader": "folder", "root": "corpus", "label": "parent"}},
        "source": ["tones"],
        "stages": ["decode", {"resample": {"sample_rate": 8000}}, LOG_MEL],
        "store": {"path": "store", "keep": {"log_mel": "float16", "audio": "flac"}},
    }
    return Recipe.model_validate(whole | changes)


def test_defaults() -> None:
    read = recipe()
    assert (read.seed, read.copies, read.plugins, read.description) == (0, {}, [], "")
    assert read.split.source == "corpus"
    assert (read.store.format, read.store.shard_bytes) == ("arrow", 128 * 2**20)
    assert (read.gates.max_rejected, read.gates.max_dropped) == (None, None)
    assert (read.limits.memory, read.limits.seconds) == (4 * 2**30, 120.0)
    assert (str(read.path), read.text) == (".", "")


def test_a_corpus_is_its_reader_and_its_split() -> None:
    reader = Folder(root="corpus", label="parent")
    assert recipe().corpora == {"tones": Corpus(reader=reader)}
    split = {"by": "path", "valid": 0.2}
    (corpus,) = recipe(corpora={"tones": {"reader": "folder", "root": "corpus", "split": split}}).corpora.values()
    assert corpus.reader == Folder(root="corpus")
    assert corpus.split is not None
    assert (corpus.split.by, corpus.split.valid) == ("path", 0.2)


def test_arrays_follow_from_the_chain_in_order_of_the_name() -> None:
    audio = ArraySpec("audio", "audio", "flac", 1, 8000)
    assert recipe().arrays() == [audio, ArraySpec("log_mel", "features", "float16", 32, 100.0)]
    stereo = recipe(stages=[{"decode": {"channels": "all"}}], store={"path": "x", "keep": {"audio": "int16"}})
    assert stereo.arrays() == [ArraySpec("audio", "audio", "int16", None, None)]


@pytest.mark.parametrize("encoding", ["flac", "int16"])
def test_features_take_no_encoding_for_waveforms(encoding: str) -> None:
    with pytest.raises(ValueError, match=f"log_mel is features, and {encoding} does not hold them"):
        recipe(store={"path": "x", "keep": {"log_mel": encoding}}).arrays()


def test_the_chain_has_the_stages_and_the_seed() -> None:
    chain = recipe(seed=7).chain()
    assert [stage.name for stage in chain.stages] == ["decode", "resample", "log_mel"]
    assert chain.seed == 7
    assert chain.fingerprint() != recipe(seed=8).chain().fingerprint()
    assert chain.fingerprint() == recipe(seed=7, description="other", limits={"seconds": 5}).chain().fingerprint()


def test_a_recipe_survives_json() -> None:
    read = recipe(corpora={"tones": {"reader": "folder", "root": "x", "split": {"by": "path", "valid": 0.2}}})
    assert Recipe.model_validate(read.model_dump(mode="json", by_alias=True, exclude_none=True)) == read
    assert Recipe.model_validate(dict(read)) == read, "also from its parts as they are"


def test_a_schedule_a_command_that_hears_of_builds_and_what_is_kept() -> None:
    read = recipe(
        schedule={"cron": "0 2 * * mon-fri", "timezone": "Europe/Berlin", "deadline": "6h"},
        notify={"command": ["mail", "-s", "built"], "on": ["failure"]},
        retain={"generations": 10, "days": 30},
    )
    assert read.schedule is not None
    assert (read.schedule.cron, read.schedule.timezone, read.schedule.deadline) == (
        "0 2 * * mon-fri",
        "Europe/Berlin",
        21_600,
    )
    assert read.notify is not None
    assert (read.notify.command, read.notify.on) == (["mail", "-s", "built"], ["failure"])
    assert (read.retain.generations, read.retain.days) == (10, 30)
    assert Recipe.model_validate(read.model_dump(mode="json", by_alias=True, exclude_none=True)) == read
    plain = recipe()
    assert (plain.schedule, plain.notify, plain.retain.generations, plain.retain.days) == (None, None, None, None)


def test_a_recipe_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        recipe().seed = 3


@pytest.mark.parametrize(
    "change",
    [
        {"seed": -1},
        {"name": "a/b"},
        {"name": ""},
        {"source": []},
        {"stages": []},
        {"stages": [{}]},
        {"stages": [{"decode": {}, "resample": {}}]},
        {"stages": [[]]},
        {"copies": {"train": 0}},
        {"corpora": {}},
        {"corpora": {"a b": {"reader": "folder", "root": "x"}}},
        {"corpora": {"a": {"root": "x"}}},
        {"store": {"path": "x", "keep": {}}},
        {"store": {"path": "", "keep": {"audio": "flac"}}},
        {"limits": {"seconds": float("inf")}},
        {"schedule": {}},
        {"schedule": {"cron": "0 25 * * *"}},
        {"schedule": {"cron": "0 2 * * *", "timezone": "Europe/Berlni"}},
        {"schedule": {"cron": "0 2 * * *", "deadline": "soon"}},
        {"notify": {"command": []}},
        {"notify": {"command": ["mail", ""]}},
        {"notify": {"command": "mail me"}},
        {"notify": {"command": ["mail"], "on": ["always"]}},
        {"retain": {"generations": 0}},
        {"retain": {"days": -1}},
    ],
)
def test_what_makes_no_recipe_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        recipe(**change)
