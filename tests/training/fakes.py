"""A task that is easy to learn, and batches of it, without a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from manifests.spec import ArraySpec
from training.checkpoint import About
from training.collate import Batch
from training.config import TrainConfig
from training.models.bc_resnet import BcResNet
from training.run_folder import RunFolder
from training.tasks.classification import Classification
from training.trainer import Trainer

BINS = 8
CLASSES = ["high", "low", "middle"]
SPEC = ArraySpec("log_mel", "features", "float16", BINS, 100.0)


def batch_of(numbers: list[int], seed: int = 0) -> Batch:
    """Noise of 6 to 12 frames with a loud bin that tells the class; the numbers name the examples."""
    clips = []
    for number in numbers:
        rng = np.random.default_rng((seed, number))
        clip = rng.normal(size=(int(rng.integers(6, 13)), BINS)).astype(np.float32)
        clip[:, 1 + 2 * (number % 3)] += 3
        clips.append(torch.from_numpy(clip))
    lengths = torch.tensor([len(clip) for clip in clips])
    return Batch(
        arrays={"log_mel": torch.nn.utils.rnn.pad_sequence(clips, batch_first=True)},
        lengths={"log_mel": lengths},
        weight=torch.ones(len(numbers)),
        keys=[f"clip/{number}" for number in numbers],
        copies=[0] * len(numbers),
        parts=[0] * len(numbers),
        speakers=["ada" if number % 2 else "ben" for number in numbers],
        texts=[None] * len(numbers),
        labels=[{"pitch": CLASSES[number % 3]} for number in numbers],
    )


class FakeBatches:
    """Batches of a few numbers, in another order each epoch; the state counts the batch under way as consumed."""

    def __init__(self, examples: int = 24, size: int = 8, shuffle: bool = True) -> None:
        self.examples, self.size, self.shuffle = examples, size, shuffle
        self.epoch, self.position = 0, 0

    def __len__(self) -> int:
        return -(-self.examples // self.size)

    def __iter__(self) -> Iterator[Batch]:
        order = np.random.default_rng(self.epoch if self.shuffle else 0).permutation(self.examples).tolist()
        cuts = [order[start : start + self.size] for start in range(0, self.examples, self.size)]
        for numbers in cuts[self.position :]:
            self.position += 1
            if self.position == len(self):
                self.epoch, self.position = self.epoch + 1, 0
            yield batch_of(numbers)

    def state_dict(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.epoch, self.position = state["epoch"], state["position"]


def config(**changed: Any) -> TrainConfig:
    return TrainConfig.model_validate(
        {
            "name": "fake",
            "task": {"name": "classification", "label": "pitch"},
            "model": {"name": "bc_resnet", "tau": 0.5},
            "optimizer": {"lr": 0.01},
            "epochs": 3,
            **changed,
        }
    )


def about(task: Classification, settings: TrainConfig) -> About:
    model = settings.model.model_dump(mode="json")
    return About(model, task.describe(), chain=[], seed=0, fingerprint="", arrays=[SPEC], heard=[SPEC])


class Plain(nn.Module):
    """A network without normalisation: the mean over a clip's frames through two layers; one more takes no part."""

    def __init__(self, idle: bool = False) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(BINS, 16), nn.ReLU(), nn.Linear(16, 3))
        if idle:
            self.idle = nn.Linear(2, 2)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        scores: Tensor = self.layers(x.sum(1) / lengths[:, None])
        return scores


def trainer(
    folder: RunFolder,
    settings: TrainConfig | None = None,
    make: Callable[[], nn.Module] = lambda: BcResNet(BINS, 3, 0.5),
    **options: Any,
) -> Trainer:
    """A trainer of the fake task, whose weights are the same each time."""
    settings = settings or config()
    task = Classification(settings.task, {"classes": CLASSES})
    folder.path.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    return Trainer(settings, task, make(), about(task, settings), folder, **options)


def gradients(fitted: Trainer, batches: list[Batch]) -> dict[str, Tensor]:
    """The gradient of each parameter in a step that these batches make up, before the optimizer uses it."""
    fitted.optimizer.step = lambda: None
    fitted._step(batches, 1)
    return {name: found.grad.clone() for name, found in fitted.model.named_parameters()}
