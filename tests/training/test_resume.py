"""Stopped trainings lose and repeat nothing. `python -m tests.chaos.resume` stops them 20 times, and kills them."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.digits import BATCH_SECONDS, digits
from tests.chaos.resume import EPOCHS, Life, check_epochs, order
from training.loader import load


def test_two_ranks_are_stopped_and_one_goes_on(tmp_path: Path) -> None:
    """With other workers, too: torchrun hands SIGTERM on to the processes that read batches."""
    made = digits(tmp_path, 40, EPOCHS)
    life = Life(made, tmp_path)
    assert life.stopped(ranks=2, workers=1, at=4, to="torchrun")
    life.whole(ranks=1, workers=2)
    assert {line["rank"] for line in life.lines} == {0, 1}
    check_epochs(life)
    batches = load(made.store, "train", batch_seconds=BATCH_SECONDS, rank=0, world=1)
    expected = [
        (epoch, [list(example) for example in zip(batch.keys, batch.copies, batch.parts, strict=True)])
        for epoch in range(EPOCHS)
        for batch in batches
    ]
    assert order(life) == expected
