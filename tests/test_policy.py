"""How the house is kept: sizes of files and functions, no bare excepts, an exact list of public names."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

import wavemill

ROOT = Path(__file__).parents[1]
PACKAGES = ("explorer", "features", "manifests", "pipelines", "training")
SOURCES = [ROOT / "wavemill.py", *(path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py")))]
LONGEST_FILE, LONGEST_FUNCTION = 300, 60
PUBLIC = ["Batch", "example", "load", "main", "stage", "version"]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_source_is_kept(path):
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= LONGEST_FILE
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    long = [node.name for node in functions if node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION]
    assert not long, "functions that are too long"
    bare = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.type is None]
    assert not bare, "excepts that name nothing, at these lines"
    assert not re.findall(r"TO" r"DO|FIX" r"ME|XX" r"X", text), "left marks"
    assert not text or ast.get_docstring(tree), "a module says what it is"


def test_pickle_is_never_read():
    pickle = re.compile(r"\b(import pickle|pickle\.loads?|allow_pickle=True|weights_only=False)\b")
    assert not [name_of(path) for path in SOURCES if pickle.search(path.read_text("utf-8"))]


def test_public_names_are_these():
    assert sorted(wavemill.__all__) == PUBLIC


def test_every_package_is_in_the_wheel():
    found = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]["find"]
    assert found["include"] == [f"{name}*" for name in PACKAGES]
    folders = {path.parent for path in SOURCES if path.parent != ROOT}
    assert not [name_of(folder) for folder in folders if not (folder / "__init__.py").exists()]
