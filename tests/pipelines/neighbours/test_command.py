"""`wavemill manifest`: from a recipe to a neighbour, and a store of the same content from there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipelines.commands.leaving import FORMATS
from pipelines.neighbours import WRITERS
from tests.factories import tone, write_audio, write_lines
from tests.pipelines.neighbours.built import RECIPE, content
from wavemill import cli

READ: dict[str, dict[str, Any]] = {
    "jsonl": {"reader": "manifest", "path": "out.jsonl"},
    "csv": {"reader": "manifest", "path": "out.csv"},
    "kaldi": {"reader": "kaldi", "path": "out"},
    "espnet": {"reader": "espnet", "path": "out"},
    "lhotse": {"reader": "lhotse", "path": "out"},
    "nemo": {"reader": "nemo", "path": "out"},
    "datasets": {"reader": "huggingface"},
}


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Spans of two files, in two splits, with a label."""
    for number in range(2):
        write_audio(tmp_path / "audio" / f"{number}.wav", tone(1.0, hz=300 + 150 * number))
    lines = [
        f"{n % 2}.wav,{n // 2 * 0.25},0.25,s{n % 2},say {n},{'ab'[n % 2]},{'test' if n > 5 else 'train'}"
        for n in range(8)
    ]
    write_lines(tmp_path / "audio" / "rows.csv", "path,start,seconds,speaker,text,answer,split", *lines)
    corpus = {"reader": "table", "root": str(tmp_path / "audio"), "path": "rows.csv", "labels": ["answer"]}
    text = RECIPE.format(corpus=json.dumps(corpus), store=json.dumps(str(tmp_path / "store")))
    return write_lines(tmp_path / "recipe.yaml", text)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["manifest", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_offers_every_writer() -> None:
    assert set(FORMATS) == set(WRITERS) == set(READ)


@pytest.mark.parametrize("format", FORMATS)
def test_a_store_from_what_was_written_has_the_same_content(recipe: Path, format: str) -> None:
    """Compared with what comes of our own manifest, whose keys have the corpus before them as well."""
    folder = recipe.parent
    read = READ[format]
    out = folder / read.get("path", "out")
    assert json.loads(run(str(recipe), str(out), "--to", format, "--json")) == {
        "out": str(out),
        "to": format,
        "recordings": 8,
    }
    corpus = {**read, "path": str(out)} if "path" in read else read
    root = folder / "audio" if "path" in read else out
    found = content(folder, "again", root=str(root), **corpus)
    first = content(folder, "first", reader="manifest", root=str(folder / "audio"), path=str(_rows(recipe)))
    assert len(found) == 8
    assert found == first


def _rows(recipe: Path) -> Path:
    """Our own manifest of the recipe."""
    out = recipe.parent / "own.jsonl"
    run(str(recipe), str(out), "--to", "jsonl")
    return out
