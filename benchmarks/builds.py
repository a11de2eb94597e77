"""Builds side by side: the floor, wavemill, lhotse, and datasets with librosa, on the same clips and the same cores.

    python -m benchmarks.builds --peers VENV --work FOLDER [--formats flac16 flac44 mp3] [--rounds 5] [--jobs 2]

Each makes 80 log-mel bins at 16 kHz of every clip of benchmarks/speech_corpus.py, once of the whole corpus and once of
every sixth clip, in turn, several rounds. Times are those of the whole command, from typing it to its end. The rate is
that of the clips that the whole corpus has more: what starting costs is in neither. What wavemill has stored is
compared with what the floor and librosa computed. VENV is an environment with the peers in it (`make bench` makes one).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa

from benchmarks.speech_corpus import write
from benchmarks.wavemill_runs import row
from training.loader import load

PEERS = Path(__file__).parent / "peers"
RECIPE = """\
name: bench
corpora:
  clips: {reader: folder, root: "${CLIPS}"}
source: [clips]
split: {by: key, valid: 0.05, test: 0.05}
stages:
  - decode: {channels: mono}
  - resample: {sample_rate: 16000}
  - log_mel: {n_fft: 400, hop_length: 160, n_mels: 80}
store: {path: store, keep: {log_mel: float16}}
"""
SCRIPTS = {"floor": "floor.py", "lhotse": "lhotse_build.py", "datasets + librosa": "datasets_build.py"}
TOLERANCE = 0.02
"""Of log-mel in natural units, between float16 and what another library computes in float32."""


class Bench:
    """What is run, and where. Each run begins with an empty folder, and with all that was written before on disk."""

    def __init__(self, peers: Path, work: Path, jobs: int) -> None:
        self.python, self.work, self.jobs = peers / "bin/python", work, jobs
        self.recipe = work / "bench.yaml"
        self.recipe.write_text(RECIPE, "utf-8")

    def seconds(self, who: str, clips: str, jobs: int | None = None, *more: str) -> float:
        """The seconds of one command over a folder of the corpus; `more` are options of `wavemill build`."""
        folder, out = self.work / "corpus" / clips, self.out(who)
        shutil.rmtree(out, ignore_errors=True)
        os.sync()
        workers = str(jobs or self.jobs)
        if who == "wavemill":
            command = [
                sys.executable,
                "-m",
                "wavemill",
                "build",
                str(self.recipe),
                "--out",
                str(out),
                "--workers",
                workers,
                *more,
            ]
        else:
            command = [str(self.python), str(PEERS / SCRIPTS[who]), str(folder), str(out), "--jobs", workers]
        environment = {**os.environ, "CLIPS": str(folder), "TQDM_DISABLE": "1"}
        began = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{who} on {clips} failed:\n{done.stderr[-2000:]}")
        return time.perf_counter() - began

    def out(self, who: str) -> Path:
        return self.work / "out" / who.partition(" ")[0]


def compare(bench: Bench, clips: str, rounds: int) -> dict[str, float]:
    """Prints the table of one format: seconds of both corpora, and of a clip; the milliseconds of a clip by name."""
    count = len(list((bench.work / "corpus" / clips).iterdir()))
    more = count - len(list((bench.work / "corpus" / f"{clips}-short").iterdir()))
    whos = ("floor", "wavemill", "lhotse", "datasets + librosa")
    short, whole, extra = ({who: list[float]() for who in whos} for _ in range(3))
    for _ in range(rounds):
        for who in whos:
            short[who].append(bench.seconds(who, f"{clips}-short"))
            whole[who].append(bench.seconds(who, clips))
            extra[who].append(whole[who][-1] - short[who][-1])
    print(f"\n{clips}: {count} clips, {rounds} rounds, {bench.jobs} processes, medians. {agreement(bench, clips)}\n")
    row(
        "",
        f"{count - more} clips",
        f"{count} clips",
        "milliseconds a clip more",
        "wavemill is times as fast",
        "what starting costs",
    )
    row(*["---"] * 6)
    found = dict[str, float]()
    for who in whos:
        ratio = median(a / b for a, b in zip(extra[who], extra["wavemill"], strict=True))
        rate = median(extra[who]) / more
        fixed = median(short[who]) - rate * (count - more)
        row(
            who,
            f"{median(short[who]):.2f} s",
            f"{median(whole[who]):.2f} s",
            f"{1000 * rate:.2f}",
            f"{ratio:.2f}",
            f"{fixed:.2f} s",
        )
        found[who] = 1000 * rate
    return found


def agreement(bench: Bench, clips: str) -> str:
    """How far what wavemill stored is from what the others made of the same clips; SystemExit where it is too far."""
    store = bench.out("wavemill")
    found = {
        key: batch.arrays["log_mel"][at, : batch.lengths["log_mel"][at]].numpy()
        for split in ("train", "valid", "test")
        for batch in load(store, split, arrays=["log_mel"], batch_size=32, shuffle=False)
        for at, key in enumerate(batch.keys)
    }
    names = sorted(path.name for path in (bench.work / "corpus" / clips).iterdir())
    written = b"".join(path.read_bytes() for path in sorted(bench.out("floor").glob("*.f16")))
    floor, place, largest = np.frombuffer(written, np.float16).reshape(-1, 80), 0, 0.0
    for name in names:
        ours = found[f"clips/{name}"]
        theirs = floor[place : place + len(ours)].astype(np.float32)
        largest, place = max(largest, float(np.abs(ours - theirs).max())), place + len(ours)
    frames = sum(map(len, found.values()))
    with pa.memory_map(str(next(bench.out("datasets").glob("saved/*.arrow")))) as source:
        table = pa.ipc.open_stream(source).read_all().slice(0, 20)
    librosa = max(
        float(np.abs(found[f"clips/{Path(one['path']).name}"] - np.array(one["log_mel"], np.float32)).max())
        for one in table.to_pylist()
    )
    said = (
        f"wavemill and the floor differ by {largest:.3f} at most over {frames:,} frames, and librosa by {librosa:.3f}"
    )
    if place != len(floor) or max(largest, librosa) > TOLERANCE:
        raise SystemExit(f"{clips}: {said}, which is too much, or the frames are not the same")
    return f"{said} (natural logarithm, float16)."


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--peers", type=Path, required=True)
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--formats", nargs="+", default=["flac16", "flac44", "mp3"])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--clips", type=int, default=1440)
    chosen = options.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    write(chosen.work / "corpus", chosen.clips)
    bench = Bench(chosen.peers, chosen.work.resolve(), chosen.jobs)
    for clips in chosen.formats:
        compare(bench, clips, chosen.rounds)


if __name__ == "__main__":
    main()
