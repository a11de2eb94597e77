"""What every model for CTC must keep: called by the tests of each."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import ctc_loss


def padding_changes_nothing(model: nn.Module, clips: list[Tensor]) -> None:
    """Each clip alone is answered as it is in a batch, whatever pads it; and answers depend on the clip."""
    batch = torch.full((len(clips), max(map(len, clips)) + 19, clips[0].shape[1]), torch.nan)
    for place, clip in zip(batch, clips, strict=True):
        place[: len(clip)] = clip
    together, lengths = model(batch, torch.tensor([len(clip) for clip in clips]))
    for place, length, clip in zip(together, lengths.tolist(), clips, strict=True):
        alone, (by_itself,) = model(clip[None], torch.tensor([len(clip)]))
        assert length == by_itself == -(-len(clip) // model.subsampling)
        torch.testing.assert_close(place[:length], alone[0, :length], atol=1e-5, rtol=1e-5)
    assert (together[-1, 0] - together[-2, 0]).abs().max() > 1e-3


def frames_of_an_answer(model: nn.Module, bins: int, frames: int) -> tuple[int, int]:
    """The first and the last frame that an answer in the middle depends on, seen from the one that it stands for.

    What the clip's mean brings is the same for all frames, and left out.
    """
    x = torch.randn(1, frames, bins, dtype=torch.float64, requires_grad=True)
    at = frames // 2 // model.subsampling
    model.double()(x, torch.tensor([frames]))[0][0, at].square().sum().backward()
    (gradient,) = x.grad
    seen = (gradient - gradient[0]).abs().sum(1) > 1e-12
    places = seen.nonzero().flatten() - at * model.subsampling
    return int(places[0]), int(places[-1])


def spelled(letters: int, bins: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Clips in noise in which loud bins spell a word: features, lengths, letters from 1 on, and how many."""
    draws = torch.Generator().manual_seed(seed)
    ends, features = [], []
    targets = torch.zeros(12, 5, dtype=torch.int64)
    for row in targets:
        number = int(torch.randint(2, 6, (1,), generator=draws))
        row[:number] = torch.randint(1, letters + 1, (number,), generator=draws)
        frames = torch.randn(8 + 16 * number, bins, generator=draws)
        for place, letter in enumerate(row[:number].tolist()):
            frames[8 + 16 * place : 16 + 16 * place, 2 * letter] += 6
        ends.append(number)
        features.append(frames)
    lengths = torch.tensor([len(frames) for frames in features])
    return torch.nn.utils.rnn.pad_sequence(features, True), lengths, targets, torch.tensor(ends)


def learns_to_spell(model: nn.Module, bins: int, letters: int, steps: int, lr: float = 5e-3) -> None:
    """On a dozen clips it learns every letter; every parameter has a gradient."""
    x, lengths, targets, ends = spelled(letters, bins)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    for _ in range(steps):
        scores, answers = model(x, lengths)
        loss = ctc_loss(scores.log_softmax(2).transpose(0, 1), targets, answers, ends)
        optimizer.zero_grad()
        loss.backward()
        still = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
        assert not still, "parameters without a gradient"
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimizer.step()
    scores, answers = model.eval()(x, lengths)
    for best, number, target, end in zip(scores.argmax(2), answers.tolist(), targets, ends.tolist(), strict=True):
        heard = best[:number].unique_consecutive()
        assert heard[heard > 0].tolist() == target[:end].tolist()
