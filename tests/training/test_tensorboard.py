"""TensorBoard gets the lines of metrics.jsonl, and of a resumed run only what still counts."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from tests.training.fakes import FakeBatches, config, trainer
from training import commands
from training.errors import TrainingError
from training.progress import Progress
from training.run_folder import RunFolder
from training.tensorboard import EVERY, TensorBoard


def scalars(folder):
    """Steps and values by tag, as TensorBoard reads them."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = accumulator.EventAccumulator(str(folder))
    found.Reload()
    return {tag: [(item.step, item.value) for item in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_each_epoch_is_a_point_of_every_curve(tmp_path):
    pytest.importorskip("tensorboard")
    run, board = RunFolder(tmp_path), TensorBoard(tmp_path / "tensorboard")
    trainer(run, config(epochs=2), watch=board).fit(FakeBatches(6 * 8), FakeBatches(12, shuffle=False))
    board.close()
    seen, lines = scalars(tmp_path / "tensorboard"), run.epochs()
    for tag, name in (("train/loss", "train_loss"), ("valid/accuracy", "valid_accuracy"), ("epoch/seconds", "seconds")):
        assert seen[tag] == [(line["step"], pytest.approx(line[name], rel=1e-6)) for line in lines]
    assert seen["epoch/epoch"] == [(6, 1), (12, 2)]
    assert [step for step, _ in seen["loss within the epoch"]] == [EVERY]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_was_done_again_is_shown_once(tmp_path):
    pytest.importorskip("tensorboard")
    for first, loss in ((10, 3.0), (20, 2.0)):  # the second process goes on behind step 19
        board = TensorBoard(tmp_path)
        for step in range(first, 50, 10):
            board.step(Progress(step=step, loss=loss, weight=1), 50)
        board.close()
    assert scalars(tmp_path)["loss within the epoch"] == [(10, 3), (20, 2), (30, 2), (40, 2)]


def test_without_tensorboard_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    with pytest.raises(TrainingError, match=r"pip install 'wavemill\[tensorboard\]'"):
        TensorBoard(tmp_path)
    (tmp_path / "a.yaml").write_text("name: a\n")
    arguments = [str(tmp_path / "a.yaml"), "--store", "nowhere", "--out", str(tmp_path / "run"), "--tensorboard"]
    with pytest.raises(TrainingError, match="extra"):
        CliRunner().invoke(commands.train, arguments, catch_exceptions=False)
    assert not (tmp_path / "run").exists()
