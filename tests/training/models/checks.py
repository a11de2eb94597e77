"""What every model of clips must keep, whatever it is: called by the tests of each."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def shaken(model: nn.Module) -> nn.Module:
    """The model in evaluation, with running statistics as if it had been trained."""
    for name, value in model.named_buffers():
        if name.endswith("running_mean"):
            value.normal_()
        elif name.endswith("running_var"):
            value.uniform_(0.5, 2.0)
    return model.eval()


def padding_changes_nothing(model: nn.Module, clips: list[Tensor]) -> None:
    """Each clip alone is answered as it is in a batch, whatever pads it; and answers depend on the clip."""
    alone = torch.cat([model(clip[None], torch.tensor([len(clip)])) for clip in clips])
    batch = torch.full((len(clips), max(map(len, clips)) + 19, clips[0].shape[1]), torch.nan)
    for place, clip in zip(batch, clips, strict=True):
        place[: len(clip)] = clip
    together = model(batch, torch.tensor([len(clip) for clip in clips]))
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)
    assert (alone[-1] - alone[-2]).abs().max() > 1e-3


def learns(model: nn.Module, x: Tensor, lengths: Tensor, steps: int = 12, lr: float = 3e-3) -> None:
    """A few steps on fixed clips, each of its own class, lower the loss to half; every parameter has a gradient."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        optimizer, target, losses = torch.optim.Adam(model.parameters(), lr=lr), torch.arange(len(x)), []
        for _ in range(steps):
            loss = cross_entropy(model(x, lengths), target)
            optimizer.zero_grad()
            loss.backward()
            still = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
            assert not still, "parameters without a gradient"
            optimizer.step()
            losses.append(loss.item())
    finally:
        torch.use_deterministic_algorithms(before)
    assert losses[-1] < losses[0] / 2, losses


def exports_with_any_time(model: nn.Module, x: Tensor, others: list[Tensor]) -> None:
    """A graph that was traced on x (batch, frames, width) answers as the model does for other batches and lengths."""
    batch, time = torch.export.Dim("batch", min=1), torch.export.Dim("time", min=2)
    half = torch.full((len(x),), x.shape[1] // 2)
    graph = torch.export.export(
        model.eval(), (x, half), dynamic_shapes={"x": {0: batch, 1: time}, "lengths": {0: batch}}
    ).module()
    for other in others:
        lengths = torch.randint(1, other.shape[1] + 1, (len(other),))
        torch.testing.assert_close(graph(other, lengths), model(other, lengths), atol=1e-5, rtol=1e-5)
