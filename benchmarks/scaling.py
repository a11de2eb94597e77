"""What a large corpus takes, worked out from what one core does here: `python -m benchmarks.scaling --hours 1000000`.

Measures a builder on FLAC of 16 kHz that it makes itself (decode, log-mel of 80 bins, float16), and a plan over a
table, and multiplies. Every figure of docs/scaling.md is a line of its output.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from manifests.storage import LocalStorage
from manifests.store import Store
from pipelines.build import build
from pipelines.cost import PUTS
from pipelines.recipe_file import load_recipe
from pipelines.runs import read_notes

SAMPLE_RATE, CLIP_SECONDS, SPEAKERS = 16_000, 12.0, 20
COPIES = 10
"""Links to each file: making the corpus should not take longer than building it."""
RECIPE = """\
name: scaling
corpora:
  many: {{reader: folder, root: "{root}/audio"}}
source: [many]
split: {{by: key, valid: 0.02}}
stages:
  - decode: {{channels: mono}}
  - log_mel: {{n_fft: 400, hop_length: 160, n_mels: 80}}
store: {{path: "{root}/store", keep: {{log_mel: float16}}}}
"""


@dataclass(frozen=True)
class Measured:
    """What was measured: of one builder, of its store, of a plan."""

    seconds_per_second: float
    source_bytes_per_hour: float
    store_bytes_per_hour: float
    index_bytes_per_row: float
    plan_seconds_per_row: float
    plan_megabytes: float
    entry_bytes: float


def measure(minutes: float, rows: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix="wavemill-scaling-") as place:
        root = Path(place)
        hours = _write(root / "audio", minutes) * COPIES / 3600
        (root / "recipe.yaml").write_text(RECIPE.format(root=root))
        made = build(load_recipe(root / "recipe.yaml"), "inline")
        note = next(read_notes(LocalStorage(root / "store")))
        current = Store.open(root / "store").generation
        plan = _plan(rows)
        return Measured(
            seconds_per_second=note["builders"]["audio_seconds_per_second"],
            source_bytes_per_hour=_size(root / "audio") / hours,
            store_bytes_per_hour=sum(entry.shard_bytes for entry in current.shards) / hours,
            index_bytes_per_row=_size(root / "store" / "index") / made.recordings,
            plan_seconds_per_row=plan["seconds"] / rows,
            plan_megabytes=plan["peak_megabytes"],
            entry_bytes=len(current.encode()) / len(current.shards),
        )


def report(found: Measured, hours: float, shard_bytes: int, clip_seconds: float, cores: list[int]) -> str:
    """The arithmetic, a line for each figure."""
    rows, store = hours * 3600 / clip_seconds, hours * found.store_bytes_per_hour
    shards, core_hours = store / shard_bytes, hours / found.seconds_per_second
    planning = rows * found.plan_seconds_per_row
    lines = [
        f"one builder: {found.seconds_per_second:.0f} seconds of audio a second",
        f"{hours:,.0f} hours in recordings of {clip_seconds:g} s: {rows:,.0f} rows",
        f"builders: {core_hours:,.0f} core hours; "
        + "; ".join(f"{number} cores: {core_hours / number:,.1f} hours" for number in cores),
        f"read: {hours * found.source_bytes_per_hour / 1e12:.1f} TB of FLAC; "
        f"written: {store / 1e12:.1f} TB of float16 log-mel",
        f"shards of {shard_bytes >> 20} MiB: {shards:,.0f}; indexes: {rows * found.index_bytes_per_row / 1e9:.1f} GB",
        f"plan: {planning:,.0f} s ({found.plan_seconds_per_row * 1e6:.1f} us a row) on one core; "
        f"{found.plan_megabytes:.0f} MB at the rows that were measured",
        f"generation: {shards * found.entry_bytes / 1e6:.1f} MB ({found.entry_bytes:.0f} bytes a shard)",
        f"requests, sources and store on s3://: {rows:,.0f} GET for recordings, {rows / 1000:,.0f} LIST, "
        f"{shards * PUTS:,.0f} PUT for shards, indexes and receipts",
    ]
    return "\n".join(lines)


def _write(folder: Path, minutes: float) -> float:
    """Speech-like FLAC files; their seconds."""
    import soundfile

    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    time = np.arange(round(CLIP_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    count = max(1, round(minutes * 60 / CLIP_SECONDS))
    for number in range(count):
        pitch = 100 + 10 * (number % SPEAKERS)
        phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.2 * np.sin(time + number))) / SAMPLE_RATE
        voice = np.sum([np.sin(k * phase) / k for k in range(1, 9)], axis=0) * np.clip(np.sin(5 * time), 0, 1)
        samples = 0.2 * voice + 0.003 * rng.standard_normal(len(time))
        soundfile.write(folder / f"{number:05d}.flac", samples, SAMPLE_RATE)
        for copy in range(1, COPIES):
            os.link(folder / f"{number:05d}.flac", folder / f"{number:05d}-{copy}.flac")
    return count * CLIP_SECONDS


def _plan(rows: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.plan", "--rows", str(rows)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=60, help="audio that is built to measure with")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows that are planned to measure with")
    parser.add_argument("--shard-mebibytes", type=int, default=512)
    parser.add_argument("--cores", type=int, nargs="+", default=[2, 64, 1024])
    options = parser.parse_args()
    found = measure(options.minutes, options.rows)
    print(f"on {os.cpu_count()} cores, {options.minutes:g} minutes built, {options.rows:,} rows planned")
    print(report(found, options.hours, options.shard_mebibytes << 20, CLIP_SECONDS, options.cores))


if __name__ == "__main__":
    main()
