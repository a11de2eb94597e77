"""What one of two ranks sees: `python -m tests.training.two_ranks FOLDER`, started twice by test_distributed.py.

Each check leaves an entry in FOLDER/<rank>.json, gradients in FOLDER/<name>.safetensors.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from tests.training.fakes import FakeBatches, Plain, batch_of, config, gradients, trainer
from training import distributed
from training.answers import assess
from training.errors import Interrupted, NonFiniteLoss, TrainingError
from training.progress import Watch
from training.run_folder import RunFolder

SHARES = ([0, 1, 2, 3, 4, 5], [6, 7, 8, 9])
"""The examples of each rank: of other numbers, so that a mean of means would be another."""
GRADIENTS = {"clip_norm": 1e9}


def averaged(folder: Path, rank: int) -> None:
    """Gradients of a step that both ranks take together."""
    fitted = trainer(RunFolder(folder / "a"), config(optimizer=GRADIENTS), Plain)
    found = gradients(fitted, [batch_of(SHARES[rank])])
    if rank == 0:
        save_file(found, folder / "averaged.safetensors")


def padded(folder: Path, rank: int) -> None:
    """Gradients of a step in which the second rank only has what the first has too, at weight zero."""
    fitted = trainer(RunFolder(folder / "b"), config(optimizer=GRADIENTS), Plain)
    batch = batch_of(SHARES[0])
    batch.weight[:] = 1 - rank
    found = gradients(fitted, [batch])
    if rank == 0:
        save_file(found, folder / "padded.safetensors")


def not_finite(folder: Path, rank: int) -> dict[str, Any]:
    """A loss on the second rank that is no number."""
    batch = batch_of(SHARES[rank])
    if rank == 1:
        batch.arrays["log_mel"][0, 0, 0] = torch.inf
    try:
        trainer(RunFolder(folder / "c"), config(), Plain)._step([batch], 1)
    except NonFiniteLoss as error:
        return {"keys": error.keys}
    return {}


def assessed(folder: Path, rank: int) -> dict[str, Any]:
    """A split of one batch, which the second rank has as padding."""
    fitted = trainer(RunFolder(folder / "d"))
    batch = batch_of([4, 2, 7])
    batch.weight[:] = 1 - rank
    answers, loss = assess(fitted.task, fitted.model, [batch])
    return {"keys": [answer["key"] for answer in answers], "loss": loss}


def idle(folder: Path, rank: int) -> dict[str, Any]:
    """A model some of whose parameters take no part."""
    try:
        trainer(RunFolder(folder / "e"), config(), lambda: Plain(idle=True))._step([batch_of(SHARES[rank])], 1)
    except TrainingError as error:
        return {"error": str(error)}
    return {}


def first_weights(folder: Path, rank: int) -> dict[str, Any]:
    """Ranks whose weights would begin otherwise, and whose buffers go other ways within a step."""
    fitted = trainer(RunFolder(folder / "f"), config(seed=rank, accumulate=2))
    weights = [p.detach().sum().item() for p in fitted.model.parameters()]
    fitted._step([batch_of(SHARES[rank]), batch_of([10 + rank])], 1)
    distributed.share_buffers(fitted.model)
    after = [tensor.sum().item() for tensor in fitted.model.state_dict().values()]
    return {"weights": weights, "after": after}


def stopped(folder: Path, rank: int) -> dict[str, Any]:
    """SIGTERM to the second rank alone, in the first epoch's second step."""

    class Stop(Watch):
        def step(self, progress, steps):
            if rank == 1 and progress.step == 2:
                os.kill(os.getpid(), signal.SIGTERM)

    run = RunFolder(folder / "g")
    try:
        trainer(run, watch=Stop()).fit(FakeBatches(), FakeBatches(8, shuffle=False))
    except Interrupted as error:
        return {"error": str(error), "saved": run.last.exists()}
    return {}


def left_alone(folder: Path, rank: int) -> dict[str, Any]:
    """The second rank is gone, as after kill -9."""

    class Gone(Watch):
        def step(self, progress, steps):
            if rank == 1 and progress.step == 2:
                os._exit(9)

    trainer(RunFolder(folder / "h"), watch=Gone()).fit(FakeBatches(), FakeBatches(8, shuffle=False))
    return {}


CHECKS = (averaged, padded, not_finite, assessed, idle, first_weights, stopped, left_alone)


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    rank, seen = int(os.environ["RANK"]), {}
    try:
        with distributed.process_group(torch.device("cpu")):
            for check in CHECKS:
                seen[check.__name__] = check(folder, rank)
                (folder / f"{rank}.json").write_text(json.dumps(seen))
    except TrainingError as error:
        seen["left_alone"] = {"error": str(error)}
    (folder / f"{rank}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
