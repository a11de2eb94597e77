"""The folder of a run."""

from __future__ import annotations

import pytest

from training.errors import TrainingError
from training.run_folder import RunFolder


def test_a_run_is_not_written_over(tmp_path):
    folder = RunFolder(tmp_path / "runs" / "one")
    folder.start("name: x\n", {"seed": 3})
    assert (folder.path / "config.yaml").read_text() == "name: x\n"
    assert folder.facts() == {"seed": 3}
    with pytest.raises(TrainingError, match="there is a run here; --resume"):
        folder.start("name: y\n", {})


def test_a_folder_without_a_run_says_so(tmp_path):
    with pytest.raises(TrainingError, match="no run here"):
        RunFolder(tmp_path).facts()
    assert RunFolder(tmp_path).epochs() == []


def test_an_epoch_replaces_what_an_earlier_try_wrote_for_it(tmp_path):
    folder = RunFolder(tmp_path)
    for epoch, loss in ((1, 0.5), (2, 0.4), (3, 0.3), (2, 0.35)):
        folder.log({"epoch": epoch, "loss": loss})
    assert folder.epochs() == [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.35}]
