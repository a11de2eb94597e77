"""From a configuration and a store to a finished run."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from features.example import Label
from manifests.address import absolute
from manifests.generation import labels_of
from manifests.store import Store
from manifests.where import Where
from pipelines.yaml_source import Document
from training import checkpoint
from training.checkpoint import About
from training.config import ClassificationConfig, TrainConfig
from training.errors import DataError, TrainingError
from training.fitted import build_model
from training.loader import load
from training.pictures import draw_curves
from training.run_folder import RunFolder
from training.tasks.classification import Classification
from training.trainer import Trainer, Watch
from training.window import examples


def train(
    document: Document,
    store: str | Path,
    out: str | Path,
    *,
    where: str | None = None,
    valid_split: str = "valid",
    resume: bool = False,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Trains as the document says on the train split of a store, into the folder `out`; the summary as JSON.

    `valid_split` chooses the best weights, `where` selects the examples of both. A run that is resumed goes on
    with the generation of the store that it began with, from its last checkpoint or else from the start.
    """
    config = document.validate(TrainConfig)
    run = RunFolder(out)
    if resume:
        _same_run(run, config, where, valid_split)
        opened = Store.open(f"{store}@{run.facts()['generation']}" if "@" not in str(store) else store)
    else:
        opened = Store.open(store)
    task = Classification.from_labels(config.task, label_values(opened, config.task, where))
    spec = opened.array(config.task.array)
    if spec.kind != "features" or spec.width is None:
        raise DataError(f"{store}: {spec.name} is no array of features; {config.task.name} needs one")
    address = f"{opened.storage.root}@{opened.generation.number}"
    common: dict[str, Any] = {"where": where, "batch_size": config.batch_size, "arrays": [spec.name]}
    common |= {"seed": config.seed, "workers": config.workers, "rank": 0, "world": 1}
    with reproducible(config.seed, config.threads):
        model = build_model(config.model, spec.width, len(task.classes))
        batches = load(address, "train", **common)
        valid = load(address, valid_split, shuffle=False, **common)
        about = About(
            model=config.model.model_dump(mode="json"),
            task=task.describe(),
            **checkpoint.about_features(opened.generation),
        )
        trainer = Trainer(config, task, model, about, run, watch)
        if resume and run.last.exists():
            trainer.resume(batches)
        elif not resume:
            run.start(document.text, _facts(opened, config, where, valid_split, model))
        trainer.fit(batches, valid)
    draw_curves(run.epochs(), run.path / "curves.png", config.name)
    return summary(run)


def label_values(store: Store, config: ClassificationConfig, where: str | None) -> Iterator[Label | None]:
    """The label of every example of train, from the indexes alone."""
    column = "speaker" if config.label == "speaker" else "labels"
    condition = Where(where) if where is not None else None
    for entry in store.entries("train"):
        for row in examples(store, entry, [column], condition).to_pylist():
            yield row["speaker"] if column == "speaker" else labels_of(row).get(config.label)


@contextmanager
def reproducible(seed: int, threads: int | None) -> Iterator[None]:
    """Torch seeded, deterministic and with so many threads; afterwards as it was."""
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.use_deterministic_algorithms(True)
        if threads is not None:
            torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before[0])
            torch.use_deterministic_algorithms(before[1])


def summary(run: RunFolder) -> dict[str, Any]:
    """How the run went: its best epoch, and how long it took."""
    epochs = run.epochs()
    _, best = checkpoint.read(run.best)
    chosen = epochs[best.state["progress"]["epoch"]]
    return {"run": str(run.path), "epochs": len(epochs), "best": chosen, "seconds": sum(e["seconds"] for e in epochs)}


def _same_run(run: RunFolder, config: TrainConfig, where: str | None, valid_split: str) -> None:
    """TrainingError unless the run in the folder was begun with the same configuration."""
    facts = run.facts()
    now = {**config.model_dump(mode="json"), "where": where, "valid_split": valid_split}
    begun = {**facts["config"], "where": facts["where"], "valid_split": facts["valid_split"]}
    differing = [name for name, value in now.items() if begun.get(name) != value]
    if differing:
        raise TrainingError(f"{run.path} was begun with another {', '.join(differing)}; --resume goes on with the same")


def _facts(store: Store, config: TrainConfig, where: str | None, valid_split: str, model: nn.Module) -> dict[str, Any]:
    """What the run is made from, for run.json."""
    packages = {name: version(name) for name in ("wavemill", "torch", "numpy")}
    return {
        "store": absolute(store.storage.root),
        "generation": store.generation.number,
        "fingerprint": store.generation.fingerprint,
        "where": where,
        "valid_split": valid_split,
        "seed": config.seed,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "threads": torch.get_num_threads(),
        "environment": {"python": platform.python_version(), "machine": platform.machine(), **packages},
        "config": config.model_dump(mode="json"),
    }
