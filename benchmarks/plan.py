"""How long planning takes, and how much memory: `python -m benchmarks.plan --rows 10000000`.

Writes a table of rows, spans of a few files, and plans a store over it in a process of its own. The files hold
nothing: planning opens no audio.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECIPE = """\
name: many
corpora:
  many: {{reader: table, root: "{root}", path: rows.csv}}
source: [many]
split: {{by: speaker, valid: 0.05, test: 0.05}}
stages:
  - decode: {{channels: mono}}
  - resample: {{sample_rate: 16000}}
  - log_mel: {{}}
store: {{path: "{root}/store", keep: {{log_mel: float16}}}}
"""
FILES, SPEAKERS = 1000, 5000


def write(root: Path, rows: int) -> Path:
    """A table of `rows` spans of a second, and a recipe for it."""
    for number in range(FILES):
        (root / f"{number:04d}.wav").write_bytes(b"")
    with open(root / "rows.csv", "w") as sink:
        sink.write("path,start,seconds,speaker,text\n")
        for number in range(rows):
            sink.write(
                f"{number * FILES // rows:04d}.wav,{number},1.5,speaker {number % SPEAKERS},said in row {number}\n"
            )
    recipe = root / "recipe.yaml"
    recipe.write_text(RECIPE.format(root=root))
    return recipe


def measure(recipe: str) -> None:
    """Plans once, and prints the seconds after imports and the peak of this process's memory."""
    import wavemill  # noqa: F401, imports are not what is measured
    from pipelines.build import planning
    from pipelines.recipe_file import load_recipe

    read = load_recipe(recipe)
    began = time.perf_counter()
    with planning(read) as plan:
        seconds = time.perf_counter() - began
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found = {"rows": plan.recordings, "shards": len(plan.build), "seconds": round(seconds, 2)}
        print(json.dumps(found | {"peak_megabytes": round(megabytes)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--recipe", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.recipe:
        measure(options.recipe)
        return
    with tempfile.TemporaryDirectory(prefix="wavemill-bench-") as place:
        recipe = write(Path(place), options.rows)
        subprocess.run([sys.executable, "-m", "benchmarks.plan", "--recipe", str(recipe)], check=True)


if __name__ == "__main__":
    main()
