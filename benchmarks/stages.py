"""How fast each stage is, beside its library in the same run: `python -m benchmarks.stages`.

Seconds of audio a second of one core. Stage and library take turns, round after round, and the medians are compared.
What is counted is the processor time of this process (one thread for each library), not the time on the wall: the
neighbours on a shared machine disturb it less, though not nothing. `--keep` writes the figures to docs/stages.json.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from threadpoolctl import threadpool_limits

from benchmarks import clips, figures
from benchmarks.parity import prepared, read
from benchmarks.references import Reference, installed, references
from features.catalog import STAGES
from features.chain import Chain, Stopped
from features.draws import Draws
from features.example import Example
from features.showcase import SECONDS, showcase

CLIP_SECONDS = 10.0
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
LEAST, MOST = 0.02, 1.0
"""Seconds of one round's calls at least, and about as long as all rounds of one side may take; one round is always."""


@dataclass(frozen=True)
class Speed:
    """Seconds of audio a second of one core, of a stage and of its library, where there is one to compare with."""

    ours: float
    theirs: float | None = None


def beside(reference: Reference, rounds: int) -> Speed:
    """A stage and its library, on ten seconds of a voice; the stage alone where the library is not installed."""
    sounds = dict(clips.synthetic(CLIP_SECONDS))
    found = prepared(reference, sounds["voice"])
    assert found is not None  # a voice is stopped by none of these stages
    stage, example = found
    given, rate = read(example)
    theirs = [lambda: reference.compute(given, rate)] if installed(reference.library) else []
    return Speed(*(CLIP_SECONDS / seconds for seconds in _medians([_applied(stage, example), *theirs], rounds)))


def alone(name: str, rounds: int) -> Speed:
    """A stage that no library is compared with, on its showcase."""
    chain, example = showcase(name)
    before = Chain(chain.stages[:-1]).run(example)
    assert not isinstance(before, Stopped)  # a test runs every showcase
    last = chain.only(len(chain.stages) - 1)
    return Speed(SECONDS / _medians([_applied(last, before[0])], rounds)[0])


def _applied(chain: Chain, example: Example) -> Callable[[], object]:
    """A call of the one stage of a chain."""
    stage = chain.stages[0]
    return lambda: stage.apply(example, Draws(0, stage.name, 0, example.key, example.copy))


def _medians(calls: list[Callable[[], object]], rounds: int) -> list[float]:
    """Seconds of processor time that each call takes: the median of rounds in which they take turns."""
    for call in calls:
        call()  # what is made once (filters, compiled code) is made here
    counts = [max(1, round(LEAST / max(_seconds(call, 1), 1e-6))) for call in calls]
    longest = max(_seconds(call, count) for call, count in zip(calls, counts, strict=True))
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(max(1, min(rounds, round(MOST / longest)))):
        for call, count, found in zip(calls, counts, times, strict=True):
            found.append(_seconds(call, count) / count)
    return [median(found) for found in times]


def _seconds(call: Callable[[], object], count: int) -> float:
    began = time.process_time()
    for _ in range(count):
        call()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", help="only these stages")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", action="store_true", help="write the figures to docs/stages.json")
    options = parser.parse_args()
    wanted = options.stages or [name for name in STAGES if name != "decode"]
    os.environ |= dict.fromkeys(THREADS, "1")  # for torch, which is imported when its first row comes
    found: dict[str, dict[str, float | None]] = {}
    print("| stage | x real time | library | x real time | ratio |\n|---|---|---|---|---|")
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for reference in (one for one in references() if one.stage in wanted):
            speed = beside(reference, options.rounds)
            found[figures.key(reference)] = {"ours": speed.ours, "theirs": speed.theirs}
            version = installed(reference.library) or "not installed"
            beside_it = f"{speed.theirs:,.0f} | {speed.ours / speed.theirs:.2f}" if speed.theirs else " | "
            print(
                f"| {reference.label} | {speed.ours:,.0f} | {reference.library} {version} | {beside_it} |", flush=True
            )
        compared = {reference.stage for reference in references()}
        for name in (one for one in wanted if one not in compared):
            speed = alone(name, options.rounds)
            found[name] = {"ours": speed.ours, "theirs": None}
            print(f"| {name} | {speed.ours:,.0f} | | | |", flush=True)
    if options.keep:
        figures.keep("speed", {**figures.load().get("speed", {}), **found} if options.stages else found)


if __name__ == "__main__":
    main()
