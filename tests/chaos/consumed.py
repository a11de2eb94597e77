"""wavemill, noting every batch that a step of training took: `python -m tests.chaos.consumed train ..`.

A rank writes into CONSUMED/<rank>.jsonl, one line for each batch, when the step that took it is done.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import wavemill
from training import distributed
from training.trainer import Trainer


def note_batches(folder: Path) -> None:
    """From now on steps of training note what they took."""
    step = Trainer._step

    def noting(self, batches, steps):
        before, epoch = self.progress.step, self.progress.epoch
        step(self, batches, steps)
        rank = distributed.rank()
        with open(folder / f"{rank}.jsonl", "a", encoding="utf-8") as sink:
            for batch in batches:
                examples = list(zip(batch.keys, batch.copies, batch.parts, strict=True))
                found = {"step": before, "epoch": epoch, "rank": rank, "real": bool(batch.weight.all())}
                sink.write(json.dumps({**found, "pid": os.getpid(), "examples": examples}) + "\n")

    Trainer._step = noting


if __name__ == "__main__":
    note_batches(Path(os.environ["CONSUMED"]))
    wavemill.main()
