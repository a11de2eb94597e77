"""Needs: the packages of the extra `explorer`, with what to do where they are missing."""

from __future__ import annotations

from importlib.util import find_spec

from explorer.errors import ExplorerError


def require(*packages: str) -> None:
    """ExplorerError, with the command that installs it, where a package is missing."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ExplorerError(f"this needs {' and '.join(missing)}: pip install 'wavemill[explorer]'")
