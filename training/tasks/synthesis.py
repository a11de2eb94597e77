"""Synthesis: mel features of speech from its text, which a vocoder makes audible.

What is made small is that of FastSpeech 2 (Ren et al., ICLR 2021, https://arxiv.org/abs/2006.04558, section 2.2), the
mean absolute difference of mel features and squared differences of log durations, pitch and energy; with the two losses
of an alignment that is learnt on the way (training/losses/alignment.py).
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
from training.errors import DataError, PredictError
from training.losses.alignment import binarisation, forward_sum
from training.losses.log_mel import mel_distance
from training.models.masked import within
from training.models.model import Sizes
from training.recognition.vocabulary import find_tokenizer
from training.section import Losses
from training.synthesis.mel_spec import MelSpec, mel_spec
from training.synthesis.pictures import Picture, draw_speech
from training.synthesis.scales import Scales
from training.synthesis.statistics import statistics_of
from training.tasks.task import Answer, Material, Task, TaskConfig, in_words, require_together

if TYPE_CHECKING:
    from training.collate import Batch
    from training.fitted import Fitted
    from training.models.efficient_speech import Heard, Read


class SynthesisLosses(Losses):
    """How much each loss counts; 0 leaves it out."""

    mel: float = Field(1.0, ge=0)
    """The mean distance of mel features, in their own unit, where durations, pitch and energy are given."""

    duration: float = Field(0.1, ge=0)
    """Squared differences of ln(1 + frames) of each token."""

    pitch: float = Field(0.1, ge=0)
    """Squared differences of each token's log pitch, of unit variance."""

    energy: float = Field(0.1, ge=0)
    """Squared differences of each token's energy, of unit variance."""

    alignment: float = Field(1.0, ge=0)
    """-log likelihood of the frames by all alignments with the text together, in nats a frame."""

    binarisation: float = Field(0.1, ge=0)
    """-log probability of the tokens of the best alignment, in nats a frame."""


class SynthesisConfig(TaskConfig):
    """Mel features from tokens of a text, for one voice or several."""

    name: Literal["synthesis"] = "synthesis"

    tokens: str = "characters"
    """The tokens that are read: the result of the stage phonemes or characters."""

    array: str = "log_mel"
    """The features that are answered: what the stage log_mel writes."""

    pitch: str = "pitch"
    """The array of the stage pitch, of the same frames."""

    energy: str = "energy"
    """The array of the stage energy, of the same frames."""

    speaker: bool = False
    """Whether recordings name speakers, who are learnt apart, and are chosen from when a text is spoken."""

    losses: SynthesisLosses = SynthesisLosses()
    """What is made small."""

    @property
    def arrays(self) -> list[str]:
        return [self.tokens, self.array, self.pitch, self.energy]


class Spoken(NamedTuple):
    """What a model makes of texts whose speech is given, and how it aligns them."""

    read: Read
    heard: Heard
    tokens: Tensor
    """How many tokens each has, the two at its ends among them: (batch,)."""

    frames: Tensor
    """How many frames each has: (batch,)."""


class Synthesis(Task):
    """Learns to answer features. Figures are errors: of features where durations, pitch and energy are given, of the
    durations in seconds, of the length of the whole as a share, of the pitch in semitones.
    """

    Config = SynthesisConfig
    metric = "mel_l1"
    less_is_better = True
    needs = ("align", "read", "speak")
    suited = "efficient_speech"

    def __init__(self, config: SynthesisConfig, learnt: Mapping[str, Any]) -> None:
        super().__init__(config, learnt)
        self.config: SynthesisConfig
        self.spec, self.scales = MelSpec.parse(learnt["mel"]), Scales(learnt["statistics"])
        self.speakers: list[str] = learnt["speakers"]
        self.symbols: list[str] = learnt["vocabulary"]
        self._picture: Picture | None = None

    @classmethod
    def learn(cls, config: SynthesisConfig, material: Material) -> dict[str, Any]:
        _, mel, pitch, energy = (material.specs[name] for name in config.arrays)
        spec = mel_spec(material.chain, mel)
        for track, width in ((pitch, 2), (energy, 1)):
            if track.kind != "features" or track.width != width or track.rate != mel.rate:
                raise DataError(
                    f"synthesis needs {track.name} of the frames of {in_words(mel)}, got {in_words(track)} of width "
                    f"{track.width}; give the stages log_mel, pitch and energy one hop_length"
                )
        tokenizer = find_tokenizer(material.chain, material.fitted, config.tokens)
        speakers = {row["speaker"] for row in material.rows(["speaker"])} if config.speaker else set()
        if None in speakers:
            raise DataError("recordings of train name no speaker; write speaker: false, or choose others with --where")
        return {
            "mel": spec.describe(),
            "vocabulary": tokenizer.vocabulary,
            "speakers": sorted(speakers),
            "statistics": statistics_of(material.batches(), config.array, config.pitch, config.energy),
        }

    def sizes(self, specs: Mapping[str, ArraySpec]) -> Sizes:
        """The tokens are those of the vocabulary, one for both ends of a text, and one for each speaker."""
        tokens = len(self.symbols) + 1 + len(self.speakers)
        return Sizes(tokens, self.spec.frame_rate, self.spec.stage.n_mels)

    def outputs(self, model: nn.Module, batch: Batch) -> Spoken:
        for name in (self.config.pitch, self.config.energy):
            require_together(batch, self.config.array, name)
        network: Any = model
        tokens, lengths = self.closed(batch.arrays[self.config.tokens], batch.lengths[self.config.tokens])
        frames = batch.lengths[self.config.array]
        self._require_enough(batch, lengths, frames)
        speakers = self.numbers(batch.speakers, batch.keys, tokens.device)
        mel = self.scales.normal(batch.arrays[self.config.array])
        tracks = self.scales.tracks(batch.arrays[self.config.pitch], batch.arrays[self.config.energy])
        heard = network.align(tokens, lengths, speakers, mel, frames, tracks)
        return Spoken(network.read(tokens, lengths, speakers, heard), heard, lengths, frames)

    def losses(self, outputs: Spoken, batch: Batch) -> Tensor:
        read, heard, tokens, frames = outputs
        weights, real = self.config.losses, within(heard.pitch.shape[1], tokens)
        pairs = (
            (weights.duration, read.log_durations, read.durations.float().log1p()),
            (weights.pitch, read.pitch, heard.pitch),
            (weights.energy, read.energy, heard.energy),
        )
        total = weights.mel * self.mel_distance(outputs, batch)
        for weight, found, wanted in pairs:
            each = (found - wanted).square().where(real, 0)
            total = total + weight * each.sum(1) / tokens
        total = total + weights.alignment * forward_sum(heard.scores, frames, tokens)
        return total + weights.binarisation * binarisation(heard.scores, heard.path, frames)

    def mel_distance(self, outputs: Spoken, batch: Batch) -> Tensor:
        """The mean distance of features, (batch,), in their own unit."""
        return mel_distance(self.scales.mel(outputs.read.frames), batch.arrays[self.config.array], outputs.frames)

    def answers(self, outputs: Spoken, batch: Batch) -> list[Answer]:
        read, heard, tokens, frames = outputs
        said = (read.log_durations.exp() - 1).clamp(min=1)
        voiced = heard.pitch != 0
        semitones = self.scales.semitones(read.pitch - heard.pitch).abs()
        found = []
        for row, (distance, count, length) in enumerate(
            zip(self.mel_distance(outputs, batch).tolist(), tokens.tolist(), frames.tolist(), strict=True)
        ):
            errors = (said[row, :count] - read.durations[row, :count]).abs().mean().item()
            pitches = semitones[row, :count][voiced[row, :count]]
            found.append(
                {
                    self.metric: distance,
                    "duration_error_seconds": errors / self.spec.frame_rate,
                    "length_error": abs(said[row, :count].sum().item() / length - 1),
                    "pitch_error_semitones": pitches.mean().item() if len(pitches) else None,
                }
            )
        return found

    def examine(self, outputs: Spoken, batch: Batch) -> list[Answer]:
        """Nothing more; but one example is kept for the picture, the longest of the first batch."""
        if self._picture is None:
            self._picture = self.picture(outputs, batch)
        return super().examine(outputs, batch)

    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        names = (self.metric, "duration_error_seconds", "length_error", "pitch_error_semitones")
        columns = {name: [answer[name] for answer in answers if answer[name] is not None] for name in names}
        return {name: float(np.mean(values)) if values else math.nan for name, values in columns.items()}

    def draw(self, report: Mapping[str, Any], folder: Path) -> list[Path]:
        if self._picture is None:
            return []
        path = folder / f"speech-{report['split']}.png"
        draw_speech(self._picture, path)
        return [path]

    def explain(self, answer: Answer) -> str:
        return (
            f"mel {answer[self.metric]:.3f} apart, durations {1000 * answer['duration_error_seconds']:.0f} ms, "
            f"length {100 * answer['length_error']:.0f} %"
        )

    def writes(self, path: Path) -> str:
        return f"{path.stem}.wav"

    def predict(self, fitted: Fitted, path: Path, out: Path | None) -> list[dict[str, Any]]:
        """Speaks the text in a file into NAME.wav, by Griffin-Lim, in the first of the voices; `--text` has choices."""
        from training.synthesis.saying import say_into

        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PredictError(f"{path}: synthesis speaks texts in UTF-8: {error}") from error
        speaker = self.speakers[0] if self.speakers else None
        return [say_into(fitted, text, (out or Path()) / self.writes(path), speaker=speaker)]

    def closed(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Texts (batch, tokens) with a token of their own at both ends, for what is heard before and after; lengths."""
        end, (batch, number) = len(self.symbols), tokens.shape
        found = tokens.new_full((batch, number + 2), end)
        found[:, 1:-1] = tokens.where(within(number, lengths), end)
        return found, lengths + 2

    def numbers(self, speakers: Sequence[str | None], keys: Sequence[str], device: torch.device) -> Tensor | None:
        """The tokens of speakers, (batch,), or None where all are one voice; DataError for one who is not of train."""
        if not self.config.speaker:
            return None
        for key, speaker in zip(keys, speakers, strict=True):
            if speaker not in self.speakers:
                raise DataError(f"{key}: no voice of {speaker!r} was learnt; there are {', '.join(self.speakers)}")
        first = len(self.symbols) + 1
        return torch.tensor([first + self.speakers.index(str(speaker)) for speaker in speakers], device=device)

    def picture(self, outputs: Spoken, batch: Batch) -> Picture:
        """The longest example of a batch as it is drawn."""
        row = int(outputs.frames.argmax())
        count, length = int(outputs.tokens[row]), int(outputs.frames[row])
        ids = batch.arrays[self.config.tokens][row, : count - 2].tolist()
        pitch = batch.arrays[self.config.pitch][row, :length].cpu()
        return Picture(
            mel=self.scales.mel(outputs.read.frames)[row, :length].float().cpu().numpy(),
            durations=outputs.read.durations[row, :count].cpu().numpy(),
            pitch=self.scales.hz(outputs.read.pitch[row, :count]).cpu().numpy(),
            symbols=["", *(self.symbols[number] for number in ids), ""],
            frame_rate=self.spec.frame_rate,
            title=batch.keys[row],
            given=batch.arrays[self.config.array][row, :length].cpu().numpy(),
            given_pitch=pitch[:, 0].where(pitch[:, 1] > 0, torch.nan).numpy(),
            alignment=outputs.heard.scores[row, :length, :count].float().softmax(1).cpu().numpy(),
        )

    def _require_enough(self, batch: Batch, tokens: Tensor, frames: Tensor) -> None:
        """DataError, with the key, for speech of fewer frames than tokens."""
        for key, count, length in zip(batch.keys, tokens.tolist(), frames.tolist(), strict=True):
            if length < count:
                raise DataError(
                    f"{key}: {length} frames are too few for {count} tokens, of which each takes one; let "
                    f"ctc_bound: {{tokens: {self.config.tokens}, subsampling: 2}} in the recipe leave it out"
                )
