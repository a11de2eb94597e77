"""Graph: what is exported of a model, a function of tensors whose inputs and outputs have names.

For clips it is the task's outputs for a padded batch of any number of clips, of any lengths. A denoiser that streams
is exported as one step of its stream, in which its state goes in and comes out: so it answers while it listens, hours
in bounded memory, and an exporter need not unroll time, which its running level goes through step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from manifests.spec import ArraySpec
from training.collate import Batch
from training.errors import ExportError
from training.fitted import Fitted
from training.models.fast_enhancer import FastEnhancer, State
from training.tasks.task import Task

SCORES = "float32 (batch, classes): the scores of the task's classes, before"
OUTPUTS = {
    "classification": {"scores": f"{SCORES} a softmax"},
    "multi_label": {"scores": f"{SCORES} a sigmoid"},
    "detection": {"scores": "float32 (batch, steps, classes): those of every {stride} frames, before a sigmoid"},
    "speakers": {
        "embedding": "float32 (batch, size): two clips are compared by the cosine of theirs",
        "cosines": "float32 (batch, classes): the cosines to the speakers of train",
    },
    "recognition": {
        "scores": "float32 (batch, answers, symbols): of every {stride} frames, before a softmax; 0 is the blank",
        "answers": "int64 (batch,): how many answers of each clip are real",
    },
    "enhancement": {"clean": "float32 (batch, samples, 1): the clean waveform, zero beyond a length"},
}
"""What comes out for each task, by name. Other tasks have `scores`."""

OTHERS = ("vocoding", "synthesis")
"""Tasks that go on behind their model, or whose answers are as long as the model says."""

TRIALS = ((1, 0.0), (1, 0.37), (2, 1.0), (3, 0.05), (5, 2.3))
"""Clips, and seconds of the longest of them, of the batches that are compared; there is one frame at least."""

LOUDNESS = ((1.0, 0.0), (5.0, -5.0), (20.0, -40.0))
"""Deviations and means of random features: as standardised, as logarithms, as decibels."""

STEPS = 12
"""Steps of a stream that are compared for each number of streams."""


@dataclass(frozen=True)
class Graph:
    """A module of tensors. It takes the inputs and gives the outputs in the order of their names here.

    `answer` is what it must answer as: itself, or the model as training and `predict` call it. `inputs` and `outputs`
    say in words what each is; `axes` name those axes of each input that may have any size. `example` are inputs to
    trace it with, and `trials` others, to compare answers for.
    """

    module: nn.Module
    answer: Callable[..., tuple[Tensor, ...]]
    inputs: dict[str, str]
    outputs: dict[str, str]
    axes: tuple[dict[int, str], ...]
    example: tuple[Tensor, ...]
    trials: Sequence[tuple[Tensor, ...]]


def graph_of(fitted: Fitted) -> Graph:
    """What is exported of a model in evaluation, on the CPU. Trials are the same each time.

    ExportError for a task whose models answer in other ways.
    """
    if fitted.task.config.name in OTHERS:
        raise ExportError(f"a model of {fitted.task.config.name} has no graph of one batch; write it --as safetensors")
    draws = torch.Generator().manual_seed(0)
    if isinstance(fitted.model, FastEnhancer):
        return _stream(fitted.model, draws)
    return _clips(fitted, draws)


class Clips(nn.Module):
    """What a task asks of its model, of clips (batch, time, width) and their lengths (batch,)."""

    def __init__(self, model: nn.Module, task: Task) -> None:
        super().__init__()
        self.model, self.task = model, task

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        name = self.task.config.arrays[0]
        batch = Batch({name: x}, {name: lengths}, lengths, [], [], [], [], [], [])
        made = self.task.outputs(self.model, batch)
        return (made,) if isinstance(made, Tensor) else tuple(part for part in made if isinstance(part, Tensor))


class StreamStep(nn.Module):
    """One block of each stream, (batch, hop), and the state before it, to the answer (batch, hop) and the state after.

    It is FastEnhancer.step for one block, with two differences for who runs it elsewhere: the state of the GRUs is
    (batch, blocks, bands, channels), so that streams come first in every tensor; and the inverse transform is taken of
    all bins, since ONNX knew none of half of them for long.
    """

    def __init__(self, model: FastEnhancer) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, block: Tensor, heard: Tensor, untold: Tensor, power: Tensor, weight: Tensor, hidden: Tensor
    ) -> tuple[Tensor, ...]:
        model, state = self.model, self._state(heard, untold, power, weight, hidden)
        frame = torch.cat([heard, block], 1) * model.window
        spectra = torch.view_as_real(torch.fft.rfft(frame))[:, None]
        level, power, weight = model.level(spectra.square().sum(-1).mean(-1), state)
        mask, after = model.mask(spectra, level, state.hidden)
        (a, b), (c, d) = spectra[:, 0].unbind(-1), mask[:, 0].unbind(-1)
        first, second = (_inverse(a * c - b * d, a * d + b * c) * model.window).chunk(2, 1)
        return first + untold, block, second, power, weight, self._streams_first(after, block.shape[0])

    def by_the_model(self, block: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """The same by FastEnhancer.step."""
        told, after = self.model.step(block[:, None], self._state(*state))
        return told[:, 0], *after[:-1], self._streams_first(after.hidden, block.shape[0])

    def begin(self, batch: int) -> tuple[Tensor, ...]:
        """The state of streams that have heard nothing: zeros."""
        state = self.model.begin(batch)
        return *state[:-1], self._streams_first(state.hidden, batch)

    def _state(self, heard: Tensor, untold: Tensor, power: Tensor, weight: Tensor, hidden: Tensor) -> State:
        return State(heard, untold, power, weight, hidden.transpose(0, 1).flatten(1, 2))

    def _streams_first(self, hidden: Tensor, batch: int) -> Tensor:
        return hidden.reshape(hidden.shape[0], batch, self.model.bands, hidden.shape[2]).transpose(0, 1)


def _inverse(real: Tensor, imaginary: Tensor) -> Tensor:
    """torch.fft.irfft of an even number of samples, by the transform of all bins: (batch, n / 2 + 1) to (batch, n)."""
    mirrored = torch.complex(real[:, 1:-1].flip(1), -imaginary[:, 1:-1].flip(1))
    samples: Tensor = torch.fft.ifft(torch.cat([torch.complex(real, imaginary), mirrored], 1)).real
    return samples


def _clips(fitted: Fitted, draws: torch.Generator) -> Graph:
    name = fitted.task.config.arrays[0]
    spec = next(spec for spec in fitted.about.heard if spec.name == name)
    inputs = {
        spec.kind: f"float32 (batch, time, {spec.width}): {name}, {spec.rate} steps a second, anything beyond lengths",
        "lengths": "int64 (batch,): how many steps of each are real",
    }
    batches = [_batch(spec, clips, seconds, number, draws) for number, (clips, seconds) in enumerate(TRIALS)]
    stride = getattr(fitted.model, "frame_stride", getattr(fitted.model, "subsampling", 1))
    words = OUTPUTS.get(fitted.task.config.name, {"scores": "float32 (batch, ..): what the model scores"})
    outputs = {name: said.format(stride=stride) for name, said in words.items()}
    module = Clips(fitted.model, fitted.task).eval()
    return Graph(module, module, inputs, outputs, ({0: "batch", 1: "time"}, {0: "batch"}), batches[-1], batches)


def _batch(spec: ArraySpec, clips: int, seconds: float, number: int, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random clips, the first of which is the longest, and their lengths; what pads them is no number."""
    longest = max(1, round(seconds * (spec.rate or 100.0)))
    deviation, mean = (0.1, 0.0) if spec.kind == "audio" else LOUDNESS[number % len(LOUDNESS)]
    lengths = torch.randint(1, longest + 1, (clips,), generator=draws)
    lengths[0] = longest
    x = deviation * torch.randn(clips, longest, spec.width or 1, generator=draws) + mean
    return x.where(torch.arange(longest)[:, None] < lengths[:, None, None], torch.nan), lengths


@torch.inference_mode()
def _stream(model: FastEnhancer, draws: torch.Generator) -> Graph:
    step = StreamStep(model).eval()
    trials = []
    for batch in (1, 3):
        state = step.begin(batch)
        for _ in range(STEPS):
            trials.append((0.1 * torch.randn(batch, model.hop, generator=draws), *state))
            state = step.by_the_model(*trials[-1])[1:]
    state_words = {name: f"float32 {_shape(value)}" for name, value in zip(State._fields, trials[0][1:], strict=True)}
    inputs = {"block": f"float32 (batch, {model.hop}): the next samples of each stream"}
    inputs |= {name: f"{words}: state, zeros before the first block" for name, words in state_words.items()}
    told = f"float32 (batch, {model.hop}): the clean samples of the block before; those of the first step mean nothing"
    outputs = {"clean": told}
    outputs |= {f"next_{name}": f"{words}: {name} of the next step" for name, words in state_words.items()}
    return Graph(step, step.by_the_model, inputs, outputs, ({0: "batch"},) * len(inputs), trials[-1], trials)


def _shape(state: Tensor) -> str:
    return "(batch,)" if state.ndim == 1 else f"(batch, {', '.join(map(str, state.shape[1:]))})"
