"""What a model says about the examples of a split, and at what loss."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from training.collate import Batch
from training.tasks.task import Answer, Task


@torch.inference_mode()
def assess(task: Task, model: nn.Module, batches: Iterable[Batch]) -> tuple[list[Answer], float]:
    """The answer for each example, in the order of the batches, and the mean loss; the model is left in evaluation."""
    model.eval()
    answers: list[Answer] = []
    loss = weight = 0.0
    for batch in batches:
        outputs = task.outputs(model, batch)
        loss += float((task.losses(outputs, batch) * batch.weight).sum())
        weight += float(batch.weight.sum())
        answers += task.answers(outputs, batch)
    return answers, loss / weight
