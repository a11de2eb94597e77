"""The trainer: it learns, it can be stopped and resumed to the bit, and it says which batch is at fault."""

from __future__ import annotations

import json
import os
import signal
from itertools import islice

import numpy as np
import pytest
import torch

from tests.training.fakes import FakeBatches, Plain, batch_of, config, gradients, trainer
from training import checkpoint
from training.config import OptimizerConfig
from training.errors import Interrupted, NonFiniteLoss
from training.optimizing import LAST, adamw, schedule
from training.progress import Watch
from training.run_folder import RunFolder


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


@pytest.mark.parametrize("killed_after", [2, 4])
def test_a_kill_within_an_epoch_costs_what_came_after_the_last_checkpoint(tmp_path, killed_after):
    whole, broken = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "broken")
    often = config(checkpoint_minutes=1e-9)
    trainer(whole).fit(FakeBatches(), valid())

    class Killed(Watch):
        def step(self, progress, steps):
            if progress.step == killed_after + 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(broken, often, watch=Killed()).fit(FakeBatches(), valid())
    resumed, batches = trainer(broken, often), FakeBatches()
    resumed.resume(batches)
    assert resumed.progress.step == killed_after
    resumed.fit(batches, valid())
    assert_same_tensors(weights(broken), weights(whole))
    assert without_seconds(broken) == without_seconds(whole)


def test_a_stop_while_the_split_is_measured_costs_no_step(tmp_path):
    whole, broken = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "broken")
    trainer(whole).fit(FakeBatches(), valid())

    class Stopping(FakeBatches):
        def __iter__(self):
            for batch in super().__iter__():
                os.kill(os.getpid(), signal.SIGTERM)
                yield batch

    with pytest.raises(Interrupted, match="stopped after step 3"):
        trainer(broken).fit(FakeBatches(), Stopping(12, shuffle=False))
    assert broken.epochs() == []
    resumed, batches = trainer(broken), FakeBatches()
    resumed.resume(batches)
    assert (batches.epoch, resumed.progress.epoch) == (1, 0)
    resumed.fit(batches, valid())
    assert_same_tensors(weights(broken), weights(whole))
    assert without_seconds(broken) == without_seconds(whole)


def test_a_kill_between_the_two_checkpoints_is_made_good(tmp_path, monkeypatch):
    whole, broken = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "broken")
    trainer(whole).fit(FakeBatches(), valid())
    written = checkpoint.write

    def dying(path, tensors, about):
        if path == broken.best:
            raise KeyboardInterrupt
        written(path, tensors, about)

    monkeypatch.setattr(checkpoint, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        trainer(broken).fit(FakeBatches(), valid())
    monkeypatch.undo()
    resumed, batches = trainer(broken), FakeBatches()
    resumed.resume(batches)
    assert checkpoint.read(broken.best)[1].state["progress"]["epoch"] == 0
    resumed.fit(batches, valid())
    assert_same_tensors(weights(broken, "best"), weights(whole, "best"))
    assert without_seconds(broken) == without_seconds(whole)


def test_another_number_of_ranks_goes_on_at_the_same_rate(folder):
    """One rank took five of eight batches; two ranks have taken two of their four steps, and have two left."""
    first = trainer(folder, config(epochs=2))
    batches = FakeBatches(64)
    for taken in islice(batches, 5):
        first._step([taken], 8)
    first._save(batches)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.distributed.world", lambda: 2)
        resumed = trainer(folder, config(epochs=2))
        resumed.resume(FakeBatches(64))
        assert (resumed.progress.step, resumed.progress.step_in_epoch, resumed.progress.batches) == (5, 2, 5)
        resumed._step([batch_of([0])], 4)
    assert resumed.optimizer.param_groups[0]["lr"] == 0.01 * schedule((2 + 0.5) / 4 / 2, 0.1)


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
    batch = batch_of([0, 1, 2, 3])
    batch.weight[2:] = 0
    fitted = trainer(folder)
    with_label = gradients(fitted, [batch])
    batch.labels[3]["pitch"] = "middle"  # another target for an example that does not count
    assert fitted.progress.weight == 2
    torch.testing.assert_close(with_label, gradients(trainer(folder), [batch]), rtol=0, atol=0)


def test_batches_that_are_added_up_are_one_large_batch(folder):
    """Of other sizes: a mean of their means would be another."""
    apart, together = [batch_of([0, 1, 2, 3, 4, 5]), batch_of([6, 7])], [batch_of([0, 1, 2, 3, 4, 5, 6, 7])]
    first, second = (trainer(folder, config(accumulate=2), Plain) for _ in "ab")
    torch.testing.assert_close(gradients(first, apart), gradients(second, together), rtol=1e-5, atol=1e-7)
    assert (first.progress.weight, first.progress.step, first.progress.batches) == (8, 1, 2)
    assert first.progress.loss == pytest.approx(second.progress.loss, rel=1e-6)


def test_batches_of_weight_zero_are_padding_and_nothing_else(folder):
    batch, padding = batch_of([0, 1, 2]), batch_of([0, 1, 2])
    padding.weight[:] = 0
    with_it, without = (trainer(folder, make=Plain) for _ in "ab")
    torch.testing.assert_close(gradients(with_it, [batch, padding]), gradients(without, [batch]), rtol=0, atol=0)
    assert (with_it.progress.loss, with_it.progress.weight) == (without.progress.loss, 3)
    assert (with_it.progress.frames, with_it.progress.padded) == (
        without.progress.frames,
        2 * without.progress.padded,
    )


def test_accumulating_takes_fewer_steps(folder):
    trainer(folder, config(accumulate=3, epochs=2)).fit(FakeBatches(64), valid())
    assert [line["step"] for line in folder.epochs()] == [3, 6]  # of 8 batches: 3, 3 and 2


def test_bf16_learns(folder):
    settings = config(epochs=6, optimizer={"lr": 0.03}, precision="bf16")
    fitted = trainer(folder, settings)
    heard = []
    fitted.model.classify.register_forward_hook(lambda module, given, made: heard.append((module.training, made.dtype)))
    fitted.fit(FakeBatches(64), valid())
    epochs = folder.epochs()
    assert epochs[-1]["train_loss"] < 0.5 * epochs[0]["train_loss"]
    assert epochs[-1]["valid_accuracy"] == 1.0
    assert set(heard) == {(True, torch.bfloat16), (False, torch.float32)}
    assert {p.dtype for p in fitted.model.parameters()} == {torch.float32}


def test_patience_ends_training(folder, monkeypatch):
    script = iter([0.5, 0.9, 0.9, 0.8, 0.95])

    def scripted(task, model, batches):
        accuracy = next(script)
        monkeypatch.setattr(task, "metrics", lambda answers: {"accuracy": accuracy})
        return [], 1.0

    monkeypatch.setattr("training.trainer.assess", scripted)
    trainer(folder, config(epochs=9, patience=2)).fit(FakeBatches(8), FakeBatches(8))
    assert [line["valid_accuracy"] for line in folder.epochs()] == [0.5, 0.9, 0.9, 0.8]
    resumed, batches = trainer(folder, config(epochs=9, patience=2)), FakeBatches(8)
    resumed.resume(batches)
    resumed.fit(batches, FakeBatches(8))  # it is done, and asks for no fifth figure
    assert len(folder.epochs()) == 4
    assert checkpoint.read(folder.best)[1].state["progress"]["epoch"] == 1


@pytest.mark.parametrize(
    ("name", "last"), [("cosine", (1 - np.cos(np.pi / 18)) / 2), ("one_cycle", None), ("constant", 1.0)]
)
def test_the_optimizer_follows_the_schedule(folder, name, last):
    """Ten steps, each at the middle of its share; a tenth of them warm up."""
    rates = []

    class Rates(Watch):
        def step(self, progress, steps):
            rates.append(fitted.optimizer.param_groups[0]["lr"] / 0.01)

    fitted = trainer(folder, config(epochs=1, schedule={"name": name, "warmup": 0.1}), watch=Rates())
    fitted.fit(FakeBatches(80), valid())
    assert rates == pytest.approx([schedule((step + 0.5) / 10, 0.1, name) for step in range(10)])
    assert rates[0] == pytest.approx(0.04 + 0.96 / 2 if name == "one_cycle" else 0.5)
    assert rates[-1] == pytest.approx(LAST + (1 - LAST) * (1 - np.cos(np.pi / 18)) / 2 if last is None else last)


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
