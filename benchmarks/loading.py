"""Steps of training with the loader, against the same steps on batches that lie in memory already.

    python -m benchmarks.loading --store STORE [--config CONFIG] [--rounds 5] [--set A.B=VALUE]

Both take the trainer's own step. A round is an epoch of the loader, whose batches are kept, and then those same
batches once more from memory: the same shapes and values in the same order, so that loading is all that differs. Every
other round goes the other way about, with the batches of the round before. What is printed is the median over rounds of
each, and of their ratio within a round; an epoch counts from its first batch being asked for to its last step. The last
ratio is of CPU time in the training process alone: it does not see what workers do, nor what else the machine does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import torch

from manifests.store import Store
from pipelines.yaml_source import read_yaml
from training import checkpoint
from training.checkpoint import About
from training.collate import Batch
from training.config import TrainConfig
from training.run_folder import RunFolder
from training.train import lesson, pick_device, reproducible
from training.trainer import Trainer

Speed = tuple[float, float]
"""Steps per second, and per second of CPU time."""

CONFIG = Path(__file__).parent.parent / "training" / "configs" / "spoken_digits.yaml"


class Bench:
    """A trainer with the loader that a configuration asks for."""

    def __init__(self, config: TrainConfig, store: Store) -> None:
        self.loader, _, task = lesson(config, store, None, store.generation.splits()[0])
        torch.manual_seed(config.seed)
        model = task.build(config.model, {spec.name: spec for spec in self.loader.specs}).to(pick_device(config.device))
        described = config.model.model_dump(mode="json"), task.describe()
        about = About(*described, heard=list(self.loader.specs), **checkpoint.about_features(store.generation))
        self.trainer = Trainer(config, task, model, about, RunFolder(tempfile.gettempdir()))
        self.padding = 0.0

    def warm_up(self) -> list[Batch]:
        """The batches of an epoch, behind a few steps; the padding of all of them."""
        batches = list(self.loader)
        self.steps(batches[:10])
        progress = self.trainer.progress
        progress.next_epoch()
        self.steps(batches)
        self.padding = 1 - progress.frames / progress.padded
        return batches

    def steps(self, batches: Iterable[Batch]) -> tuple[Speed, list[Batch]]:
        """How fast the steps of some batches are, from asking for the first one, and those batches."""
        began, taken = (time.perf_counter(), time.process_time()), []
        for batch in batches:
            self.trainer._step([batch], 1000)
            taken.append(batch)
        ended = time.perf_counter(), time.process_time()
        return tuple(len(taken) / (end - begin) for begin, end in zip(began, ended, strict=True)), taken

    def round(self, kept: list[Batch], loader_first: bool) -> tuple[Speed, Speed, list[Batch]]:
        """How fast the loader's steps are and those from memory, and the batches that the loader gave."""
        if loader_first:
            loading, given = self.steps(self.loader)
            return loading, self.steps(given)[0], given
        cached, _ = self.steps(kept)
        loading, given = self.steps(self.loader)
        return loading, cached, given


def measure(config: TrainConfig, store: Store, rounds: int) -> str:
    """A line of the table: what was measured with the workers that the configuration asks for."""
    bench = Bench(config, store)
    kept, found = bench.warm_up(), []
    for number in range(rounds):
        loading, cached, kept = bench.round(kept, number % 2 == 0)
        found.append((loading[0], cached[0], loading[0] / cached[0], loading[1] / cached[1]))
    loader, memory, ratio, of_cpu = (median(column) for column in zip(*found, strict=True))
    low, high = min(row[2] for row in found), max(row[2] for row in found)
    figures = f"{len(kept)} | {loader:.2f} | {memory:.2f} | {ratio:.3f} ({low:.3f} to {high:.3f}) | {of_cpu:.3f}"
    return f"| {config.workers} | {figures} | {100 * bench.padding:.1f} % |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True, help="A store whose train split the configuration learns from.")
    parser.add_argument("--config", type=Path, default=CONFIG, help="By default that of spoken digits.")
    parser.add_argument("--set", dest="overrides", action="append", default=[], help="A.B=VALUE; may be repeated.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--threads", type=int, default=1, help="Threads that torch computes with.")
    options = parser.parse_args()
    store = Store.open(options.store)
    print("| workers | steps | steps/s from the loader | from memory | ratio (of all rounds) | of CPU time | padding |")
    print("|---|---|---|---|---|---|---|")
    for workers in options.workers:
        chosen = [*options.overrides, f"workers={workers}", f"threads={options.threads}"]
        config = read_yaml(options.config, chosen).validate(TrainConfig)
        with reproducible(config.seed, config.threads):
            print(measure(config, store, options.rounds), flush=True)


if __name__ == "__main__":
    main()
