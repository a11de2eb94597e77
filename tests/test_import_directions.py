"""Who may know whom, and what may be imported when: read from the sources, and measured in fresh interpreters."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

KNOWS = {
    "manifests": set(),
    "features": set(),
    "pipelines": {"features", "manifests"},
    "training": {"pipelines", "features", "manifests"},
    "explorer": {"training", "pipelines", "features", "manifests"},
    "wavemill": {"explorer", "training", "pipelines", "features", "manifests"},
}

# Imports that cost a second or more, or that many installations lack: only inside functions.
HEAVY = {"torch", "dask", "distributed", "librosa", "datasets", "webdataset", "matplotlib", "av", "pandas"}
# Except where everything in it needs the library, and others import the module on call.
AT_IMPORT = {"training/": {"torch"}, "pipelines/dask_executor.py": {"dask", "distributed"}}


def sources(package: str) -> list[Path]:
    single = ROOT / f"{package}.py"
    return [single] if single.exists() else sorted((ROOT / package).rglob("*.py"))


def imported(node: ast.AST) -> Iterator[str]:
    """The top-level names that an import statement brings; relative imports stay inside their package."""
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        yield node.module.partition(".")[0]


def run_at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that is executed when the module is imported: no function bodies, no TYPE_CHECKING blocks."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for child in ast.iter_child_nodes(node):
            typing_only = isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
            if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and not typing_only:
                waiting.append(child)


@pytest.mark.parametrize("package", KNOWS)
def test_packages_know_only_what_lies_below_them(package):
    forbidden = (set(KNOWS) | {"tests", "benchmarks"}) - KNOWS[package] - {package}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} imports {name}"
        for path in sources(package)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in imported(node)
        if name in forbidden
    ]
    assert not found


@pytest.mark.parametrize("package", KNOWS)
def test_heavy_libraries_are_imported_on_call(package):
    found = [
        (path.relative_to(ROOT).as_posix(), name)
        for path in sources(package)
        for node in run_at_import(ast.parse(path.read_text("utf-8")))
        for name in imported(node)
        if name in HEAVY
    ]
    allowed = [
        (path, name)
        for path, name in found
        for start in AT_IMPORT
        if path.startswith(start) and name in AT_IMPORT[start]
    ]
    assert sorted(set(found) - set(allowed)) == []


def test_the_reading_of_imports_sees_what_it_must():
    """The tests above pass on nothing found; this one shows that there is something to find."""
    tree = ast.parse("import a.b\nfrom c.d import e\ndef f():\n    import g\nclass H:\n    import i\n")
    assert {name for node in ast.walk(tree) for name in imported(node)} == {"a", "c", "g", "i"}
    assert {name for node in run_at_import(tree) for name in imported(node)} == {"a", "c", "i"}
    assert len(sources("features")) > 10


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after running the code."""
    script = f"{code}\nimport sys\nprint(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_importing_wavemill_loads_nothing_heavy():
    assert not loaded_by("import wavemill") & (HEAVY | {"numpy", "pyarrow", "pydantic", "scipy"})


@pytest.mark.parametrize("module", ["pipelines", "pipelines.recipe", "pipelines.plan", "pipelines.builder"])
def test_importing_pipelines_loads_neither_dask_nor_torch(module):
    assert not loaded_by(f"import {module}") & {"dask", "distributed", "torch", "librosa"}


def test_a_log_mel_chain_needs_neither_dask_nor_torch_nor_librosa():
    stages = '[{"decode": {}}, {"resample": {"sample_rate": 8000}}, {"log_mel": {}}]'
    code = f"""
import io, numpy, soundfile
import pipelines.builder
from features.chain import Chain
from features.example import Example, Source
sink = io.BytesIO()
soundfile.write(sink, numpy.sin(numpy.arange(16000) / 9), 16000, format="WAV")
(made,) = Chain.parse({stages}).run(Example("a", Source(sink.getvalue(), "a.wav")))
assert made.features("log_mel").frames.size
"""
    assert not loaded_by(code) & {"dask", "distributed", "torch", "librosa"}
