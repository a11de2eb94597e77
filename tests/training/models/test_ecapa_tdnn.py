"""ECAPA-TDNN: sizes of its paper, its pooling computed by hand, and what masks and cosines must keep."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch.nn.functional import cosine_similarity

from tests.training.models.checks import exports_with_any_time, learns, padding_changes_nothing, shaken
from training.errors import DataError
from training.models.ecapa_tdnn import AttentiveStatistics, EcapaTdnn, EcapaTdnnConfig, SeRes2Block
from training.models.model import Sizes


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.mark.parametrize(("channels", "millions"), [(512, 6.2), (1024, 14.7)])
def test_parameters_are_those_of_the_papers_table_1(channels, millions):
    model = EcapaTdnn(80, 10, channels)
    count = sum(parameter.numel() for parameter in model.parameters()) - model.classes.numel()
    assert count / 1e6 == pytest.approx(millions, abs=0.05)


def test_shapes_are_those_of_the_papers_figure_2():
    model, shapes = EcapaTdnn(80, 7, 512).eval(), []
    for part in (model.enter, *model.blocks, model.aggregate, model.pool, model.project):
        part.register_forward_hook(lambda part, given, made: shapes.append(tuple(made.shape[1:])))
    scores = model(torch.randn(2, 30, 80), torch.tensor([30, 20]))
    assert scores.shape == (2, 7)
    assert shapes == [*[(512, 30)] * 4, (1536, 30), (3072,), (192,)]


def test_the_configuration_builds_it():
    model = EcapaTdnnConfig(channels=64, embedding=32, scale=8).build(Sizes(24, 100.0, 5))
    assert isinstance(model, EcapaTdnn)
    assert (model.embed(torch.randn(3, 9, 24), torch.tensor([9, 9, 2])).shape, model.scale) == ((3, 32), 8)


def test_pooling_is_the_papers_equations():
    """Section 3.1: e = V tanh(W [h; mean; deviation] + b) + k, weights a softmax over time, then equations 3 and 4."""
    pool, lengths = AttentiveStatistics(6), (9, 4)
    x = np.random.default_rng(1).normal(size=(2, 6, 9)).astype(np.float32)
    frame, clip, score = pool.of_frame, pool.of_clip, pool.score
    layer = np.concatenate([frame.weight[:, :, 0].detach().numpy(), clip.weight.detach().numpy()], 1)  # W
    expected = []
    for h, length in zip(x, lengths, strict=True):
        h = h[:, :length]
        context = np.concatenate([h.mean(1), h.std(1)])[:, None].repeat(length, 1)
        hidden = np.tanh(layer @ np.concatenate([h, context]) + frame.bias.detach().numpy()[:, None])
        e = score.weight[:, :, 0].detach().numpy() @ hidden + score.bias.detach().numpy()[:, None]
        weights = np.exp(e) / np.exp(e).sum(1, keepdims=True)
        mean = (weights * h).sum(1)
        expected.append(np.concatenate([mean, np.sqrt((weights * h**2).sum(1) - mean**2)]))
    real = torch.arange(9) < torch.tensor(lengths)[:, None]
    np.testing.assert_allclose(pool(torch.tensor(x), real).detach().numpy(), expected, rtol=1e-5, atol=1e-6)


def test_a_block_is_res2_with_a_gate():
    block = shaken(SeRes2Block(16, 3)).double()
    x, mask = torch.randn(2, 16, 20, dtype=torch.float64), torch.ones(2, 1, 20, dtype=torch.float64)
    entered, made = block.enter(x), []
    for number in range(8):
        part = entered[:, 2 * number : 2 * number + 2]
        if number == 1:
            part = block.parts[0](part)
        elif number > 1:
            part = block.parts[number - 1](part + made[-1])
        made.append(part)
    y = block.leave(torch.cat(made, 1))
    squeeze, _, excite, _ = block.gate
    gate = torch.sigmoid(excite(torch.relu(squeeze(y.mean(2)))))
    torch.testing.assert_close(block(x, mask), x + gate[:, :, None] * y)


def test_blocks_hear_the_sum_of_all_before_them():
    model, heard, made = EcapaTdnn(8, 3, 16).eval(), [], []
    model.enter.register_forward_hook(lambda part, given, out: made.append(out))
    for block in model.blocks:
        block.register_forward_hook(lambda part, given, out: heard.append(given[0]) or made.append(out))
    model.aggregate.register_forward_hook(lambda part, given, out: heard.append(given[0]))
    model(torch.randn(1, 12, 8), torch.tensor([12]))
    for number in range(3):
        torch.testing.assert_close(heard[number], sum(made[: number + 1]))
    torch.testing.assert_close(heard[3], torch.cat(made[1:], 1))


def test_padding_changes_nothing_in_evaluation():
    model = shaken(EcapaTdnn(16, 5, 32, scale=1))
    padding_changes_nothing(model, [torch.randn(frames, 16) for frames in (1, 7, 40, 61)])


def test_what_stays_the_same_in_a_bin_changes_nothing():
    model, x, lengths = shaken(EcapaTdnn(16, 3, 32)), torch.randn(2, 30, 16), torch.tensor([30, 12])
    torch.testing.assert_close(model(x + torch.arange(16), lengths), model(x, lengths), atol=1e-4, rtol=1e-4)


def test_scores_are_scaled_cosines_of_embeddings():
    model, x, lengths = shaken(EcapaTdnn(16, 5, 32, 24, scale=12)), torch.randn(3, 20, 16), torch.tensor([20, 20, 9])
    cosines = cosine_similarity(model.embed(x, lengths)[:, None], model.classes[None], dim=2)
    torch.testing.assert_close(model.cosines(x, lengths), cosines)
    torch.testing.assert_close(model(x, lengths), 12 * cosines)


def test_it_learns():
    learns(EcapaTdnn(16, 4, 16, 16), torch.randn(4, 24, 16), torch.tensor([24, 20, 15, 5]))


def test_a_batch_of_one_clip_can_be_learnt_from():
    model = EcapaTdnn(16, 6, 32)
    model(torch.randn(1, 30, 16), torch.tensor([30])).sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_it_can_be_exported():
    exports_with_any_time(EcapaTdnn(16, 5, 16), torch.randn(2, 30, 16), [torch.randn(1, 77, 16), torch.randn(4, 3, 16)])


@pytest.mark.parametrize("channels", [100, 8])
def test_channels_that_cannot_be_cut_into_parts_are_refused(channels):
    with pytest.raises(DataError, match=f"multiple of 8, 16 or more, got {channels}"):
        EcapaTdnn(16, 3, channels)
    with pytest.raises(ValidationError, match="channels"):
        EcapaTdnnConfig(channels=channels)


def test_a_waveform_is_refused():
    with pytest.raises(DataError, match="ecapa_tdnn hears features"):
        EcapaTdnnConfig().build(Sizes(1, 16000.0, 5))
