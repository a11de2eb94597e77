"""Conformer: its parts against the definitions, what masks must keep, scores half-way, and that it learns to spell."""

from __future__ import annotations

import math

import pytest
import torch
from pydantic import ValidationError
from torch.nn.functional import batch_norm, conv1d

from tests.training.models import ctc_checks
from tests.training.models.checks import exports_with_any_time, shaken
from training.errors import DataError
from training.models.conformer import Attention, Conformer, ConformerConfig, Convolution, turned, turns_of
from training.models.model import Sizes

SMALL = {"width": 16, "blocks": 2, "heads": 2, "expansion": 2, "kernel": 5, "front": 4}


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def small(**changed) -> Conformer:
    return Conformer(12, 7, ConformerConfig(**{**SMALL, **changed}))


def test_the_docstring_counts_its_parameters():
    width, inner = 144, 576
    block = 5 * 2 * width + 2 * (2 * width * inner + inner + width) + 4 * (width + 1) * width
    block += (width + 1) * 2 * width + 15 * width + 2 * width + (width + 1) * width
    front = 32 * 10 + 32 * (32 * 9 + 1) + (32 * 20 + 1) * width
    count = sum(parameter.numel() for parameter in Conformer(80, 200, ConformerConfig()).parameters())
    assert count == 6 * block + front + (width + 1) * 200
    assert round(count / 1e6, 1) == 3.0


def test_a_turn_is_a_product_with_a_unit_number():
    x = torch.randn(2, 9, 8, dtype=torch.float64)
    rates = 10000.0 ** -(torch.arange(0, 8, 2) / 8).double()
    unit = torch.polar(torch.ones(9, 4, dtype=torch.float64), torch.arange(9).double()[:, None] * rates)
    expected = torch.complex(x[..., :4], x[..., 4:]) * unit
    cosine, sine = turns_of(9, 8, x.device)
    torch.testing.assert_close(
        turned(x, cosine, sine), torch.cat([expected.real, expected.imag], -1), atol=1e-6, rtol=0
    )


def test_attention_is_its_formula_and_knows_the_distance_alone():
    attention = Attention(8, 2, 0.0).double().eval()
    x, real = torch.randn(1, 6, 8, dtype=torch.float64), torch.tensor([[True] * 5 + [False]])
    turns = turns_of(6, 4, x.device)
    query, key, value = (attention.enter(x)[0].reshape(6, 3, 2, 4)[:, part] for part in range(3))
    heads = []
    for head in range(2):
        pair = turned(query[:, head], *turns) @ turned(key[:, head], *turns).T / math.sqrt(4)
        heads.append(pair[:, :5].softmax(1) @ value[:5, head])
    expected = attention.leave(torch.cat(heads, 1))
    torch.testing.assert_close(attention(x, real, turns)[0], expected)
    later = tuple(turn[3:9] for turn in turns_of(9, 4, x.device))
    torch.testing.assert_close(attention(x, real, later)[0], expected, atol=1e-6, rtol=1e-5)


def test_the_convolution_is_its_formula():
    part = shaken(Convolution(8, 5))
    x = torch.randn(2, 11, 8)
    first, second = part.enter(x).chunk(2, 2)
    y = conv1d((first * second.sigmoid()).transpose(1, 2), part.depthwise.weight[:, :, 0], padding=2, groups=8)
    y = batch_norm(y, part.norm.running_mean, part.norm.running_var, part.norm.weight, part.norm.bias).transpose(1, 2)
    expected = part.leave(y * y.sigmoid())
    torch.testing.assert_close(part(x, torch.ones(2, 11, dtype=torch.bool)), expected, atol=1e-6, rtol=1e-5)


def test_padding_changes_nothing_in_evaluation():
    ctc_checks.padding_changes_nothing(shaken(small()), [torch.randn(frames, 12) for frames in (1, 7, 40, 61)])


def test_padding_changes_nothing_in_training():
    model, x = small(dropout=0).train(), torch.randn(2, 40, 12)
    longer = torch.cat([x, torch.full((2, 8, 12), torch.nan)], 1)
    lengths = torch.tensor([40, 23])
    scores, _ = model(x, lengths)
    torch.testing.assert_close(model(longer, lengths)[0][0, :10], scores[0], atol=1e-5, rtol=1e-5)


def test_blocks_half_way_are_scored_in_training_alone():
    model, x, lengths = small(blocks=3, intermediate=[1, 2]), torch.randn(2, 30, 12), torch.tensor([30, 20])
    found, _ = model.train().scores(x, lengths)
    assert [scores.shape for scores in found] == [(2, 8, 7)] * 3
    found, _ = model.eval().scores(x, lengths)
    assert len(found) == 1
    torch.testing.assert_close(found[0], model(x, lengths)[0])


def test_an_answer_is_centred_on_the_frame_it_says():
    model = shaken(small())
    for block in model.blocks:
        torch.nn.init.zeros_(block.attend.leave.weight)  # attention hears the whole clip
    around = 1 + 2 + 4 * (2 + 2)
    assert ctc_checks.frames_of_an_answer(model, 12, 320) == (-around, around)


def test_it_learns_to_spell():
    config = ConformerConfig(**SMALL, dropout=0)
    ctc_checks.learns_to_spell(Conformer(12, 4, config), 12, 3, 60, lr=1e-2)


def test_it_exports_with_any_time():
    others = [torch.randn(1, 2, 12), torch.randn(4, 77, 12)]
    exports_with_any_time(shaken(small()), torch.randn(2, 50, 12), others)


def test_a_configuration_builds_it():
    model = ConformerConfig(**SMALL).build(Sizes(width=64, rate=100.0, outputs=7))
    scores, lengths = model(torch.randn(2, 9, 64), torch.tensor([9, 4]))
    assert scores.shape == (2, 3, 7)
    assert lengths.tolist() == [3, 1]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"width": 18}, "multiple of twice the heads, 4"),
        ({"kernel": 4}, "kernel 4 is to be odd"),
        ({"intermediate": [2]}, "blocks before the last one, 2"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(changed, words):
    with pytest.raises(ValidationError, match=words):
        ConformerConfig(**{**SMALL, **changed})


def test_arrays_that_it_cannot_hear_are_refused():
    with pytest.raises(DataError, match="is a waveform"):
        ConformerConfig().build(Sizes(width=1, rate=8000.0, outputs=7))
    with pytest.raises(DataError, match="steps over 4 bins"):
        ConformerConfig(**SMALL).build(Sizes(width=3, rate=100.0, outputs=7))
