"""What each stage is compared with, by folder: the chain of ours above, the library's own call below it."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from benchmarks.references.reference import Reference

MODULES = ("signal", "spectral", "perceptual", "neural", "spatial", "inverse", "augment")


def references() -> list[Reference]:
    """All of them, in the order of the files."""
    modules = [import_module(f"benchmarks.references.{name}") for name in MODULES]
    return [value for module in modules for value in vars(module).values() if isinstance(value, Reference)]


def installed(library: str) -> str | None:
    """The version of a library, None where it is not installed."""
    try:
        return version(library)
    except PackageNotFoundError:
        return None
