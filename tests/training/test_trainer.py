"""The trainer: it learns, it can be stopped and resumed to the bit, and it says which batch is at fault."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest
import torch

from tests.training.fakes import FakeBatches, batch_of, config, trainer
from training import checkpoint
from training.config import OptimizerConfig
from training.errors import Interrupted, NonFiniteLoss
from training.run_folder import RunFolder
from training.optimizing import adamw, schedule
from training.trainer import Watch


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng(devices=[]):
        yield
    torch.set_num_threads(before)


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


def valid():
    return FakeBatches(12, shuffle=False)


def weights(folder, name="last"):
    return checkpoint.read(getattr(folder, name))[0]


def assert_same_tensors(ours, theirs):
    assert ours.keys() == theirs.keys()
    assert not [name for name in ours if not torch.equal(ours[name], theirs[name])]


def without_seconds(folder):
    return [
        {name: value for name, value in line.items() if name not in ("seconds", "steps_per_second")}
        for line in folder.epochs()
    ]


def test_the_loss_falls_and_the_task_is_learnt(folder):
    trainer(folder, config(epochs=6, optimizer={"lr": 0.03})).fit(FakeBatches(64), valid())
    epochs = folder.epochs()
    assert [line["epoch"] for line in epochs] == list(range(1, 7))
    assert epochs[-1]["train_loss"] < 0.5 * epochs[0]["train_loss"]
    assert epochs[-1]["valid_accuracy"] == 1.0
    assert epochs[-1]["step"] == 6 * 8


def test_two_runs_give_the_same_weights(tmp_path):
    folders = [RunFolder(tmp_path / name) for name in "ab"]
    for folder in folders:
        trainer(folder).fit(FakeBatches(), valid())
    assert_same_tensors(weights(folders[0]), weights(folders[1]))


@pytest.mark.parametrize("stop_after", [1, 3, 5])  # inside an epoch, and at the end of one
def test_resuming_after_sigterm_is_the_same_to_the_bit(tmp_path, stop_after):
    whole, broken = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "broken")
    trainer(whole).fit(FakeBatches(), valid())

    class Stop(Watch):
        def step(self, progress, steps):
            if progress.step == stop_after:
                os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted, match=f"stopped after step {stop_after}; --resume") as stopped:
        trainer(broken, watch=Stop()).fit(FakeBatches(), valid())
    assert stopped.value.exit_code == 128 + signal.SIGTERM
    resumed, batches = trainer(broken), FakeBatches()
    torch.manual_seed(99)  # dropout goes on from the checkpoint's random numbers, not from these
    resumed.resume(batches)
    assert resumed.progress.step == stop_after
    resumed.fit(batches, valid())
    assert_same_tensors(weights(broken), weights(whole))
    assert_same_tensors(weights(broken, "best"), weights(whole, "best"))
    assert without_seconds(broken) == without_seconds(whole)


def test_sigterm_is_handled_as_before_afterwards(folder):
    before = signal.getsignal(signal.SIGTERM)
    trainer(folder, config(epochs=1)).fit(FakeBatches(), valid())
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_loss_that_is_no_number_names_the_keys(folder):
    class Broken(FakeBatches):
        def __iter__(self):
            batch = batch_of([4, 7])
            batch.arrays["log_mel"][1, 0, 0] = np.inf
            yield batch

    with pytest.raises(NonFiniteLoss, match="clip/4, clip/7") as error:
        trainer(folder).fit(Broken(), valid())
    assert error.value.keys == ["clip/4", "clip/7"]
    assert not folder.last.exists()


def test_weight_zero_takes_no_part_in_the_loss(folder):
    def gradients(batch):
        fitted = trainer(folder, config(model={"name": "bc_resnet", "tau": 0.5, "dropout": 0}))
        fitted.optimizer.step = lambda: None
        fitted._step([batch], 1)
        return [parameter.grad for parameter in fitted.model.parameters()], fitted.progress

    batch = batch_of([0, 1, 2, 3])
    batch.weight[2:] = 0
    with_label, progress = gradients(batch)
    batch.labels[3]["pitch"] = "middle"  # another target for an example that does not count
    with_other, _ = gradients(batch)
    assert progress.weight == 2
    torch.testing.assert_close(with_label, with_other, rtol=0, atol=0)


def test_best_is_the_highest_metric_and_then_the_lowest_loss(folder, monkeypatch):
    script = iter([(0.5, 1.0), (0.9, 2.0), (0.9, 1.5), (0.9, 1.7), (0.8, 0.1)])

    def scripted(task, model, batches):
        accuracy, loss = next(script)
        monkeypatch.setattr(task, "metrics", lambda answers: {"accuracy": accuracy})
        return [], loss

    monkeypatch.setattr("training.trainer.assess", scripted)
    trainer(folder, config(epochs=5)).fit(FakeBatches(8), FakeBatches(8))
    _, about = checkpoint.read(folder.best)
    assert about.state["progress"]["epoch"] == 2  # counted from 0
    assert about.state["progress"]["best"] == [0.9, -1.5]


def test_the_metrics_file_is_one_json_object_a_line(folder):
    trainer(folder, config(epochs=2)).fit(FakeBatches(), valid())
    lines = [json.loads(line) for line in (folder.path / "metrics.jsonl").read_text().splitlines()]
    assert set(lines[0]) == {
        "epoch", "step", "train_loss", "valid_loss", "valid_accuracy", "valid_macro_f1", "padding", "steps_per_second",
        "seconds",
    }  # fmt: skip


def test_the_learning_rate_rises_and_falls():
    rates = [schedule(share, 0.25) for share in np.linspace(0, 1, 101)]
    assert rates[0] == 0
    assert rates[25] == max(rates) == 1
    assert rates[-1] == pytest.approx(0)
    assert np.all(np.diff(rates[:26]) > 0)
    assert np.all(np.diff(rates[25:]) < 0)
    assert schedule(0, 0) == 1


def test_weight_decay_spares_biases_and_scales():
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    decayed, free = adamw(model, OptimizerConfig(weight_decay=0.3)).param_groups
    assert [tuple(p.shape) for p in decayed["params"]] == [(2, 3)]
    assert decayed["weight_decay"] == 0.3
    assert len(free["params"]) == 3
    assert free["weight_decay"] == 0
