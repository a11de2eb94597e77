"""Mixup: the published formula, draws that depend on seed, epoch and key alone, and training with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import torch
from pydantic import ValidationError

from tests.training.fakes import CLASSES, FakeBatches, Plain, batch_of, config, trainer
from training import checkpoint
from training.collate import Batch
from training.mixup import Mixed, mix
from training.run_folder import RunFolder
from training.tasks.classification import Classification
from training.trainer import Learning


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def mixed(batch: Batch, alpha: float = 1.0, seed: int = 7, epoch: int = 2) -> Mixed:
    return mix(batch, "log_mel", alpha, seed, epoch)


def test_each_example_is_a_weighted_mean_of_two() -> None:
    batch = batch_of(list(range(9)))
    made = mixed(batch)
    assert sorted(made.other.keys) == sorted(batch.keys)
    assert all(own != other for own, other in zip(batch.keys, made.other.keys, strict=True))
    lengths = batch.lengths["log_mel"].tolist()
    for number, (other, share) in enumerate(zip(made.other.keys, made.share.tolist(), strict=True)):
        place = batch.keys.index(other)
        own, theirs = batch.arrays["log_mel"][number], batch.arrays["log_mel"][place]
        both = min(lengths[number], lengths[place])
        wanted = own.clone()
        wanted[:both] = share * own[:both] + (1 - share) * theirs[:both]
        torch.testing.assert_close(made.batch.arrays["log_mel"][number], wanted)
        assert made.other.labels[number] == batch.labels[place]
        assert made.other.speakers[number] == batch.speakers[place]
    assert made.batch.keys == batch.keys
    assert torch.equal(made.batch.lengths["log_mel"], batch.lengths["log_mel"])


def test_draws_depend_on_seed_epoch_and_key_and_on_no_order() -> None:
    numbers = list(range(12))
    made, turned = mixed(batch_of(numbers)), mixed(batch_of(numbers[::-1]))
    assert dict(zip(made.batch.keys, made.share.tolist(), strict=True)) == dict(
        zip(turned.batch.keys, turned.share.tolist(), strict=True)
    )
    assert dict(zip(made.batch.keys, made.other.keys, strict=True)) == dict(
        zip(turned.batch.keys, turned.other.keys, strict=True)
    )
    for changed in ({"seed": 8}, {"epoch": 3}):
        assert not torch.equal(mixed(batch_of(numbers), **changed).share, made.share)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_are_of_a_beta_distribution(alpha: float) -> None:
    shares = np.concatenate([mixed(batch_of(list(range(50))), alpha, epoch=epoch).share for epoch in range(20)])
    assert scipy.stats.kstest(shares, scipy.stats.beta(alpha, alpha).cdf).pvalue > 1e-3


def test_the_loss_is_that_of_mixed_targets() -> None:
    """Cross entropy is linear in its target, so two losses in shares are the loss of the mixed target."""
    task = Classification(config().task, {"classes": CLASSES})
    model, batch = Plain(), batch_of(list(range(8)))
    made = mixed(batch)
    with torch.no_grad():
        found = Learning(task, model, lambda: torch.autocast("cpu", enabled=False))(made)
        scores = task.outputs(model, made.batch)
    own, other = (torch.eye(3)[torch.tensor(task.targets(one))] for one in (batch, made.other))
    target = made.share[:, None] * own + (1 - made.share[:, None]) * other
    torch.testing.assert_close(found, torch.nn.functional.cross_entropy(scores, target, reduction="none"))


def test_one_example_alone_stays_as_it_is() -> None:
    batch = batch_of([4])
    made = mixed(batch)
    torch.testing.assert_close(made.batch.arrays["log_mel"], batch.arrays["log_mel"])
    assert made.other.labels == batch.labels


def test_training_with_it_learns_and_is_the_same_each_time(tmp_path: Path) -> None:
    common = {"epochs": 8, "optimizer": {"lr": 0.03}}
    folders = [RunFolder(tmp_path / name) for name in ("a", "b", "plain")]
    for folder in folders:
        settings = config(**common) if folder is folders[2] else config(**common, mixup={"alpha": 0.3})
        trainer(folder, settings, Plain).fit(FakeBatches(64), FakeBatches(12, shuffle=False))
    a, b, plain_weights = (checkpoint.read(folder.last)[0] for folder in folders)
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.equal(a[name], plain_weights[name]) for name in a)
    assert folders[0].epochs()[-1]["valid_accuracy"] == 1.0


def test_tasks_without_labels_are_refused() -> None:
    wrong = {"task": {"name": "enhancement"}, "model": {"name": "fast_enhancer"}, "mixup": {}}
    with pytest.raises(ValidationError, match="half an answer of enhancement has no meaning; it is for classification"):
        config(**wrong)
