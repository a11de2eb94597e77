"""The parity table: how far each stage is from the library that it is compared with: `python -m benchmarks.parity`.

On synthetic clips, and with `--data FOLDER` on real ones. Exits with 1 where a stage is further away than the limit.
`--keep` writes the figures to docs/stages.json, for docs/stages.md.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import clips, figures
from benchmarks.references import Reference, installed, references
from features.chain import Chain, Stopped
from features.example import Audio, Example, Tokens
from features.fitting import fit
from features.resources import Resources
from features.showcase import corpora

LIMIT = 1e-4
CENTS, SHARE = 50.0, 0.01
"""A frame is wrong that is more than half a semitone off, and one of a hundred may be: where troughs are equally deep,
rounding decides."""


@dataclass(frozen=True)
class Row:
    """A reference, and the difference over `clips`; no version where the library is not installed."""

    reference: Reference
    version: str | None
    clips: int = 0
    difference: float = 0.0

    @property
    def sound(self) -> bool:
        return self.version is None or self.difference <= (SHARE if self.reference.measure == "cents" else LIMIT)

    @property
    def words(self) -> str:
        """The difference, in words where it is not relative."""
        if self.version is None:
            return "not installed"
        if self.reference.measure == "cents":
            return f"{100 * self.difference:.2f} % of voiced frames more than {CENTS:g} cents off"
        return f"{self.difference:.1e}" if self.difference else "0"


def compare(reference: Reference, sounds: Sequence[NDArray[np.float32]]) -> Row:
    """The row of one reference over these clips, (samples,) each at 16 kHz; those that a stage stops are left out."""
    version = installed(reference.library)
    if version is None:
        return Row(reference, None)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_fft=.* is too large")  # librosa, of short clips in low octaves
        pairs = [pair for samples in sounds if (pair := _both(reference, samples)) is not None]
    if reference.measure == "cents":
        off = np.concatenate([_cents(ours, theirs) for ours, theirs in pairs])
        return Row(reference, version, len(pairs), float(np.mean(off > CENTS)))
    return Row(reference, version, len(pairs), max(_relative(reference, *pair) for pair in pairs))


def prepared(reference: Reference, samples: NDArray[np.float32]) -> tuple[Chain, Example] | None:
    """The last stage by itself, bound, and an example with what it reads; None where a stage before stops it."""
    chain, example = Chain.parse(reference.chain), clips.example(samples)
    chain = chain.bind(Resources(corpora(), fit(chain, lambda: [example])))
    outcome = Chain(chain.stages[:-1]).run(example)
    if isinstance(outcome, Stopped):
        return None
    stage: Any = chain.stages[-1]  # all that are compared read an array
    return chain.only(len(chain.stages) - 1), replace(outcome[0], arrays={stage.of: outcome[0].arrays[stage.of]})


def read(example: Example) -> tuple[NDArray[Any], float]:
    """The one array of an example, and its rate per second."""
    (value,) = example.arrays.values()
    assert not isinstance(value, Tokens)  # which none of the stages that are compared read
    return value.array, float(value.sample_rate if isinstance(value, Audio) else value.frame_rate)


def _both(reference: Reference, samples: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Our array and the library's; where a recording is cut, its parts behind each other."""
    found = prepared(reference, samples)
    if found is None or isinstance(made := found[0].run(found[1]), Stopped):
        return None
    stage: Any = found[0].stages[0]
    values = [one.arrays[getattr(stage, "target", stage.of)] for one in made]
    ours = np.concatenate([value.array for value in values], axis=1 if isinstance(values[0], Audio) else 0)
    given, rate = read(found[1])
    return ours, reference.compute(given.astype(np.float64) if reference.double else given, rate)


def _relative(reference: Reference, ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """The largest difference over the reference's largest magnitude; infinite where the shapes differ."""
    if ours.shape != theirs.shape:
        return float("inf")
    first, second = ours.astype(np.float64), theirs.astype(np.float64)
    if reference.measure == "level":
        first, second = (10 ** (values * reference.decibels / 10) for values in (first, second))
    return float(np.nanmax(np.abs(first - second)) / np.nanmax(np.abs(second)))


def _cents(ours: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.float64]:
    """How far a pitch is off, in cents, in the frames that both hold for voiced."""
    both = (ours[:, 0] > 0) & (theirs[:, 0] > 0)
    found: NDArray[np.float64] = np.abs(1200 * np.log2(ours[both, 0] / theirs[both, 0]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with real audio, of any layout")
    parser.add_argument(
        "--clips",
        type=int,
        default=60,
        help="how many real files are opened; those of half a second or more are compared",
    )
    parser.add_argument("--keep", action="store_true", help="write the figures to docs/stages.json")
    options = parser.parse_args()
    sounds = [samples for _, samples in clips.synthetic()]
    if options.data:
        sounds += [samples for _, samples in clips.real(options.data, options.clips)]
    print("| stage | library | clips | largest difference, relative to the largest value |\n|---|---|---|---|")
    rows = []
    for reference in references():
        if reference.measure is not None:
            rows.append(row := compare(reference, sounds))
            mark = "" if row.sound else " **too far**"
            print(f"| {reference.label} | {reference.library} {row.version or ''} | {row.clips} | {row.words}{mark} |")
    if options.keep:
        figures.keep(
            "parity", {figures.key(row.reference): {"clips": row.clips, "difference": row.words} for row in rows}
        )
    sys.exit(any(not row.sound for row in rows))


if __name__ == "__main__":
    main()
