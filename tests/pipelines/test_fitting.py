"""Stages that are fitted on train: once, kept in the generations, and again only when it is asked for."""

import json
from pathlib import Path

import pytest

from manifests.store import Store
from pipelines.build import build, planning
from pipelines.errors import BuildError
from pipelines.plan import Wishes
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from tests.factories import tone, write_audio, write_lines
from tests.pipelines.corpora import checksums, fates

RECIPE = """\
name: said
corpora:
  said: {{reader: table, root: "{root}", path: rows.csv}}
source: [said]
split: {{from: corpus}}
stages:
  - decode: {{channels: mono}}
  - normalize_text: {{}}
  - characters: {{}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 20}}
  - ctc_bound: {{subsampling: 1}}
store: {{path: "{root}/store", keep: {{log_mel: float16, characters: int16}}}}
"""


class Said:
    """A corpus of tones with texts."""

    def __init__(self, root: Path) -> None:
        self.root, self.rows = root, ["path,text,split"]
        for number, text in enumerate(["Abc", "cab!", "bb a", "ccc", "a", "b"]):
            self.add(number, text, "train" if number < 4 else "test")

    def add(self, number: int, text: str, split: str = "train") -> None:
        write_audio(self.root / f"{number}.wav", tone(0.3, 8000, hz=200 + 40 * number), 8000)
        self.rows.append(f"{number}.wav,{text},{split}")
        write_lines(self.root / "rows.csv", "\n".join(self.rows) + "\n")

    def recipe(self, *overrides: str) -> Recipe:
        path = write_lines(self.root / "recipe.yaml", RECIPE.format(root=self.root))
        return load_recipe(path, overrides)

    @property
    def store(self) -> Store:
        return Store.open(self.root / "store")


@pytest.fixture
def said(tmp_path: Path) -> Said:
    return Said(tmp_path)


def test_the_store_keeps_tokens_and_their_vocabulary(said: Said) -> None:
    build(said.recipe(), "inline")
    current = said.store.generation
    assert json.loads(current.fitted["characters"]) == ["<blank>", "<unk>", " ", "a", "b", "c"]
    found = {
        row["key"]: said.store.shard(entry).read(row, "characters")[:, 0].tolist()
        for entry in current.shards
        for row in said.store.index(entry).to_pylist()
    }
    assert found["said/2.wav"] == [4, 4, 2, 3]
    assert found["said/0.wav"] == [3, 4, 5]


def test_a_corpus_that_grows_keeps_what_was_fitted_until_it_is_told_otherwise(said: Said) -> None:
    build(said.recipe(), "inline")
    before = said.store.generation.fitted
    said.add(7, "a new letter z")
    made = build(said.recipe(), "inline")
    assert (made.decoded, made.rejected) == (1, 1)
    assert said.store.generation.fitted == before
    fate, stage, reason = fates(said.root / "store")["said/7.wav"]
    assert (fate, stage) == ("rejected", "characters")
    assert "--refit" in str(reason)
    with planning(said.recipe(), Wishes(refit=True)) as planned:
        assert {item.reason for item in planned.build} == {"characters was fitted again"}
    made = build(said.recipe(), "inline", wishes=Wishes(refit=True))
    assert (made.decoded, made.rejected) == (7, 0)
    assert "z" in json.loads(said.store.generation.fitted["characters"])
    assert checksums(said.root / "store").keys() == {(f"said/{n}.wav", 0, 0) for n in (0, 1, 2, 3, 4, 5, 7)}
    assert build(said.recipe(), "inline").decoded == 0


def test_other_parameters_are_fitted_anew(said: Said) -> None:
    build(said.recipe(), "inline")
    made = build(said.recipe("stages[1].normalize_text.case=upper"), "inline")
    assert made.decoded == 6
    assert json.loads(said.store.generation.fitted["characters"])[3:] == ["A", "B", "C"]


def test_texts_that_nothing_can_be_fitted_on(said: Said) -> None:
    said.rows = ["path,text,split", "0.wav,,train"]
    write_lines(said.root / "rows.csv", "\n".join(said.rows) + "\n")
    with pytest.raises(BuildError, match="cannot be fitted on train: characters: no recording of train has a text"):
        build(said.recipe(), "inline")
