"""Vocoding: speech from its mel features, the other way round than the stages that made them.

The losses are those of Vocos and Parallel WaveGAN: the distance of log-mel features (Siuzdak, ICLR 2024,
https://arxiv.org/abs/2306.00814, section 3.3), taken by the very parameters of the store's own stage, and of spectra at
several resolutions (training/losses/spectral.py). Where the model has a critic, what it says of the answers counts as
well (training/losses/adversarial.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from manifests.spec import ArraySpec
from training.errors import DataError
from training.losses.adversarial import judge
from training.losses.log_mel import TorchLogMel, mel_distance
from training.losses.spectral import multi_resolution_stft, scaled
from training.metrics.enhancement import stoi
from training.models.model import Sizes
from training.section import Losses
from training.synthesis.griffin_lim import griffin_lim
from training.synthesis.mel_spec import MelSpec, mel_spec
from training.synthesis.projection import Projection
from training.tasks.task import Answer, Material, Task, TaskConfig, in_words

if TYPE_CHECKING:
    from training.collate import Batch
    from training.fitted import Fitted
    from training.models.model import ModelConfig

BASELINE, ALONE = "_griffin_lim", "_alone"


class VocodingLosses(Losses):
    """How much each loss counts; 0 leaves it out."""

    mel: float = Field(1.0, ge=0)
    """The mean distance of log-mel features, in their own unit."""

    resolutions: float = Field(1.0, ge=0)
    """Spectra at three resolutions: spectral convergence, and the distance of log magnitudes."""

    adversarial: float = Field(0.0, ge=0)
    """How far the model's critic is from taking answers for recordings, while the model trains."""

    feature_matching: float = Field(0.0, ge=0)
    """The distance of what the critic's layers make of answers and recordings, while the model trains."""

    @property
    def judged(self) -> bool:
        """Whether a critic is asked; it learns then by a loss of its own, which counts once."""
        return self.adversarial > 0 or self.feature_matching > 0


class VocodingConfig(TaskConfig):
    """Speech from mel features."""

    name: Literal["vocoding"] = "vocoding"

    array: str = "log_mel"
    """The array that the model hears: what the stage log_mel writes."""

    audio: str = "audio"
    """The array that it is to answer: the waveform that the features were made of."""

    segment_frames: int = Field(48, ge=1)
    """Frames of a segment: training hears segments from anywhere in a recording, and figures are of the whole."""

    segments: int = Field(1, ge=1)
    """Segments of each recording that a step of training hears."""

    rounds: int = Field(32, ge=0, le=1000)
    """Rounds of training/synthesis/projection.py, behind a model that does not train: its answer and the features that
    it heard are made to agree. Figures called `.._alone` are those without."""

    losses: VocodingLosses = VocodingLosses()
    """What is made small."""

    @property
    def arrays(self) -> list[str]:
        return [self.array, self.audio]


class Vocoded(NamedTuple):
    """Answers and what they should be, (pieces, samples) each, and the frames and samples that count, (pieces,).

    A piece is a segment of a recording while a model trains, else the whole. `alone` is what the model itself answers,
    and `judged` the losses of a critic, (pieces, 3), all zero where none is asked.
    """

    found: Tensor
    wanted: Tensor
    frames: Tensor
    samples: Tensor
    alone: Tensor
    judged: Tensor


class Vocoding(Task):
    """Learns to answer the waveform. Figures are distances, where less is better, each of whole recordings.

    `evaluate` adds STOI; and all three of the model alone, and of Griffin-Lim with 60 rounds.
    """

    Config = VocodingConfig
    metric = "stft_distance"
    less_is_better = True
    needs = ("hop", "context")
    suited = "vocos"

    def __init__(self, config: VocodingConfig, learnt: Mapping[str, Any]) -> None:
        super().__init__(config, learnt)
        self.config: VocodingConfig
        self.spec = MelSpec.parse(learnt["mel"])
        self.log_mel, self.projection = TorchLogMel(self.spec), Projection(self.spec)
        self.resolutions = scaled(self.spec.sample_rate)

    @classmethod
    def learn(cls, config: VocodingConfig, material: Material) -> dict[str, Any]:
        heard, audio = (material.specs[name] for name in config.arrays)
        spec = mel_spec(material.chain, heard)
        if audio.kind != "audio" or audio.width != 1 or audio.rate != spec.sample_rate:
            raise DataError(
                f"vocoding answers one channel at {spec.sample_rate} Hz, which {heard.name} was made of; "
                f"got {in_words(audio)} with {audio.width} channels"
            )
        return {"mel": spec.describe()}

    def sizes(self, specs: Mapping[str, ArraySpec]) -> Sizes:
        return Sizes(self.spec.stage.n_mels, self.spec.frame_rate, self.spec.stage.hop_length)

    def build(self, model: ModelConfig, specs: Mapping[str, ArraySpec]) -> nn.Module:
        built = super().build(model, specs)
        there, asked = getattr(built, "critic", None) is not None, self.config.losses.judged
        if asked and not there:
            raise DataError(
                "task.losses: adversarial and feature_matching are what a critic says, and the model has none; "
                "write model: {name: vocos, critic: {channels: 16}}"
            )
        if there and not asked:
            raise DataError(
                "model.critic is never asked: give task.losses.adversarial or feature_matching a share, or leave it out"
            )
        return built

    def outputs(self, model: nn.Module, batch: Batch) -> Vocoded:
        """The answers to segments of each recording while the model trains, side by side, else to the whole of it."""
        self._require_aligned(batch)
        mel, frames = batch.arrays[self.config.array], batch.lengths[self.config.array]
        audio, samples = batch.arrays[self.config.audio][:, :, 0], batch.lengths[self.config.audio]
        if model.training:
            hop, number, times = self.spec.stage.hop_length, self.config.segment_frames, self.config.segments
            frames, samples = frames.repeat_interleave(times), samples.repeat_interleave(times)
            first = starts(frames, number)
            mel, frames = cut(mel, first, number), frames.clamp(max=number)
            audio = cut(audio, first * hop, number * hop)
            samples = (samples - first * hop).clamp(max=number * hop)
        alone = model(mel, frames)
        found = alone if model.training else self.projected(alone, mel, frames)
        found, alone = found[:, : audio.shape[1]], alone[:, : audio.shape[1]]
        return Vocoded(found, audio, frames, samples, alone, self._judged(model, found, audio, samples))

    def waves(self, model: nn.Module, mel: Tensor, frames: Tensor) -> Tensor:
        """The waveforms (batch, frames * hop_length) of features (batch, frames, bins) with lengths (batch,)."""
        return self.projected(model(mel, frames), mel, frames)

    def projected(self, alone: Tensor, mel: Tensor, frames: Tensor) -> Tensor:
        """What a model answers alone, after the rounds."""
        return self.projection.to(alone.device)(alone, mel, frames, self.config.rounds) if self.config.rounds else alone

    def context(self, model: Any) -> int:
        """Frames to either side that a sample of the answer depends on."""
        return int(model.context) + self.config.rounds * self.projection.context

    def losses(self, outputs: Vocoded, batch: Batch) -> Tensor:
        weights, total = self.config.losses, outputs.found.new_zeros(len(outputs.found))
        if weights.mel:
            total = total + weights.mel * self.mel_distance(outputs)
        if weights.resolutions:
            pair = outputs.found, outputs.wanted
            total = total + weights.resolutions * multi_resolution_stft(*pair, outputs.samples, self.resolutions)
        if weights.judged:
            total = total + outputs.judged @ total.new_tensor([weights.adversarial, weights.feature_matching, 1.0])
        return total.reshape(len(batch), -1).mean(1)

    def _judged(self, model: Any, found: Tensor, wanted: Tensor, samples: Tensor) -> Tensor:
        if model.training and self.config.losses.judged:
            return judge(model.critic, found, wanted, samples)
        return found.new_zeros(len(found), 3)

    def mel_distance(self, outputs: Vocoded) -> Tensor:
        """The mean distance of log-mel features of answers and targets, (batch,)."""
        log_mel = self.log_mel.to(outputs.found.device)
        inside = torch.arange(outputs.found.shape[1], device=outputs.found.device) < outputs.samples[:, None]
        found, wanted = (log_mel(signals.where(inside, 0)) for signals in outputs[:2])
        return mel_distance(found, wanted, outputs.frames)

    def answers(self, outputs: Vocoded, batch: Batch) -> list[Answer]:
        distances = multi_resolution_stft(outputs.found, outputs.wanted, outputs.samples, self.resolutions)
        pairs = zip(distances.tolist(), self.mel_distance(outputs).tolist(), strict=True)
        return [{self.metric: distance, "mel_l1": mel} for distance, mel in pairs]

    def examine(self, outputs: Vocoded, batch: Batch) -> list[Answer]:
        heard, frames = batch.arrays[self.config.array].cpu().numpy(), outputs.frames.tolist()
        waves = [griffin_lim(one[:n], self.spec, key) for one, n, key in zip(heard, frames, batch.keys, strict=True)]
        plain = torch.zeros_like(outputs.wanted)
        for place, wave in zip(plain, waves, strict=True):
            number = min(len(wave), len(place))
            place[:number] = torch.from_numpy(wave[:number])
        found: list[Answer] = [{"stoi": value} for value in self._stoi(outputs)]
        for name, signals in ((ALONE, outputs.alone), (BASELINE, plain)):
            others = outputs._replace(found=signals)
            for answer, more, value in zip(found, self.answers(others, batch), self._stoi(others), strict=True):
                answer.update({f"{measure}{name}": figure for measure, figure in {**more, "stoi": value}.items()})
        return found

    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        measures = (self.metric, "mel_l1", "stoi")
        names = [name for name in answers[0] if name.removesuffix(BASELINE).removesuffix(ALONE) in measures]
        columns = {name: [answer[name] for answer in answers if answer[name] is not None] for name in names}
        return {name: float(np.mean(values)) if values else math.nan for name, values in columns.items()}

    def errors(self, answers: Sequence[Answer]) -> list[Answer]:
        """Those that are further from the truth than Griffin-Lim's, where that is known."""
        known = f"{self.metric}{BASELINE}"
        return [answer for answer in answers if answer[self.metric] > answer.get(known, math.inf)]

    def explain(self, answer: Answer) -> str:
        beside = f", Griffin-Lim {answer[self.metric + BASELINE]:.3f}" if self.metric + BASELINE in answer else ""
        return f"spectra {answer[self.metric]:.3f} apart{beside}; mel {answer['mel_l1']:.3f}"

    def writes(self, path: Path) -> str:
        return f"{path.stem}.vocoded.wav"

    def predict(self, fitted: Fitted, path: Path, out: Path | None) -> list[dict[str, Any]]:
        """Copy synthesis: writes NAME.vocoded.wav, from the features that the store's chain makes of the file."""
        from training.synthesis.vocoder import vocode_file

        return vocode_file(self, fitted, path, (out or Path()) / self.writes(path))

    def _stoi(self, outputs: Vocoded) -> list[float | None]:
        """Of each answer, without padding."""
        pairs = zip(outputs.found.cpu().numpy(), outputs.wanted.cpu().numpy(), outputs.samples.tolist(), strict=True)
        return [stoi(one[:n], truth[:n], self.spec.sample_rate) for one, truth, n in pairs]

    def _require_aligned(self, batch: Batch) -> None:
        """DataError, with the key, where the features are not those of the waveform beside them."""
        hop = self.spec.stage.hop_length
        frames, samples = (batch.lengths[name].tolist() for name in self.config.arrays)
        for key, one, other in zip(batch.keys, frames, samples, strict=True):
            if one != 1 + other // hop:
                raise DataError(
                    f"{key}: {self.config.array} has {one} frames, and {other} samples of {self.config.audio} make "
                    f"{1 + other // hop}; keep the waveform that the features are made of"
                )


def starts(frames: Tensor, number: int) -> Tensor:
    """Where a segment of so many frames begins in recordings of `frames` (batch,), each place as likely.

    Drawn from torch's own generator, as dropout is: the same again with the seed of the run, and where it is resumed.
    """
    room = (frames - number).clamp(min=0) + 1
    return (torch.rand(len(frames)).to(frames.device) * room).long().clamp(max=room - 1)


def cut(arrays: Tensor, first: Tensor, number: int) -> Tensor:
    """So many values of arrays (batch, length, ..) from `first` (batch x times,) on, `times` pieces of each in turn.

    At the end the last value comes again and again.
    """
    places = (first[:, None] + torch.arange(number, device=arrays.device)).clamp(max=arrays.shape[1] - 1)
    rows = torch.arange(len(arrays), device=arrays.device).repeat_interleave(len(first) // len(arrays))
    return arrays[rows[:, None], places]
