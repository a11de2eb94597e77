"""The folder of a run: its configuration, what it was made from, its figures by epoch, and two checkpoints.

run/
  config.yaml            as typed, with the overrides in it
  run.json               store and generation, split, where, seed, sizes, environment
  metrics.jsonl          one line for each epoch
  best.safetensors       the weights that did best on the split that chooses
  last.safetensors       the newest weights, with everything that resuming takes
  README.md              the card of the model: what it is, what made it, how good it is
  report.html            a page with the same, its curves, confusions, and the worst examples to hear
  .lock                  held by the process that trains
  tensorboard/           with --tensorboard
  curves.png  evaluate-<split>.json  evaluate-<split>.parquet  confusion-<split>.png
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

from training.errors import TrainingError


class RunFolder:
    """A run's files."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.best, self.last = self.path / "best.safetensors", self.path / "last.safetensors"

    def start(self, config: str, facts: dict[str, Any]) -> None:
        """Makes the folder; TrainingError when there is a run in it."""
        if (self.path / "run.json").exists():
            raise TrainingError(f"{self.path}: there is a run here; --resume goes on with it, or choose another --out")
        self.path.mkdir(parents=True, exist_ok=True)
        self.write("config.yaml", config)
        self.write("run.json", _json(facts))

    def facts(self) -> dict[str, Any]:
        """What run.json says; TrainingError when there is no run."""
        try:
            found: dict[str, Any] = json.loads((self.path / "run.json").read_text("utf-8"))
        except FileNotFoundError as error:
            raise TrainingError(f"{self.path}: no run here (no run.json)") from error
        return found

    def epochs(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl."""
        path = self.path / "metrics.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def evaluations(self) -> list[Path]:
        """The reports of evaluate, by split."""
        return sorted(self.path.glob("evaluate-*.json"))

    def log(self, epoch: dict[str, Any]) -> None:
        """Adds the figures of an epoch, in place of those that an earlier try wrote for it or for later ones."""
        kept = [line for line in self.epochs() if line["epoch"] < epoch["epoch"]]
        self.write("metrics.jsonl", "".join(json.dumps(plain(line)) + "\n" for line in [*kept, epoch]))

    def write(self, name: str, text: str) -> None:
        """A file of the folder, whole or not at all."""
        temporary = self.path / f".{name}.tmp"
        temporary.write_text(text, "utf-8")
        os.replace(temporary, self.path / name)

    def write_json(self, name: str, value: Any) -> None:
        self.write(name, _json(value))


def _json(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """The value without numbers that JSON does not have: null in their place."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
