"""The data card: whose recordings a store holds and what they ask, for people and for Hugging Face."""

from __future__ import annotations

import doctest
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

import pipelines
from manifests.credit import Credit, Share
from manifests.store import Store
from pipelines import data_card as module
from pipelines.build import build
from pipelines.data_card import data_card
from pipelines.plan import Wishes
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from pipelines.report.licences import address, attributions, meanings
from pipelines.report.writing import report
from tests.factories import tone, write_audio, write_lines
from tests.pipelines.test_credits import corpora, made, recipe

KERSTIN = "Kerstin, the German voice of Rhasspy (dataset-voice-kerstin)"
GERMAN = Path(pipelines.__file__).parent / "recipes" / "german_tts.yaml"
OF_TABLE = (
    'corpora.kerstin={reader: table, root: "${DATA}/kerstin-asr", path: metadata.tsv, columns: {path: file, key: id}, '
    f'licence: cc0-1.0, attribution: "{KERSTIN}"}}'
)
READERS = pytest.mark.parametrize("reader", ["ljspeech", "table"])


def head(card: str) -> dict[str, Any]:
    """What stands in the YAML at the top of a card."""
    before, text, _ = card.split("---\n", 2)
    assert before == ""
    found: dict[str, Any] = YAML(typ="safe").load(text)
    return found


def shared(licence: str | None, **more: Any) -> Credit:
    return Credit("a", licence=licence, shares=[Share(licence, 1, 3600.0)], **more)


def test_the_examples_in_docstrings_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_it_lists_corpora_with_licences_and_how_to_name_them(tmp_path: Path) -> None:
    said = ', licence: cc-by-3.0, attribution: "A_da | Co", url: "https://ada.example/x"'
    build(recipe(corpora(tmp_path), said), "inline")
    card = (tmp_path / "store/README.md").read_text("utf-8")
    lines = card.splitlines()
    by = "https://creativecommons.org/licenses/by"
    assert [line for line in lines if " held " in line or " mixed in " in line] == [
        f"| [clips](https://ada.example/x) | held | [CC BY 3.0]({by}/3.0/) | 2 | 0.00 |",
        f"| [clips](https://ada.example/x) | held | [CC BY 4.0]({by}/4.0/) | 1 | 0.00 |",
        "| [clips](https://ada.example/x) | held | [CC0 1.0](https://creativecommons.org/publicdomain/zero/1.0/) "
        "| 1 | 0.00 |",
        "| noise | mixed in | none known | 1 |  |",
        f"| noise | mixed in | [CC BY-NC 3.0]({by}-nc/3.0/) | 1 |  |",
    ]
    for line in (
        "- [clips](https://ada.example/x): A\\_da \\| Co",
        "- What is made of recordings under CC BY-NC 3.0 may not be used commercially.",
        "- Of some recordings nobody has said a licence: find it out before you pass anything on.",
        "`decode > add_noise`, every parameter of which stands in `recipe.yaml`, by the command",
        "    wavemill build recipe.yaml --out path/to/this/folder",
        "| audio | audio | flac | 1 | - |",
        "| test | 1 | 1 | 1 | 0.00 |",
    ):
        assert line in lines
    assert head(card)["license"] == ["cc-by-3.0", "cc-by-4.0", "cc-by-nc-3.0", "cc0-1.0", "unknown"]
    html = report(Store.open(tmp_path / "store"), "generations/00000001.json", sound=False)
    for words in ("CC BY-NC 3.0", "mixed in", "A_da | Co", "may not be used commercially"):
        assert words in html


def test_a_licence_that_the_hub_does_not_know_is_other_and_named(tmp_path: Path) -> None:
    build(recipe(corpora(tmp_path)), "inline")
    card = data_card(made(tmp_path / "store"))
    assert head(card)["configs"][0]["data_files"][0]["split"] == "test"
    own = replace(made(tmp_path / "store"), corpora=[shared("own"), shared("research")])
    assert head(data_card(own))["license"] == ["other"]
    assert head(data_card(own))["license_name"] == "own, research"
    older = data_card(replace(own, corpora=[]))
    assert "license" not in head(older)
    assert "Whose recordings" not in older


def test_what_licences_ask_of_whoever_passes_a_store_on() -> None:
    credits = [shared("cc-by-sa-4.0"), shared("odbl-1.0"), shared("cc-by-nc-nd-3.0"), shared("own"), shared("cc0-1.0")]
    assert meanings(credits) == [
        "Whatever you make of recordings under CC BY-SA 4.0 and ODbL 1.0 and pass on must be under the same licence.",
        "What is made of recordings under CC BY-NC-ND 3.0 may not be used commercially.",
        "What is made of recordings under CC BY-NC-ND 3.0 may not be passed on, features and models included.",
        "Some corpora have terms of their own: read them before you use or pass on what is made of them.",
    ]
    assert meanings([shared("cc-by-4.0")]) == []


def test_addresses_are_links_only_where_they_are_addresses() -> None:
    assert address("https://a.example/b?c=1") == "https://a.example/b?c=1"
    assert [address(one) for one in ("javascript:x", "https://a.example/) [x](y", None)] == ["", "", ""]
    found = attributions([shared("mit", attribution="Ada", url="javascript:x"), shared("mit", attribution="Ada")])
    assert found == [("a", "Ada", "")]


def miniature(root: Path) -> Path:
    """Twelve sentences as both corpora have them: FLAC and metadata.csv, Opus (here WAV) and metadata.tsv."""
    rows, lines = [], []
    for number in range(12):
        name, samples = f"de_rhasspy-{number:04d}", 0.3 * tone(1.5, 16000, hz=150.0 + 5 * number)
        samples = samples + 0.001 * np.random.default_rng(number).standard_normal(samples.shape).astype(np.float32)
        write_audio(root / f"kerstin-tts/wavs/{name}.flac", samples, 16000)
        write_audio(root / f"kerstin-asr/audio/{name}.wav", samples, 16000)
        rows.append(f"{name}|Guten Tag.")
        lines.append(f"audio/{name}.wav\t{name}\t1.5\t0\ttrain\tGuten Tag.")
    write_lines(root / "kerstin-tts/metadata.csv", *rows)
    write_lines(root / "kerstin-asr/metadata.tsv", "file\tid\tseconds\tin_tts_subset\tsplit\ttext", *lines)
    return root


def german(data: Path, reader: str, store: Path, *more: str) -> Recipe:
    pytest.importorskip("espeakng_loader")
    overrides = (OF_TABLE,) * (reader == "table")
    return load_recipe(GERMAN, (f"store.path={store}", *overrides, *more), {"DATA": str(data)})


def speaks_german(store: Path, recordings: int) -> None:
    """The store's card has the voice's licence and attribution, and says what it is for."""
    card = (store / "README.md").read_text("utf-8")
    found = head(card)
    assert (found["license"], found["language"], found["task_categories"]) == (["cc0-1.0"], ["de"], ["text-to-speech"])
    assert f"- kerstin: {KERSTIN}" in card.splitlines()
    (credit,) = made(store).corpora
    assert [(share.licence, share.recordings) for share in credit.shares] == [("cc0-1.0", recordings)]
    zero = "[CC0 1.0](https://creativecommons.org/publicdomain/zero/1.0/)"
    assert f"| kerstin | held | {zero} | {recordings} | " in card
    assert "    DATA=.. wavemill build recipe.yaml --out path/to/this/folder" in card.splitlines()


@READERS
def test_a_german_voice_in_miniature_has_its_licence_in_the_card(reader: str, tmp_path: Path) -> None:
    read = german(miniature(tmp_path), reader, tmp_path / "store", "split={by: key, test: 0.5}")
    done = build(read, "inline")
    assert done.produced == 12
    speaks_german(tmp_path / "store", 12)


@READERS
def test_the_real_german_voice_has_its_licence_in_the_card(reader: str, tmp_path: Path) -> None:
    data = os.environ.get("WAVEMILL_DATA")
    if data is None:
        pytest.skip("WAVEMILL_DATA names no folder of real audio")
    done = build(german(Path(data), reader, tmp_path / "store"), "inline", wishes=Wishes(limit=12))
    assert done.rejected == 0
    speaks_german(tmp_path / "store", done.produced)
