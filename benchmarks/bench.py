"""`make bench`: every comparison with the peers, in one run: `python -m benchmarks.bench --work FOLDER`.

Makes an environment with the peers in FOLDER, speaks the corpus, runs benchmarks/builds.py, kernels.py, loaders.py and
limits.py, and writes docs/benchmarks.md with what they print, and its picture. It takes half an hour on 2 cores.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import subprocess
import sys
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path

from benchmarks import limits, loaders
from benchmarks.builds import Bench, compare
from benchmarks.speech_corpus import FORMATS, write

PACKAGES = ("lhotse", "lilcom", "datasets", "librosa", "soundfile", "soxr", "miniaudio")
CLIPS = 60
"""Clips that kernels are timed on."""
TITLES = {
    "flac16": "FLAC, 16 kHz",
    "flac44": "FLAC, 44.1 kHz",
    "mp3": "MP3, 44.1 kHz",
    "ogg": "Ogg Vorbis, 44.1 kHz",
    "wav16": "WAV, 16 kHz",
}
TEXT = """# Beside the peers

`make bench` wrote this page, and its picture, in one run: {machine}.
Only ratios hold from one machine to the next.

![Milliseconds a clip, by format, of the floor, wavemill, lhotse, and datasets with librosa](benchmarks.png)

## From files to shards

Speech that espeak-ng speaks with noise, {hours:.1f} hours; 80 log-mel bins at 16 kHz. **The floor** is
`benchmarks/peers/floor.py`: the fastest kernels alone, writing the same float16 and calling fsync, without an index,
checksums, a plan or a second thought about broken files. lhotse stores its own lossy form, datasets float32. A rate is
that of the clips that a whole corpus has more than a short one, so what starting costs is in neither; it stands apart.

{builds}

## Where the time of a clip goes

`python -m benchmarks.kernels` on {clips} clips of 16 kHz, each kernel alone. Far above 1, it is not bound by memory:

{kernels}

- FLAC is a chain of numbers of any length (Rice codes), one behind the other. dr_flac is the quickest of the decoders
  that wavemill knows; to be quicker takes one of our own in C, which is a library of its own.
- scipy's Fourier transform does 4 numbers at a time, since its wheel is for every x86-64. Compiled for the processor at
  hand it could do 8 or 16: that takes the algorithm once more in numba, whose import and compilation each builder would
  pay for, or MKL's, which comes with torch and gives other bits.

## From shards to batches

{loading}

## At the edges

{limits}
"""


def make_peers(place: Path) -> Path:
    """An environment with the peers, of the torch that is here."""
    if not (place / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        torch = f"torch=={version('torch').partition('+')[0]}"
        for packages in ([torch], [*PACKAGES, torch]):
            subprocess.run([place / "bin/python", "-m", "pip", "install", "--quiet", *packages], check=True)
    return place


def printed(act: object, *arguments: object) -> tuple[str, object]:
    """What a function prints, which is printed here as well, and what it returns."""
    assert callable(act)
    with redirect_stdout(io.StringIO()) as said:
        found = act(*arguments)
    print(said.getvalue(), flush=True)
    return said.getvalue().strip(), found


def picture(rates: dict[str, dict[str, float]], path: Path) -> None:
    """Bars of milliseconds a clip."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 3.6), dpi=150)
    whos = list(next(iter(rates.values())))
    for at, (who, colour) in enumerate(zip(whos, ("#b9b9b2", "#00666b", "#c25b1f", "#7a5ea8"), strict=True)):
        places = [number + (at - 1.5) * 0.2 for number in range(len(rates))]
        bars = axes.bar(places, [found[who] for found in rates.values()], 0.19, label=who, color=colour)
        axes.bar_label(bars, fmt="%.1f", fontsize=7)
    axes.set_xticks(range(len(rates)), [TITLES[clips] for clips in rates])
    axes.set_ylabel("milliseconds a clip")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--formats", nargs="+", default=list(FORMATS))
    options.add_argument("--out", type=Path, default=Path("docs"))
    chosen = options.parse_args()
    work = chosen.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    peers = make_peers(work / "peers")
    write(work / "corpus", 1440)
    bench, parts, rates = Bench(peers, work, 2), [], {}
    for clips in chosen.formats:
        said, rates[clips] = printed(compare, bench, clips, chosen.rounds)
        parts.append(f"### {TITLES[clips]}\n\n{said}")
    bench.seconds("wavemill", "flac16")
    for workers in (0, 1):
        parts.append(printed(loaders.compare, bench.out("wavemill"), work / "loaders", chosen.rounds, workers)[0])
    parts.append(printed(limits.table, bench, chosen.rounds)[0])
    *builds, first, second, edges = parts
    machine = (
        f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}, Python {platform.python_version()}"
    )
    clips = sorted((work / "corpus/flac16").iterdir())[:CLIPS]
    command = [sys.executable, "-m", "benchmarks.kernels", *clips]
    kernels = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    facts = {"machine": machine, "hours": limits.hours_of(bench), "limits": edges, "kernels": kernels, "clips": CLIPS}
    text = TEXT.format(**facts, builds="\n\n".join(builds), loading=f"{first}\n\n{second}")
    (chosen.out / "benchmarks.md").write_text(text, "utf-8")
    picture(rates, chosen.out / "benchmarks.png")


if __name__ == "__main__":
    main()
