"""gates.licences: what is held and what is mixed in is under licences that the recipe lists, or the build fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from manifests.store import Store
from pipelines.build import build
from pipelines.commands.gating import gates as command
from pipelines.errors import GateError
from pipelines.gates.gate import Look
from pipelines.gates.licences import Licences
from pipelines.recipe import Recipe
from tests.pipelines.test_credits import corpora, recipe


def gated(root: Path, licences: str, clips: str = "", noise: str = "") -> Recipe:
    read = recipe(root, clips, noise)
    asked = read.gates.model_validate({"licences": licences.split()})
    return read.model_copy(update={"gates": asked})


def test_what_is_not_listed_is_named_with_corpus_licence_and_keys(tmp_path: Path) -> None:
    read = gated(corpora(tmp_path), "cc0 cc-by-3.0", ", licence: cc-by-3.0", ", licence: cc0-1.0")
    with pytest.raises(GateError) as caught:
        build(read, "inline")
    assert str(caught.value).splitlines()[:6] == [
        "gates.licences: clips, noise have recordings under no licence of cc0, cc-by-3.0",
        "  corpus  licence       recordings  how",
        "  clips   cc-by-4.0              1  held",
        "  noise   cc-by-nc-3.0           1  mixed in",
        "  such as clips/3.wav (cc-by-4.0)",
        "  such as noise/hiss.wav (cc-by-nc-3.0)",
    ]
    assert "  leave these out of the corpus, or list their licence where you may use it" in str(caught.value)
    assert caught.value.candidate is not None, "readers do not see it"


def test_a_corpus_without_a_licence_fails_it_with_what_to_do(tmp_path: Path) -> None:
    read = gated(corpora(tmp_path), "cc0 cc-by cc-by-nc", ", licence: cc-by-3.0")
    with pytest.raises(GateError) as caught:
        build(read, "inline")
    assert "noise has recordings under no licence of cc0, cc-by, cc-by-nc" in str(caught.value)
    assert "  such as noise/hum.wav (none known)\n" in str(caught.value)
    assert "find out the licence of noise, and say it in the recipe, beside the reader: licence: .." in str(
        caught.value
    )


def test_what_is_listed_passes_and_the_recipe_mends_what_failed_without_building(tmp_path: Path) -> None:
    with pytest.raises(GateError):
        build(gated(corpora(tmp_path), "cc0 cc-by cc-by-nc"), "inline")
    said = gated(tmp_path, "cc0 cc-by cc-by-nc", ", licence: cc-by-3.0", ", licence: cc0-1.0")
    made = build(said, "inline")
    assert (made.generation, made.decoded) == (1, 0)


def test_a_gate_that_is_added_looks_at_what_is_there(tmp_path: Path) -> None:
    build(recipe(corpora(tmp_path), ", licence: mit", ", licence: mit"), "inline")
    path = tmp_path / "mixed.yaml"
    path.write_text(path.read_text("utf-8") + "gates: {licences: [cc0, cc-by, mit]}\n", encoding="utf-8")
    done = CliRunner().invoke(command, [str(path)])
    assert (done.exit_code, done.stdout.splitlines()[0]) == (
        3, "gates.licences: noise has recordings under no licence of cc0, cc-by, mit",
    )  # fmt: skip


def test_a_store_of_before_licences_were_counted_does_not_pass(tmp_path: Path) -> None:
    build(recipe(corpora(tmp_path)), "inline")
    store = Store.open(tmp_path / "store")
    older = Store(store.storage, replace(store.generation, corpora=[]))
    assert str(Licences(allowed=["cc0"]).check(Look(older, tmp_path))) == (
        "gates.licences: the store does not say of which corpora it is\n"
        "  it was built before licences were counted; build it again, which decodes nothing"
    )
