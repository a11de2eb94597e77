"""Enhancement: clean speech from noisy speech, waveform to waveform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field
from torch import Tensor, nn

from manifests.spec import ArraySpec
from training.errors import DataError
from training.losses.si_sdr import negative_si_sdr
from training.losses.spectral import Resolution, compressed_spectral, multi_resolution_stft
from training.metrics.enhancement import pesq, si_sdr, stoi
from training.models.model import Sizes
from training.section import Losses
from training.tasks.task import Answer, Material, Task, TaskConfig, in_words, require_together

if TYPE_CHECKING:
    from training.collate import Batch
    from training.fitted import Fitted

RESOLUTIONS_16K = ((512, 128, 512), (1024, 256, 1024), (256, 64, 256))
"""FFT size, hop and window in samples at 16 kHz, of the loss at several resolutions."""
MEASURES = ("si_sdr", "stoi", "estoi", "pesq")


class LossConfig(Losses):
    """How much each loss counts; 0 leaves it out. Windows and hops follow the sample rate."""

    si_sdr: float = Field(0.1, ge=0)
    """Negative SI-SDR in dB: the waveform, whatever its level."""

    compressed: float = Field(1.0, ge=0)
    """Spectra, magnitudes compressed by a power of 0.3: what is quiet counts too."""

    resolutions: float = Field(0.0, ge=0)
    """Magnitudes at several resolutions; ten times as slow as the others on a CPU."""


class EnhancementConfig(TaskConfig):
    """Clean speech from noisy speech."""

    name: Literal["enhancement"] = "enhancement"

    noisy: str = "noisy"
    """The array that the model hears: a waveform."""

    clean: str = "audio"
    """The array that it is to answer: a waveform of the same samples."""

    losses: LossConfig = LossConfig()
    """What is made small."""

    @property
    def arrays(self) -> list[str]:
        return [self.noisy, self.clean]


class Enhancement(Task):
    """Learns to answer the clean waveform. Figures are in dB of SI-SDR, and its improvement over what was heard.

    `evaluate` adds STOI and ESTOI, and PESQ where its package is installed, each beside that of the noisy speech.
    """

    Config = EnhancementConfig
    metric = "si_sdr_improvement"
    needs = ("begin", "step")
    suited = "fast_enhancer"

    def __init__(self, config: EnhancementConfig, learnt: Mapping[str, Any]) -> None:
        super().__init__(config, learnt)
        self.config: EnhancementConfig
        self.sample_rate = int(learnt["sample_rate"])

    @classmethod
    def learn(cls, config: EnhancementConfig, material: Material) -> dict[str, Any]:
        noisy, clean = (material.specs[name] for name in config.arrays)
        if noisy.kind != "audio" or clean.kind != "audio" or noisy.rate != clean.rate or not noisy.rate:
            raise DataError(
                f"enhancement needs two waveforms of one rate, got {in_words(noisy)} and {in_words(clean)}; a rate is "
                "known where the recipe has resample"
            )
        return {"sample_rate": int(noisy.rate)}

    def sizes(self, specs: Mapping[str, ArraySpec]) -> Sizes:
        spec = specs[self.config.noisy]
        return Sizes(spec.width or 0, spec.rate or 0.0, spec.width or 0)

    def outputs(self, model: nn.Module, batch: Batch) -> Tensor:
        estimate: Tensor = model(batch.arrays[self.config.noisy], batch.lengths[self.config.noisy])
        return estimate

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        require_together(batch, self.config.noisy, self.config.clean)
        estimate, clean = outputs[:, :, 0].float(), batch.arrays[self.config.clean][:, :, 0]
        lengths, weights = batch.lengths[self.config.clean], self.config.losses
        total = estimate.new_zeros(len(batch))
        if weights.si_sdr:
            total = total + weights.si_sdr * negative_si_sdr(estimate, clean, lengths, limit_db=30)
        if weights.compressed:
            total = total + weights.compressed * compressed_spectral(estimate, clean, lengths, *self._window())
        if weights.resolutions:
            scaled = [Resolution(*(self._scaled(size) for size in sizes)) for sizes in RESOLUTIONS_16K]
            total = total + weights.resolutions * multi_resolution_stft(estimate, clean, lengths, scaled)
        return total

    def answers(self, outputs: Tensor, batch: Batch) -> list[Answer]:
        found = []
        for noisy, estimate, clean in self._trios(outputs, batch):
            before, after = si_sdr(noisy, clean), si_sdr(estimate, clean)
            gained = None if before is None or after is None else after - before
            found.append({"si_sdr": after, "si_sdr_noisy": before, "si_sdr_improvement": gained})
        return found

    def examine(self, outputs: Tensor, batch: Batch) -> list[Answer]:
        found = []
        for noisy, estimate, clean in self._trios(outputs, batch):
            pair: dict[str, Any] = {}
            for name, heard in (("", estimate), ("_noisy", noisy)):
                pair[f"stoi{name}"] = stoi(heard, clean, self.sample_rate)
                pair[f"estoi{name}"] = stoi(heard, clean, self.sample_rate, extended=True)
                pair[f"pesq{name}"] = pesq(heard, clean, self.sample_rate)
            found.append(pair)
        return found

    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        names = [name for name in answers[0] if name.removesuffix("_noisy").removesuffix("_improvement") in MEASURES]
        columns = {name: [answer[name] for answer in answers if answer[name] is not None] for name in names}
        means = {name: float(np.mean(values)) for name, values in columns.items() if values}
        return {self.metric: float("nan"), **means}

    def report(self, answers: Sequence[Answer]) -> dict[str, Any]:
        silent = sum(answer["si_sdr_improvement"] is None for answer in answers)
        return {"without_speech": silent, "made_worse": len(self.errors(answers))}

    def errors(self, answers: Sequence[Answer]) -> list[Answer]:
        """Those that are worse than what was heard."""
        return [answer for answer in answers if (answer["si_sdr_improvement"] or 0.0) < 0]

    def explain(self, answer: Answer) -> str:
        if answer["si_sdr_improvement"] is None:
            return "there is no speech in it"
        return f"SI-SDR {answer['si_sdr_noisy']:.1f} to {answer['si_sdr']:.1f} dB"

    def writes(self, path: Path) -> str:
        return f"{path.stem}.clean.wav"

    def predict(self, fitted: Fitted, path: Path, out: Path | None) -> list[dict[str, Any]]:
        """Writes NAME.clean.wav: the file at its own rate and length, channel by channel.

        Of the chain of the store only the sample rate counts here: a recording is neither cut nor left out.
        """
        from training.enhancement.files import enhance_file

        return [enhance_file(fitted.model, self.sample_rate, path, (out or Path()) / self.writes(path))]

    def _trios(self, outputs: Tensor, batch: Batch) -> list[tuple[Any, Any, Any]]:
        """Noisy, estimated and clean samples of each example, without padding."""
        names = (self.config.noisy, self.config.clean)
        noisy, clean = (batch.arrays[name][:, :, 0].cpu().numpy() for name in names)
        estimate, lengths = outputs[:, :, 0].float().cpu().numpy(), batch.lengths[self.config.clean].tolist()
        return [(a[:n], b[:n], c[:n]) for a, b, c, n in zip(noisy, estimate, clean, lengths, strict=True)]

    def _window(self) -> tuple[int, int]:
        return self._scaled(512), self._scaled(256)

    def _scaled(self, samples: int) -> int:
        """So many samples at 16 kHz, at the rate at hand."""
        return max(16, 2 * round(samples * self.sample_rate / 32000))
