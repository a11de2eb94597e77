"""Two ranks are one training: the same gradients, the same stop, and an end for both where one of them is gone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy

from tests.training.fakes import CLASSES, Plain, batch_of, config, gradients, trainer
from tests.training.two_ranks import GRADIENTS, SHARES
from training import distributed
from training.answers import assess
from training.run_folder import RunFolder

PROJECT = Path(__file__).parents[2]
ENDS_WITHIN = 180


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What each of two ranks saw, and the folder with their gradients."""
    folder = tmp_path_factory.mktemp("ranks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "GLOO_SOCKET_IFNAME": "lo"}
    command = [sys.executable, "-m", "tests.training.two_ranks", str(folder)]
    ranks = [
        subprocess.Popen(
            command, cwd=PROJECT, env=os.environ | together | {"RANK": str(rank)}, stderr=subprocess.PIPE, text=True
        )
        for rank in (0, 1)
    ]
    try:
        said = [rank.communicate(timeout=ENDS_WITHIN)[1] for rank in ranks]
    finally:
        for rank in ranks:
            rank.kill()
    assert [rank.returncode for rank in ranks] == [0, 9], said
    return folder, [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


def test_one_rank_that_accumulates_has_the_gradients_of_two(seen, tmp_path):
    folder, _ = seen
    fitted = trainer(RunFolder(tmp_path), config(optimizer=GRADIENTS), Plain)
    alone = gradients(fitted, [batch_of(share) for share in SHARES])
    together = load_file(folder / "averaged.safetensors")
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-7)
    assert max(found.abs().max() for found in alone.values()) > 0.01


def test_both_have_the_gradient_of_the_mean_over_all_examples(seen, tmp_path):
    folder, _ = seen
    model = trainer(RunFolder(tmp_path), config(), Plain).model
    clips = [batch_of([number]) for share in SHARES for number in share]
    scores = torch.cat([model(clip.arrays["log_mel"], clip.lengths["log_mel"]) for clip in clips])
    targets = torch.tensor([CLASSES.index(clip.labels[0]["pitch"]) for clip in clips])
    cross_entropy(scores, targets).backward()
    expected = {name: found.grad for name, found in model.named_parameters()}
    torch.testing.assert_close(load_file(folder / "averaged.safetensors"), expected, rtol=1e-5, atol=1e-7)


def test_a_batch_of_weight_zero_on_the_other_rank_changes_nothing(seen, tmp_path):
    folder, _ = seen
    alone = gradients(trainer(RunFolder(tmp_path), config(optimizer=GRADIENTS), Plain), [batch_of(SHARES[0])])
    torch.testing.assert_close(load_file(folder / "padded.safetensors"), alone, rtol=1e-6, atol=0)


def test_both_ranks_name_the_keys_of_the_one_whose_loss_is_no_number(seen):
    assert [rank["not_finite"]["keys"] for rank in seen[1]] == [[f"clip/{number}" for number in SHARES[1]]] * 2


def test_a_rank_that_only_has_padding_gets_the_answers_of_the_others(seen, tmp_path):
    fitted = trainer(RunFolder(tmp_path))
    _, loss = assess(fitted.task, fitted.model, [batch_of([4, 2, 7])])
    for rank in seen[1]:
        assert rank["assessed"]["keys"] == ["clip/2", "clip/4", "clip/7"]
        assert rank["assessed"]["loss"] == pytest.approx(loss, rel=1e-6)


def test_parameters_that_take_no_part_are_named(seen):
    for rank in seen[1]:
        assert "the loss does not depend on idle.weight, idle.bias;" in rank["idle"]["error"]


def test_weights_and_buffers_of_both_are_the_same(seen):
    first, second = (rank["first_weights"] for rank in seen[1])
    assert first == second
    assert first["weights"] != first["after"][: len(first["weights"])]


def test_sigterm_to_one_stops_both_at_the_same_step(seen):
    for rank in seen[1]:
        assert "stopped after step 2; --resume goes on" in rank["stopped"]["error"]
        assert rank["stopped"]["saved"]


def test_a_rank_that_is_left_alone_says_so(seen):
    assert seen[1][0]["left_alone"]["error"].startswith("rank 0: another rank has ended or is out of reach;")


def test_alone_nothing_is_shared():
    assert (distributed.rank(), distributed.world()) == (0, 1)
    assert distributed.gather([1, 2]) == [1, 2]
    assert distributed.any_of(True)
    assert not distributed.any_of(False)
    module = Plain()
    assert distributed.spread(module) is module
