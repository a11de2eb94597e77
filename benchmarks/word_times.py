"""Word times, figures: `python -m benchmarks.word_times --store STORE --run RUN --work FOLDER`.

The test strings of a composed corpus are written as files, `wavemill predict` transcribes them, and the starts of words
are held against the onsets of the recordings that the strings were made of, whose places are known. The onset of a
recording is where its level first comes within some decibels of its loudest moment; several measures, since much hangs
on it: the fricative of a "six" can lie 40 dB below its vowel. Strings that are not recognised right have no pairs to
compare, and are counted.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.wavemill_runs import row, wavemill
from manifests.store import Store
from training.loader import load

BELOW_DB = (20.0, 30.0, 40.0, 50.0)
HOP_SECONDS, WINDOW_SECONDS = 0.005, 0.01


class Spoken(NamedTuple):
    """A string: its file, and each recording's word and (begin, end) in seconds."""

    file: Path
    words: list[str]
    spans: list[tuple[float, float]]


def written(store: Path, split: str, folder: Path) -> Iterator[Spoken]:
    """The strings of a split, each as a WAV file of 16 bits."""
    folder.mkdir(parents=True, exist_ok=True)
    rate = next(round(spec.rate or 0) for spec in Store.open(store).generation.arrays if spec.name == "audio")
    for batch in load(store, split, arrays=["audio"], batch_size=32, shuffle=False, notes=True):
        for place, key in enumerate(batch.keys):
            samples = batch.arrays["audio"][place, : batch.lengths["audio"][place], 0].numpy()
            file = folder / f"{key.replace('/', '_')}.wav"
            soundfile.write(file, samples, rate, "PCM_16")
            pieces: list[dict[str, Any]] = batch.notes[place]["decode"]["pieces"]
            yield Spoken(file, [str(p["text"]) for p in pieces], [(p["begin"], p["end"]) for p in pieces])


def onset(samples: NDArray[np.float64], rate: int, begin: float, end: float, below_db: float) -> float:
    """Where, in seconds, the level of what lies from `begin` to `end` first comes near that of its loudest moment."""
    hop, window = round(HOP_SECONDS * rate), round(WINDOW_SECONDS * rate)
    span = samples[round(begin * rate) : round(end * rate)]
    frames = np.lib.stride_tricks.sliding_window_view(span, window)[::hop]
    level_db = 10 * np.log10((frames**2).mean(1) + 1e-12)
    return begin + float((level_db >= level_db.max() - below_db).argmax()) * hop / rate


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", type=Path, required=True, help="Of the recipe connected_digits.yaml.")
    options.add_argument("--run", type=Path, required=True, help="A recogniser of it.")
    options.add_argument("--work", type=Path, required=True, help="Where files are written.")
    options.add_argument("--split", default="test")
    chosen = options.parse_args()
    strings = list(written(chosen.store, chosen.split, chosen.work / "strings"))
    wavemill("predict", chosen.run, *(string.file for string in strings), "--out", chosen.work / "texts")
    errors: dict[float, list[float]] = {below_db: [] for below_db in BELOW_DB}
    right = 0
    for string in strings:
        found = json.loads((chosen.work / "texts" / f"{string.file.stem}.json").read_text("utf-8"))["words"]
        if [word["word"] for word in found] != string.words:
            continue
        right += 1
        samples, rate = soundfile.read(string.file)
        for word, (begin, end) in zip(found, string.spans, strict=True):
            for below_db in BELOW_DB:
                errors[below_db].append(abs(word["start"] - onset(samples, rate, begin, end, below_db)))
    row("onset, below the loudest", "strings", "words", "median", "95 % within", "largest")
    row(*["---"] * 6)
    for below_db, seconds in errors.items():
        middle, most = np.quantile(seconds, [0.5, 0.95]) * 1000
        strings_right = f"{right} of {len(strings)}"
        row(
            f"{below_db:g} dB",
            strings_right,
            len(seconds),
            f"{middle:.0f} ms",
            f"{most:.0f} ms",
            f"{1000 * max(seconds):.0f} ms",
        )


if __name__ == "__main__":
    main()
