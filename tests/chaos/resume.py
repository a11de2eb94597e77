"""Stops trainings at random steps, with changing ranks and workers: `python -m tests.chaos.resume --stops 20`.

Real processes, with 1 rank or with 2 under torchrun, train on a store of uneven shards, with dropout and with stages at
load that draw. SIGTERM goes to the whole process group, to torchrun, or to one rank alone; kill -9 goes to all of them.
What was consumed is noted where steps of training take it (tests.chaos.consumed). Runs that keep their number of ranks
must end as one that was never disturbed, to the bit; of all others each epoch must hold each example exactly once, in
the order of batches of one rank.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import psutil
import torch

from tests.chaos.digits import Digits, digits
from training import checkpoint
from training.run_folder import RunFolder

PROJECT = Path(__file__).parents[2]
RECORDINGS, EPOCHS, WORKERS = 80, 5, (0, 1, 3)
ENDS_WITHIN = 240
"""Seconds that a process may take for anything; a hang fails."""
TIMES = ("seconds", "steps_per_second")

Line = dict[str, Any]


@dataclass
class Tally:
    """What was done to trainings, and how many of them came to their end."""

    stops: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    again: int = 0
    finished: Counter[str] = field(default_factory=Counter)
    sessions: Counter[tuple[int, int]] = field(default_factory=Counter)
    padding: int = 0
    longest: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        added = {item.name: getattr(self, item.name) + getattr(other, item.name) for item in fields(Tally)}
        return Tally(**{**added, "longest": max(self.longest, other.longest)})


@dataclass
class Life:
    """A training, from its first process to its last; `lines` are the batches that count, by step and rank."""

    made: Digits
    folder: Path
    tally: Tally = field(default_factory=Tally)
    lines: list[Line] = field(default_factory=list)
    began: int = 0

    @property
    def run(self) -> RunFolder:
        return RunFolder(self.folder / "run")

    @property
    def steps(self) -> int:
        """Steps that count."""
        return self.lines[-1]["step"] + 1 if self.lines else 0

    def whole(self, ranks: int, workers: int) -> None:
        """Trains to the end, undisturbed."""
        running, log = self._start(ranks, workers)
        said = self._end(running)
        assert running.returncode == 0, said
        self._take(log)

    def stopped(self, ranks: int, workers: int, at: int, to: str) -> bool:
        """SIGTERM when a step was taken; False where training had come to its end before."""
        running, log = self._start(ranks, workers)
        self._wait(running, log, at)
        pids = [line["pid"] for line in read(log)] or [running.pid]
        sent = time.monotonic()
        if running.poll() is None and to == "the process group":
            os.killpg(running.pid, signal.SIGTERM)
        elif running.poll() is None:
            os.kill(running.pid if to == "torchrun" else pids[-1], signal.SIGTERM)
        said = self._end(running)
        self.tally.longest = max(self.tally.longest, time.monotonic() - sent)
        self._take(log)
        if running.returncode == 0:
            return False
        assert f"stopped after step {self.steps}; --resume goes on from there" in said, said
        assert checkpoint.read(self.run.last)[1].state["progress"]["step"] == self.steps
        self.tally.stops[to] += 1
        return True

    def killed(self, ranks: int, workers: int, at: int) -> bool:
        """kill -9 of every process when a step was taken; False where training had come to its end before.

        What was done since the last checkpoint counts no more.
        """
        running, log = self._start(ranks, workers)
        self._wait(running, log, at)
        end_all(running)
        self._end(running)
        self._take(log)
        if running.returncode == 0:
            return False
        self.tally.kills += 1
        saved = checkpoint.read(self.run.last)[1].state["progress"]["step"] if self.run.last.exists() else 0
        self.tally.again += self.steps - saved
        self.lines = [line for line in self.lines if line["step"] < saved]
        return True

    def _start(self, ranks: int, workers: int) -> tuple[subprocess.Popen[str], Path]:
        self.began += 1
        self.tally.sessions[ranks, workers] += 1
        log = self.folder / f"consumed-{self.began}"
        log.mkdir(parents=True)
        command = [sys.executable]
        if ranks > 1:
            command += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
        command += ["-m", "tests.chaos.consumed", "train", str(self.made.config), "--store", str(self.made.store)]
        command += ["--out", str(self.run.path), "--set", f"workers={workers}", *(["--resume"] * (self.began > 1))]
        environment = {"CONSUMED": str(log), "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
        environment = {
            name: value for name, value in os.environ.items() if name not in ("RANK", "WORLD_SIZE")
        } | environment
        pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=PROJECT, env=environment, start_new_session=True, **pipes), log

    def _wait(self, running: subprocess.Popen[str], log: Path, step: int) -> None:
        """Until a step of that number was taken, or training has ended."""
        until = time.monotonic() + ENDS_WITHIN
        while running.poll() is None and all(line["step"] < step for line in read(log)):
            if time.monotonic() > until:
                end_all(running)
                raise AssertionError(f"no step {step}: {running.communicate()[1]}")
            time.sleep(0.01)

    def _end(self, running: subprocess.Popen[str]) -> str:
        """What a process said, when it and its children have ended by themselves; AssertionError where it hangs."""
        try:
            return running.communicate(timeout=ENDS_WITHIN)[1]
        except subprocess.TimeoutExpired:
            end_all(running)
            raise AssertionError(f"it did not end: {running.communicate()[1]}") from None

    def _take(self, log: Path) -> None:
        """Adds what a process consumed: it must go on right behind what counts."""
        lines = read(log)
        assert not lines or lines[0]["step"] == self.steps, "a step was left out, or taken twice"
        self.lines += lines


def read(log: Path) -> list[Line]:
    """The batches of all ranks, by step and rank; a line that is being written is none yet."""
    texts = [path.read_text("utf-8").rpartition("\n")[0] for path in log.glob("*.jsonl")]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    return sorted(lines, key=lambda line: (line["step"], line["rank"]))


def end_all(running: subprocess.Popen[str]) -> None:
    """kill -9 of a process and of all that it started."""
    try:
        children = psutil.Process(running.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return
    for process in [*children, running]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(children, timeout=ENDS_WITHIN)


def order(life: Life) -> list[tuple[int, list[Any]]]:
    """Epoch and examples of each batch that counted, one behind the other."""
    return [(line["epoch"], line["examples"]) for line in life.lines if line["real"]]


def check_epochs(life: Life) -> None:
    """Each epoch held each example once."""
    expected = Counter(life.made.examples())
    for epoch in range(EPOCHS):
        found = Counter(tuple(example) for number, examples in order(life) if number == epoch for example in examples)
        assert found == expected, f"epoch {epoch}: {found - expected} too often, {expected - found} too seldom"
    life.tally.padding += sum(not line["real"] for line in life.lines)


def check_same(life: Life, whole: Life) -> None:
    """Batches, curves, weights, optimizer and random numbers are those of a training that was not disturbed."""
    assert [(line["rank"], line["step"]) for line in life.lines] == [
        (line["rank"], line["step"]) for line in whole.lines
    ]
    assert order(life) == order(whole)
    assert curves(life) == curves(whole)
    for name in ("last", "best"):
        ours, theirs = (checkpoint.read(getattr(found.run, name))[0] for found in (life, whole))
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours), f"other tensors in {name}"


def curves(life: Life) -> list[Line]:
    return [{name: value for name, value in line.items() if name not in TIMES} for line in life.run.epochs()]


def disturb(whole: Life, folder: Path, ranks: tuple[int, ...], stops: int, kills: int, seed: int) -> Tally:
    """So many stops and kills of trainings whose ranks are drawn anew each time, where there are several to draw."""
    rng, done = random.Random(seed), Tally()
    while done.stops.total() < stops or done.kills < kills:
        life = Life(whole.made, folder / f"{seed}-{done.finished.total()}")
        wanted = stops - done.stops.total(), kills - done.kills
        total = whole.steps if len(ranks) == 1 else whole.steps // 2
        while life.tally.stops.total() < wanted[0] or life.tally.kills < wanted[1]:
            left = wanted[0] + wanted[1] - life.tally.stops.total() - life.tally.kills
            at = life.steps + rng.randint(0, max(1, 2 * (total - life.steps) // (left + 2)))
            number, workers = rng.choice(ranks), rng.choice(WORKERS)
            kill = rng.random() < (wanted[1] - life.tally.kills) / left
            to = min(targets(number), key=lambda name: (life.tally.stops + done.stops)[name])
            if not (life.killed(number, workers, at) if kill else life.stopped(number, workers, at, to)):
                break
        else:
            life.whole(rng.choice(ranks), rng.choice(WORKERS))
        check_epochs(life)
        if len(ranks) == 1:
            check_same(life, whole)
        else:
            assert order(life) == order(whole)
        life.tally.finished[{(1,): "1 rank", (2,): "2 ranks"}.get(ranks, "changing ranks")] += 1
        done += life.tally
    return done


def targets(ranks: int) -> tuple[str, ...]:
    return ("the process group", "one rank alone") + (("torchrun",) if ranks > 1 else ())


def undisturbed(made: Digits, folder: Path, ranks: int) -> Life:
    """A training that nothing happens to; each epoch holds each example once."""
    life = Life(made, folder / f"whole-{ranks}")
    life.whole(ranks, workers=0)
    check_epochs(life)
    return life


def proof(folder: Path, stops: int, kills: int, seed: int, lanes: int) -> Tally:
    """Stops and kills, spread over trainings with 1 rank, with 2, and with a changing number."""
    made = digits(folder, RECORDINGS, EPOCHS)
    with ThreadPoolExecutor(lanes) as pool:
        one, two = pool.map(lambda ranks: undisturbed(made, folder, ranks), (1, 2))
        assert order(one) == order(two)
        shares = [(one, (1,)), (two, (2,)), (one, (1, 2))]
        parts = [
            pool.submit(disturb, whole, folder, ranks, (stops + 2 - n) // 3, (kills + 2 - n) // 3, seed * 10 + n)
            for n, (whole, ranks) in enumerate(shares)
        ]
        return sum((part.result() for part in parts), one.tally + two.tally)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lanes", type=int, default=2)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wavemill-chaos-") as place:
        made = proof(Path(place), options.stops, options.kills, options.seed, options.lanes)
    print(f"resume: {made.stops.total()} stops, {made.kills} kills, {time.monotonic() - began:.0f} s")
    print("  SIGTERM to " + ", ".join(f"{name} {count}" for name, count in made.stops.most_common()))
    print(
        "  processes by ranks and workers: " + ", ".join(f"{r}x{w} {n}" for (r, w), n in sorted(made.sessions.items()))
    )
    print("  trainings finished: " + ", ".join(f"{count} with {name}" for name, count in made.finished.most_common()))
    print(f"  each epoch held each example once; {made.padding} batches only padded the last step of an epoch")
    print("  batches, curves, weights, optimizer and random numbers as undisturbed where the ranks were the same")
    print(f"  {made.again} steps taken again after kills; no hang, the longest stop took {made.longest:.1f} s")


if __name__ == "__main__":
    main()
