"""Denoising, figures: `python -m benchmarks.denoising --data FOLDER --noises FOLDER --work FOLDER`.

Speech and noises that were never trained on, mixed at -5, 0, 5, 10 and 15 dB: SI-SDR before and after, beside spectral
gating, STOI and ESTOI, by voice; streaming beside the offline answer; the real-time factor on one core. `--noises` is a
folder of recorded noises that training.noise_corpus makes a corpus of.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.wavemill_runs import build, parser, row, train, wavemill
from features.catalog import stage_class
from manifests.corpora import reader_class
from manifests.splits import Split
from pipelines.recipe import Corpus
from training.collate import Batch
from training.enhancement.spectral_gating import spectral_gating
from training.fitted import Fitted, load_fitted
from training.loader import load
from training.metrics.enhancement import si_sdr, stoi
from training.models.streaming import StreamingDenoiser
from training.noise_corpus import write

SNRS_DB = (-5, 0, 5, 10, 15)
KERSTIN = ("--set", "source=[kerstin]", "--set", "split={by: key, test: 0.95}")


def mixtures(store: Path, noise: Path, snr_db: float, most: int) -> Iterator[Batch]:
    """Test speech with test noise at a ratio, the first `most` of it."""
    split = Split.model_validate({"by": "label", "valid": ["valid"], "test": ["test"]})
    corpus = Corpus(reader=reader_class("folder")(root=str(noise), label="parent"), split=split)
    add = stage_class("add_noise").model_validate(
        {"from": "noise", "snr_db": snr_db, "act_on": "all", "of": "audio", "as": "noisy"}
    )
    given: dict[str, Any] = {"stages": [add], "corpora": {"noise": corpus}, "arrays": ["noisy", "audio"], "notes": True}
    for number, batch in enumerate(load(store, "test", batch_size=1, shuffle=False, seed=int(snr_db) + 100, **given)):
        if number == most:
            return
        yield batch


@torch.inference_mode()
def scores(fitted: Fitted, batches: Iterator[Batch]) -> tuple[np.ndarray, list[str]]:
    """For each clip: SI-SDR of the noisy, the gated and the estimated speech, then STOI, then ESTOI of both ends; and
    the name of its noise."""
    found, noises = [], []
    for batch in batches:
        noisy, clean = (batch.arrays[name][0, :, 0].numpy() for name in ("noisy", "audio"))
        estimate = fitted.task.outputs(fitted.model, batch)[0, :, 0].numpy()
        gated = spectral_gating(noisy, 16000)
        figures = [si_sdr(heard, clean) for heard in (noisy, gated, estimate)]
        figures += [stoi(heard, clean, 16000, extended=e) for e in (False, True) for heard in (noisy, estimate)]
        if None not in figures:
            found.append(figures)
            noises.append(Path(batch.notes[0]["add_noise"]["clip"]).stem)
    return np.array(found, np.float64), noises


def table(name: str, fitted: Fitted, store: Path, noise: Path, most: int) -> dict[tuple[str, int], list[float]]:
    """Prints a row for each ratio; the SI-SDR gained on each clip, by noise and ratio."""
    gained: dict[tuple[str, int], list[float]] = {}
    for snr_db in SNRS_DB:
        found, noises = scores(fitted, mixtures(store, noise, snr_db, most))
        before, gated, after, stoi_before, stoi_after, estoi_before, estoi_after = found.mean(0)
        gains = found[:, 2] - found[:, 0]
        for heard, gain in zip(noises, gains.tolist(), strict=True):
            gained.setdefault((heard, snr_db), []).append(gain)
        shown = [
            f"{after - before:+.2f}",
            f"{gated - before:+.2f}",
            f"{np.min(gains):+.2f}",
            f"{(gains < 0).mean():.0%}",
        ]
        row(
            name,
            snr_db,
            len(found),
            *shown,
            f"{stoi_before:.3f} to {stoi_after:.3f}",
            f"{estoi_before:.3f} to {estoi_after:.3f}",
        )
    return gained


def by_noise(gained: dict[tuple[str, int], list[float]]) -> None:
    """The mean SI-SDR gained with each noise, a column for each ratio."""
    print()
    row("noise", *(f"{snr_db} dB" for snr_db in SNRS_DB))
    row(*["---"] * (1 + len(SNRS_DB)))
    for heard in sorted({name for name, _ in gained}):
        row(heard, *(f"{np.mean(gained[heard, snr_db]):+.2f}" for snr_db in SNRS_DB if (heard, snr_db) in gained))


def streaming(fitted: Fitted, batches: Iterator[Batch]) -> tuple[float, float]:
    """The largest difference of the streamed answer from the offline one, and the real-time factor of the stream."""
    rng, largest, took, seconds = np.random.default_rng(0), 0.0, 0.0, 0.0
    for batch in batches:
        noisy = batch.arrays["noisy"][0, :, 0]
        with torch.inference_mode():
            whole = fitted.task.outputs(fitted.model, batch)[0, :, 0]
        stream, told, at = StreamingDenoiser(fitted.model), [], 0
        began = time.process_time()
        while at < len(noisy):
            size = int(rng.integers(1, 8000))
            told.append(stream.feed(noisy[at : at + size]))
            at += size
        told.append(stream.finish())
        took, seconds = took + time.process_time() - began, seconds + len(noisy) / 16000
        largest = max(largest, float((torch.cat(told) - whole).abs().max()))
    return largest, took / seconds


def main() -> None:
    options: argparse.ArgumentParser = parser(__doc__, "barista/, kerstin-tts/ and speech-fixtures/")
    options.add_argument("--noises", type=Path, required=True, help="Folder of recorded noises.")
    options.add_argument("--speech", type=Path, required=True, help="Folder of speech that babble is made of.")
    options.add_argument("--valid-noises", nargs="+", required=True)
    options.add_argument("--test-noises", nargs="+", required=True)
    options.add_argument("--most", type=int, default=60, help="Clips of each voice and ratio.")
    chosen = options.parse_args()
    data, work, noise = str(chosen.data.absolute()), chosen.work / "denoising", chosen.work / "denoising" / "noise"
    if not noise.exists():
        write(chosen.noises, chosen.speech, chosen.valid_noises, chosen.test_noises, noise, 400, 8.0, 1)
    orders = build("clean_speech.yaml", work / "orders", DATA=data)
    kerstin = build("clean_speech.yaml", work / "kerstin", *KERSTIN, DATA=data)
    trained = train("denoising.yaml", orders, work / "run", chosen.seeds[0], NOISE=str(noise.absolute()))
    torch.set_num_threads(1)
    fitted = load_fitted(trained.run)
    print(
        f"{sum(p.numel() for p in fitted.model.parameters()):,} parameters, {trained.minutes:.0f} minutes", flush=True
    )
    row("speech", "SNR, dB", "clips", "SI-SDR gained, dB", "gating", "least", "made worse", "STOI", "ESTOI")
    row(*["---"] * 9)
    of_orders = table("orders", fitted, orders, noise, chosen.most)
    of_kerstin = table("kerstin", fitted, kerstin, noise, chosen.most)
    by_noise({key: of_orders.get(key, []) + of_kerstin.get(key, []) for key in {**of_orders, **of_kerstin}})
    largest, factor = streaming(fitted, mixtures(orders, noise, 5, 10))
    print(f"streaming: at most {largest:.1e} from the offline answer, real-time factor {factor:.3f} on one core")
    print(wavemill("predict", trained.run, *sorted(chosen.noises.iterdir())[:1], "--out", work / "clean"))


if __name__ == "__main__":
    main()
