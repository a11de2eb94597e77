"""Statistics of train in a store: taken once over what is stored, kept as the corpus grows, renewed when asked for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from features.moments import Moments
from manifests.store import Store
from pipelines.build import build, planning
from pipelines.commands.building import plan
from pipelines.errors import ConfigError
from pipelines.plan import Wishes
from tests.factories import tone
from tests.pipelines.corpora import Tones
from training.loader import load

WANTED = "store.statistics=[log_mel]"


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    return Tones(tmp_path, 24)


def stored(tones: Tones) -> np.ndarray:
    """All frames of train, one after the other."""
    batches = load(tones.store, "train", arrays=["log_mel"], batch_size=1, shuffle=False)
    return np.concatenate([batch.arrays["log_mel"][0].numpy() for batch in batches])


def kept(tones: Tones) -> Moments:
    return Moments.decode(Store.open(tones.store).generation.statistics["log_mel"])


def grow(tones: Tones) -> None:
    for number in range(100, 106):
        tones.write(tones.root / "loud" / f"{number}.wav", tone(0.5, 8000, 700, level_db=0))


def test_they_are_those_of_what_train_holds(tones: Tones) -> None:
    assert build(tones.recipe(WANTED), "inline").generation == 1
    whole = stored(tones).astype(np.float64)
    assert kept(tones).frames == len(whole)
    np.testing.assert_allclose(kept(tones).mean, whole.mean(0), rtol=1e-9)
    np.testing.assert_allclose(kept(tones).deviation, whole.std(0), rtol=1e-9)
    assert build(tones.recipe(WANTED), "inline").generation == 1


def test_a_corpus_that_grows_leaves_them_until_a_refit(tones: Tones) -> None:
    build(tones.recipe(WANTED), "inline")
    before = kept(tones)
    grow(tones)
    assert build(tones.recipe(WANTED), "inline").generation == 2
    assert np.array_equal(kept(tones).mean, before.mean)
    again = build(tones.recipe(WANTED), "inline", wishes=Wishes(refit=True))
    assert (again.generation, again.decoded, again.shards_built) == (3, 0, 0)
    assert kept(tones).frames == len(stored(tones)) > before.frames
    assert build(tones.recipe(WANTED), "inline", wishes=Wishes(refit=True)).generation == 3


def test_other_features_have_others(tones: Tones) -> None:
    build(tones.recipe(WANTED), "inline")
    build(tones.recipe(WANTED, "stages.2.log_mel.n_mels=12"), "inline")
    assert len(kept(tones).mean) == 12


def test_a_store_gets_them_later_without_decoding(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    assert Store.open(tones.store).generation.statistics == {}
    with planning(tones.recipe(WANTED)) as made:
        assert made.changes
        assert made.statistics == ["log_mel"]
        assert not made.build
    said = CliRunner().invoke(plan, [str(tones.folder / "recipe.yaml"), "--set", WANTED, "--detailed-exitcode"])
    assert said.exit_code == 10
    assert "takes statistics of train: log_mel" in said.output
    later = build(tones.recipe(WANTED), "inline")
    assert (later.generation, later.decoded) == (2, 0)
    assert kept(tones).frames == len(stored(tones))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("store.statistics=[log_mels]", "'log_mels' is no features that the store keeps; did you mean log_mel?"),
        ("stages=[decode, {log_mel: {}}, {standardize: {}}]", "standardize is fitted on what a store holds"),
    ],
)
def test_what_cannot_be_taken_is_named(tones: Tones, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        tones.recipe(override)


def test_the_generation_says_them_in_json(tones: Tones) -> None:
    build(tones.recipe(WANTED), "inline")
    text = (tones.store / "generations" / "00000001.json").read_text("utf-8")
    assert set(json.loads(json.loads(text)["statistics"]["log_mel"])) == {"frames", "mean", "squares"}
