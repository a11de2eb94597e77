"""Builds a corpus in which some recordings bring builders down: `python -m tests.chaos.poison --recordings 2000`.

A stage segfaults on some, allocates without bound on others, and never returns from the rest. Each of them must be
named in the ledger, with the stage and the reason, and be touched once; every other recording must be made once, and
be in the store once, with the very bytes of a build that never met the poison. The stage itself counts what it touches.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from manifests.storage import TEMPORARY
from manifests.store import Store
from tests.factories import tone, write_lines
from tests.pipelines.corpora import Tones, checksums
from wavemill import cli

PLUGIN = """\
import ctypes, os, time
from features.stage import Stage

class Poison(Stage):
    name = "poison"

    def check(self, shapes):
        return dict(shapes)

    def apply(self, example, draws):
        corpus, _, rest = example.key.partition("/")
        if corpus == "tones":
            log = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(log, (example.key + "\\n").encode())
            os.close(log)
        if rest.startswith("segfault/"):
            ctypes.string_at(0)
        held = []
        while rest.startswith("memory/"):
            held.append(bytearray(1 << 26))
        while rest.startswith("hang/"):
            time.sleep(3600)
        return example
"""
LIMITS = "plugins: [poison.py]\nlimits: {{memory: 1 GiB, seconds: {seconds}}}\n"
REASONS = {"segfault": "SIGSEGV", "memory": "limits.memory", "hang": "limits.seconds"}
POISON = {"segfault": 20, "memory": 5, "hang": 5}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many poisonous recordings were named, how many others were made, how many builders died of the former."""

    named: int
    built: int
    restarts: int
    seconds: float


def wavemill(*arguments: str | Path) -> dict[str, Any]:
    """What a command answers with --json."""
    answered = CliRunner().invoke(cli, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert answered.exit_code == 0, answered.output
    answer: dict[str, Any] = json.loads(answered.stdout)
    return answer


def strike(
    folder: Path, recordings: int, poison: Mapping[str, int], clusters: tuple[str, ...], seconds: int
) -> dict[str, Outcome]:
    """Builds so many recordings, some of them poisonous, on each cluster; AssertionError when something is lost."""
    log = folder / "touched"
    write_lines(folder / "poison.py", PLUGIN.format(log=str(log)))
    tail = LIMITS.format(seconds=seconds)
    tones = Tones(folder, recordings - sum(poison.values()), more="  - poison: {}\n", tail=tail)
    tones.recipe()
    wavemill("build", folder / "recipe.yaml", "--out", folder / "expected", "--cluster", "inline")
    expected = checksums(folder / "expected")
    keys = {
        f"tones/{kind}/{number:04d}.wav": REASONS[kind] for kind, count in poison.items() for number in range(count)
    }
    for number, key in enumerate(keys):
        tones.write(tones.root / key.partition("/")[2], tone(0.2 + 0.01 * (number % 7), 8000))
    found = {}
    for cluster in clusters:
        log.unlink()
        began = time.monotonic()
        command = ["build", folder / "recipe.yaml", "--out", folder / cluster, "--cluster", cluster]
        made = wavemill(*command, "--workers", "2")
        took = time.monotonic() - began
        touched = Counter(log.read_text().split())
        inspect(folder / cluster, made, keys, expected)
        assert touched == Counter([*keys, *(key for key, _, _ in expected)]), "a recording was not touched just once"
        assert not list((folder / cluster / "shards").glob(f"{TEMPORARY}*")), "a builder that died left half a shard"
        restarts = json.loads((folder / cluster / made["run"]).read_bytes())["builders"]["restarts"]
        assert restarts == len(keys)
        assert wavemill(*command)["shards_built"] == 0
        assert Counter(log.read_text().split()) == touched, "a build with nothing to do touched recordings"
        found[cluster] = Outcome(len(keys), made["produced"], restarts, took)
    return found


def inspect(
    store: Path, made: Mapping[str, Any], keys: Mapping[str, str], expected: Mapping[tuple[str, int, int], str]
) -> None:
    """Each poisonous recording is named with its reason, and each other one is there once, bit for bit."""
    assert made["recordings"] == len(keys) + len(expected)
    assert (made["produced"], made["filtered"], made["rejected"]) == (len(expected), 0, len(keys))
    left_out = wavemill("ledger", store)["left_out"]
    assert sorted(row["key"] for row in left_out) == sorted(keys)
    for row in left_out:
        assert (row["fate"], row["stage"]) == ("rejected", "poison"), row
        assert keys[row["key"]] in row["reason"], row
    opened = Store.open(store)
    rows = Counter(key for entry in opened.generation.shards for key in opened.index(entry)["key"].to_pylist())
    assert set(rows.values()) == {1}
    assert checksums(store) == expected
    assert set(opened.generation.quarantine()) == set(keys)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=2000)
    for kind, count in POISON.items():
        parser.add_argument(f"--{kind}", type=int, default=count)
    options = parser.parse_args()
    poison = {kind: getattr(options, kind) for kind in POISON}
    with tempfile.TemporaryDirectory(prefix="wavemill-chaos-") as folder:
        found = strike(Path(folder), options.recordings, poison, ("inline", "local"), seconds=10)
    counts = ", ".join(f"{count} {kind}" for kind, count in poison.items())
    for cluster, outcome in found.items():
        print(
            f"poison: {cluster}: {options.recordings} recordings with {counts}: {outcome.built} made once, with the "
            f"bytes of a build without poison; {outcome.named} named with stage and reason, each touched once; "
            f"{outcome.restarts} builders replaced; {outcome.seconds:.0f} s"
        )


if __name__ == "__main__":
    main()
