"""Figures: what was measured of the stages, kept in docs/stages.json until docs/stages.md is written from it."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

from benchmarks.references import Reference, installed

PATH = Path(__file__).parent.parent / "docs" / "stages.json"


def key(reference: Reference) -> str:
    """What a reference is known by."""
    return f"{reference.label} | {reference.library}"


def keep(name: str, found: dict[str, Any]) -> None:
    """Replaces the figures of one kind, and says which machine and versions they are of."""
    kept = load() | {name: found | {}}
    libraries = sorted({one.rpartition(" | ")[2] for one in found if " | " in one} | {"numpy"})
    kept.setdefault("made_with", {})[name] = {
        "machine": f"{_processor()}, {platform.system()}",
        "python": platform.python_version(),
        "libraries": {library: installed(library) for library in libraries},
    }
    PATH.write_text(json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")


def load() -> dict[str, Any]:
    """What is kept; nothing where nothing was."""
    found: dict[str, Any] = json.loads(PATH.read_text("utf-8")) if PATH.exists() else {}
    return found


def _processor() -> str:
    """The processor's name as Linux gives it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
