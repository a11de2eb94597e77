"""From a configuration and a store to a finished run."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import nn

from features.chain import Chain
from features.stage import Stage
from manifests.address import absolute
from manifests.store import Store, parse_address
from manifests.where import Where
from pipelines.yaml_source import Document
from training import checkpoint, distributed
from training.card import write_card
from training.catalog import task_class
from training.checkpoint import About
from training.collate import Batch
from training.config import TrainConfig
from training.credits import credits_of
from training.errors import DataError, TrainingError
from training.fitted import CRITIC
from training.initial import in_words, take_again, take_weights
from training.loader import Loader, load
from training.pictures import draw_curves
from training.progress import Watch
from training.run_folder import RunFolder
from training.run_lock import alone
from training.tasks.task import Material, Task
from training.trainer import Trainer
from training.window import examples


def train(
    document: Document,
    store: str | Path,
    out: str | Path,
    *,
    where: str | None = None,
    valid_split: str = "valid",
    resume: bool = False,
    init: str | Path | None = None,
    watch: Watch | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Trains as the document says on the train split of a store, into the folder `out`; the summary as JSON.

    `valid_split` chooses the best weights, `where` selects the examples of both. A run that is resumed goes on
    with the generation of the store that it began with, from its last checkpoint or else from the start. `init` names
    another run, or a file of weights, to begin with (training/initial.py); `say` hears what was taken from there. Of
    several processes that torchrun started, the first one writes; all of them get the summary.
    """
    if resume and init is not None:
        raise TrainingError("--resume goes on from the run's own checkpoint; --init is for a new run")
    config = document.validate(TrainConfig)
    run, device = RunFolder(out), pick_device(config.device)
    opened = _same_run(run, config, store, where, valid_split) if resume else Store.open(store)
    with reproducible(config.seed, config.threads), distributed.process_group(device):
        known = checkpoint.read(run.last)[1].fitted if resume and run.last.exists() else {}
        batches, valid, task = lesson(config, opened, where, valid_split, known)
        model = task.build(config.model, {spec.name: spec for spec in batches.specs}).to(device)
        begun = _first_weights(model, init, run, opened, resume)
        about = _about(config, task, batches, opened)
        leads = distributed.rank() == 0
        if leads and not resume:
            run.start(document.text, _facts(opened, config, where, valid_split, model) | begun)
            for origin in begun.values():
                say(in_words(origin))
        with alone(run.path) if leads else nullcontext():
            torch.manual_seed(config.seed + distributed.rank())  # of dropout; the first weights are those of rank 0
            trainer = Trainer(config, task, model, about, run, watch)
            if resume and run.last.exists():
                trainer.resume(batches)
            trainer.fit(batches, Unchanging(valid))
            if leads:
                draw_curves(run.epochs(), run.path / "curves.png", config.name)
                write_card(run)
        return distributed.gather([summary(run)] if leads else [])[0]


PRACTICAL = ("workers", "checkpoint_minutes")
"""What makes no difference to the weights."""


class Unchanging:
    """The batches of a split that is measured: in each epoch of training the same, also in what stages at load draw."""

    def __init__(self, batches: Loader) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[Batch]:
        self.batches.set_epoch(0)
        return iter(self.batches)


def lesson(
    config: TrainConfig, store: Store, where: str | None, valid_split: str, known: Mapping[str, str] | None = None
) -> tuple[Loader, Loader, Task]:
    """The batches of train and of the split that chooses, and the task with what it learns from train.

    `known` is what stages at load were fitted to already. DataError where the store does not hold what is asked for.
    """
    kind, address = task_class(config.task.name), f"{store.storage.root}@{store.generation.number}"
    common: dict[str, Any] = {
        "where": where,
        "arrays": config.task.arrays,
        "seed": config.seed,
        "workers": config.workers,
    }
    common |= {"stages": config.stages, "corpora": config.corpora, **config.batching()}
    batches = load(address, "train", balance=config.balance, fitted=known, **common)
    valid = load(address, valid_split, shuffle=False, fitted=batches.fitted, **common)
    chain, specs = [*store.generation.chain, *described(config.stages)], {spec.name: spec for spec in batches.specs}

    def stored() -> Loader:
        return load(address, "train", shuffle=False, rank=0, world=1, fitted=batches.fitted, **common)

    material = Material(specs, _rows(store, where), store.generation.fitted, chain, stored)
    return batches, valid, kind(config.task, kind.learn(config.task, material))


def _rows(store: Store, where: str | None) -> Callable[[Sequence[str]], Iterator[Mapping[str, Any]]]:
    condition = Where(where) if where is not None else None

    def rows(columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        for entry in store.entries("train"):
            yield from examples(store, entry, columns, condition).to_pylist()

    return rows


def described(stages: Sequence[Stage]) -> list[dict[str, Any]]:
    """Stages as JSON, every parameter resolved."""
    return Chain(stages).describe()


def pick_device(name: str) -> torch.device:
    """The device of a configuration; DataError where it asks for a GPU that is not there."""
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise DataError("device: cuda, but torch finds no GPU here; write auto or cpu")
    if name == "cpu" or not there:
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


@contextmanager
def reproducible(seed: int, threads: int | None) -> Iterator[None]:
    """Torch seeded, deterministic and with so many threads; afterwards as it was."""
    deterministic: Any = torch.utils.deterministic
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    filled = deterministic.fill_uninitialized_memory
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS is not deterministic
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.use_deterministic_algorithms(True)
        deterministic.fill_uninitialized_memory = False  # what nobody reads need not be filled
        if threads is not None:
            torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before[0])
            torch.use_deterministic_algorithms(before[1])
            deterministic.fill_uninitialized_memory = filled


def summary(run: RunFolder) -> dict[str, Any]:
    """How the run went: its best epoch, and how long it took."""
    epochs = run.epochs()
    _, best = checkpoint.read(run.best)
    chosen = epochs[best.state["progress"]["epoch"]]
    return {"run": str(run.path), "epochs": len(epochs), "best": chosen, "seconds": sum(e["seconds"] for e in epochs)}


def _same_run(run: RunFolder, config: TrainConfig, store: str | Path, where: str | None, valid_split: str) -> Store:
    """The store as the run in the folder began with it; TrainingError unless it was begun with all the same."""
    facts = run.facts()
    now = {**config.model_dump(mode="json"), "where": where, "valid_split": valid_split}
    begun = {
        **facts["config"],
        **_as_of_now(config, facts["config"]),
        "where": facts["where"],
        "valid_split": facts["valid_split"],
    }
    differing = [name for name, value in now.items() if begun.get(name) != value and name not in PRACTICAL]
    storage, asked = parse_address(store)
    if asked not in (None, facts["generation"]):
        differing.append(f"generation of the store, {facts['generation']}")
    if differing:
        raise TrainingError(f"{run.path} was begun with another {', '.join(differing)}; --resume goes on with the same")
    opened = Store.open(f"{storage.root}@{facts['generation']}")
    if opened.generation.fingerprint != facts["fingerprint"]:
        raise TrainingError(
            f"{run.path} was begun with other features than {storage.root} holds, those of {facts['store']}"
        )
    return opened


def _as_of_now(config: TrainConfig, begun: Mapping[str, Any]) -> dict[str, Any]:
    """Task and model of a run that an earlier version began, with what it did not know yet as it is by default."""
    found = {}
    for name, section in (("task", config.task), ("model", config.model)):
        with suppress(ValidationError):
            found[name] = type(section).model_validate(begun[name]).model_dump(mode="json")
    return found


def _first_weights(
    model: nn.Module, init: str | Path | None, run: RunFolder, store: Store, resume: bool
) -> dict[str, dict[str, Any]]:
    """Gives a model the weights of another run, where this one begins with them; for run.json, what was taken."""
    if init is not None:
        return {"init": take_weights(model, init, store.generation)}
    if resume and not run.last.exists() and "init" in run.facts():
        take_again(model, run.facts()["init"], store.generation)
    return {}


def _about(config: TrainConfig, task: Task, batches: Loader, store: Store) -> About:
    """What the run's checkpoints say of themselves."""
    return About(
        model=config.model.model_dump(mode="json"),
        task=task.describe(),
        stages=described(config.stages),
        corpora=config.model_dump(mode="json")["corpora"],
        heard=list(batches.specs),
        **checkpoint.about_features(store.generation) | {"fitted": {**store.generation.fitted, **batches.fitted}},
    )


def _facts(store: Store, config: TrainConfig, where: str | None, valid_split: str, model: nn.Module) -> dict[str, Any]:
    """What the run is made from, for run.json."""
    packages = {name: version(name) for name in ("wavemill", "torch", "numpy")}
    device = next(model.parameters()).device
    return {
        "store": absolute(store.storage.root),
        "generation": store.generation.number,
        "fingerprint": store.generation.fingerprint,
        "corpora": credits_of(store, config),
        "where": where,
        "valid_split": valid_split,
        "seed": config.seed,
        "parameters": sum(p.numel() for name, p in model.named_parameters() if not name.startswith(f"{CRITIC}.")),
        "threads": torch.get_num_threads(),
        "ranks": distributed.world(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "environment": {"python": platform.python_version(), "machine": platform.machine(), **packages},
        "config": config.model_dump(mode="json"),
    }
