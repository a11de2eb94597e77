"""What a model says about the examples of a split, and at what loss."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from training import distributed
from training.collate import Batch
from training.tasks.task import Answer, Task


@torch.inference_mode()
def assess(task: Task, model: nn.Module, batches: Iterable[Batch], examine: bool = False) -> tuple[list[Answer], float]:
    """The answer for each example with its key, copy, part and loss, and the mean loss; the model stays in evaluation.

    `examine` adds what takes too long for every epoch. Where several processes share the batches, each gets the
    answers of all, in the order of the keys.
    """
    model.eval()
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    answers: list[Answer] = []
    for batch in batches:
        moved = batch.to(device)
        outputs = task.outputs(model, moved)
        losses = task.losses(outputs, moved).tolist()
        who = zip(batch.keys, batch.copies, batch.parts, strict=True)
        said = task.answers(outputs, moved)
        if examine:
            said = [{**answer, **more} for answer, more in zip(said, task.examine(outputs, moved), strict=True)]
        found = zip(who, losses, said, batch.weight.tolist(), strict=True)
        answers += [
            {"key": key, "copy": copy, "part": part, "loss": loss, **answer}
            for (key, copy, part), loss, answer, weight in found
            if weight
        ]
    if distributed.world() > 1:
        answers = sorted(
            distributed.gather(answers), key=lambda answer: (answer["key"], answer["copy"], answer["part"])
        )
    return answers, sum(answer["loss"] for answer in answers) / len(answers)
