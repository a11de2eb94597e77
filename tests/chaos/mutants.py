"""Builds a corpus of damaged audio: `python -m tests.chaos.mutants --mutants 1000`.

Recordings in five containers are truncated, flipped, cut, filled with rubbish, or get another header. Among them are a
FLAC that claims 2^36 - 1 samples, the most that its header can, and a FLAC of a megabyte that holds half a day of
silence, once with its length in the header and once without. One builder takes them all, with a limit on its memory:
each must have a fate, no build may fail, and no process may ever hold more than the limit, as the kernel counts it.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from manifests.index import FATES
from manifests.store import Store
from pipelines.verify import damages
from tests.factories import write_lines
from tests.features.audio.mutations import mutated
from tests.features.audio.sounds import encode, noise

RECIPE = """\
name: mutants
description: Damaged audio.
corpora:
  mutants: {{reader: folder, root: "{root}"}}
source: [mutants]
split: {{by: key, test: 0.2}}
stages:
  - decode: {{channels: mono{decode}}}
  - resample: {{sample_rate: 8000}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 32}}
store: {{path: "{store}", format: arrow, keep: {{log_mel: float16, audio: flac}}}}
limits: {{memory: {mebibytes} MiB, seconds: 300}}
"""
CONTAINERS = {
    "wav": (("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "IMA_ADPCM"), ("WAVEX", "PCM_24"), ("RF64", "PCM_16")),
    "flac": (("FLAC", "PCM_16"), ("FLAC", "PCM_24")),
    "ogg": (("OGG", "VORBIS"),),
    "opus": (("OGG", "OPUS"),),
    "mp3": (("MP3", "MPEG_LAYER_III"),),
}
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
NO_LIMITS = ", max_seconds: 1.0e+9, max_bytes: 1000000000000000"
CLAIM, SILENCE, OPEN = "claim.flac", "silence.flac", "open.flac"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Fates by container, how many recordings brought a builder down, and the largest process of the build."""

    fates: dict[str, Counter[str]]
    quarantined: dict[str, str]
    peak_bytes: int


def corpus(root: Path, count: int, hours: int, seed: int) -> None:
    """So many mutants, the three giants among them."""
    rng, kinds = np.random.default_rng(seed), list(CONTAINERS)
    root.mkdir()
    for number in range(count - 3):
        kind = kinds[number % len(kinds)]
        container, subtype = CONTAINERS[kind][number // len(kinds) % len(CONTAINERS[kind])]
        sound = encode(noise(int(rng.integers(2000, 30_000)), 1 + number % 2, number), container, subtype)
        (root / f"{number:05d}.{kind}").write_bytes(mutated(sound, rng))
    (root / CLAIM).write_bytes(claiming(encode(noise(8000), "FLAC"), 2**36 - 1))
    (root / SILENCE).write_bytes(quiet := silence(hours))
    (root / OPEN).write_bytes(claiming(quiet, 0))


def claiming(flac: bytes, total: int) -> bytes:
    """A FLAC whose header declares so many samples, 0 for no number; the field has 36 bits."""
    packed = int.from_bytes(flac[18:26], "big") >> 36 << 36 | total
    return flac[:18] + packed.to_bytes(8, "big") + flac[26:]


def silence(hours: int) -> bytes:
    """Hours of silence at 8 kHz as FLAC: some 90 KB an hour."""
    sink, minute = io.BytesIO(), np.zeros(60 * 8000, np.int16)
    with soundfile.SoundFile(sink, "w", 8000, 1, format="FLAC", subtype="PCM_16") as target:
        for _ in range(60 * hours):
            target.write(minute)
    return sink.getvalue()


def strike(folder: Path, decode: str, mebibytes: int) -> Outcome:
    """Builds the corpus with one builder; AssertionError when the build fails or a recording has no fate."""
    root, store = folder / "corpus", folder / f"store{len(list(folder.iterdir()))}"
    text = RECIPE.format(root=root, store=store, decode=decode, mebibytes=mebibytes)
    recipe = write_lines(folder / "recipe.yaml", text)
    made, peak = measured("build", recipe, "--cluster", "inline", "--json")
    opened, fates, seen = Store.open(store), {kind: Counter[str]() for kind in CONTAINERS}, Counter[str]()
    for entry in opened.generation.shards:
        table = opened.index(entry, ["key", "fate"])
        seen.update(table["key"].to_pylist())
        for key, fate in zip(*table.to_pydict().values(), strict=True):
            fates[key.rpartition(".")[2]][fate] += 1
    assert seen == Counter(f"mutants/{path.name}" for path in root.iterdir()), "a recording has no fate, or several"
    assert made["recordings"] == len(seen) == sum(made[fate] for fate in FATES)
    assert not list(damages(opened))
    assert peak < mebibytes << 20, f"a process of the build held {peak:,} bytes"
    return Outcome(fates, {key: why[1] for key, why in opened.generation.quarantine().items()}, peak)


def measured(*arguments: str | Path) -> tuple[dict[str, Any], int]:
    """What a command answers, and the most memory that it or any process it started ever held, in bytes."""
    command = [sys.executable, "-c", MEASURE, sys.executable, "-m", "wavemill", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0, f"the build ended with {done.returncode}"
    answer, _, kibibytes = done.stdout.rstrip().rpartition("\n")
    return json.loads(answer), int(kibibytes) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=1000)
    parser.add_argument("--hours", type=int, default=12, help="of silence")
    parser.add_argument("--mebibytes", type=int, default=1024, help="that the builder may use")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wavemill-chaos-") as folder:
        corpus(Path(folder) / "corpus", options.mutants, options.hours, options.seed)
        for limits, decode in (("with the decoder's limits", ""), ("without them", NO_LIMITS)):
            outcome = strike(Path(folder), decode, options.mebibytes)
            kinds = ", ".join(
                f"{kind} {found['produced']} produced and {found['rejected']} rejected"
                for kind, found in outcome.fates.items()
            )
            print(
                f"mutants: {limits}: {options.mutants} recordings, each with a fate: {kinds}; "
                f"{len(outcome.quarantined)} brought a builder down ({outcome.quarantined or 'none'}); no process held "
                f"more than {outcome.peak_bytes / 2**20:.0f} MiB, {options.mebibytes} MiB allowed"
            )


if __name__ == "__main__":
    main()
