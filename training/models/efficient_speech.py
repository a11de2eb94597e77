"""EfficientSpeech: mel features of a text, all frames at once, with durations, pitch and energy that are predicted.

Ren et al., "FastSpeech 2: Fast and High-Quality End-to-End Text to Speech", ICLR 2021
(https://arxiv.org/abs/2006.04558): a text is encoded; a duration in frames, pitch and energy are predicted for each
token; every token is repeated for as many frames as it lasts, and a decoder makes mel features of them. Small, and made
of attention, convolutions of each channel and linear maps, after Atienza, "EfficientSpeech: An On-Device Text to Speech
Model", ICASSP 2023 (https://arxiv.org/abs/2305.13905).

Unlike both, no aligner is needed beforehand: the alignment is learnt inside (training/models/aligner.py), and the best
monotonic one gives the durations to learn from. Pitch and energy are one value a token, the mean over its frames, as in
Lancucki, "FastPitch", ICASSP 2021 (https://arxiv.org/abs/2006.06873). The decoder is of ConvNeXt blocks, and is told
how much of its token lies before a frame.

Speakers are tokens too: an example's speaker is one more row of the table of embeddings, added to every token. With 40
tokens and 80 bins the default has 1.2 million parameters; 64 channels have 0.3 million, 240 have 4.1 million.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn.functional import gelu

from training.models.aligner import Aligner
from training.models.conv_next import ConvNextBlock
from training.models.masked import within
from training.models.model import ModelConfig, Sizes
from training.models.text_encoder import TextEncoder
from training.synthesis.alignment import durations_of, path_of


class EfficientSpeechConfig(ModelConfig):
    """FastSpeech 2 in the style of EfficientSpeech, with an alignment that is learnt inside."""

    scores_clips = False

    name: Literal["efficient_speech"] = "efficient_speech"

    channels: int = Field(128, ge=8, le=2048)
    """Channels of every block; 64 to 240 are 0.3 to 4.1 million parameters."""

    encoder_blocks: int = Field(3, ge=1, le=32)
    """Blocks over the tokens."""

    decoder_blocks: int = Field(6, ge=1, le=32)
    """Blocks over the frames."""

    heads: int = Field(2, ge=1, le=64)
    """Heads of the attention."""

    dropout: float = Field(0.1, ge=0, lt=1)
    """The share that is dropped in encoder and predictors."""

    @model_validator(mode="after")
    def _divides(self) -> EfficientSpeechConfig:
        if self.channels % (2 * self.heads):
            raise ValueError(f"channels {self.channels} is to be divided by twice the {self.heads} heads")
        return self

    def build(self, sizes: Sizes) -> EfficientSpeech:
        """`sizes.width` counts the tokens, speakers among them; `sizes.outputs` the bins of a frame."""
        return EfficientSpeech(sizes.width, sizes.outputs, self)


class Read(NamedTuple):
    """What a text became; what is said of its tokens is (batch, tokens), pitch and energy of unit variance."""

    frames: Tensor
    """Features (batch, frames, bins), of zero mean and unit variance."""

    log_durations: Tensor
    """ln(1 + frames) of each token, as predicted."""

    pitch: Tensor
    """As predicted."""

    energy: Tensor
    """As predicted."""

    durations: Tensor
    """Frames of each token, int64: those of the alignment while speech is given, else the predicted ones."""


class Heard(NamedTuple):
    """What an alignment says of given speech."""

    scores: Tensor
    """Of each frame as each token, (batch, frames, tokens); see Aligner."""

    path: Tensor
    """The best monotonic alignment: 1 where a frame belongs to a token, (batch, frames, tokens)."""

    pitch: Tensor
    """The mean over the voiced frames of each token, 0 where none is, (batch, tokens)."""

    energy: Tensor
    """The mean over the frames of each token, (batch, tokens)."""


class EfficientSpeech(nn.Module):
    """Texts as tokens (batch, tokens) int64 with lengths (batch,), and a speaker each, (batch,) of the same table or
    None, to features. What lies beyond a length may be anything, and comes out as anything.
    """

    def __init__(self, tokens: int, bins: int, config: EfficientSpeechConfig) -> None:
        super().__init__()
        channels = config.channels
        self.embedding = nn.Embedding(tokens, channels)
        nn.init.normal_(self.embedding.weight, std=channels**-0.5)
        self.encoder = TextEncoder(channels, config.encoder_blocks, config.heads, config.dropout)
        self.aligner = Aligner(channels, bins)
        self.duration, self.pitch, self.energy = (Predictor(channels, config.dropout) for _ in range(3))
        self.of_pitch, self.of_energy = (nn.Conv1d(1, channels, 3, padding=1) for _ in range(2))
        self.of_progress = nn.Linear(1, channels)
        blocks = config.decoder_blocks
        self.decoder = nn.ModuleList(ConvNextBlock(channels, 2 * channels, 1 / blocks) for _ in range(blocks))
        self.norm, self.to_bins = nn.LayerNorm(channels), nn.Linear(channels, bins)

    def align(
        self, tokens: Tensor, lengths: Tensor, speakers: Tensor | None, frames: Tensor, ends: Tensor, tracks: Tensor
    ) -> Heard:
        """The alignment of texts with their features (batch, frames, bins), of which the first `ends` (batch,) count.

        `tracks` (batch, frames, 3) are the pitch, whether a frame is voiced, and the energy. There are at least as many
        frames as tokens.
        """
        scores = self.aligner(self.embed(tokens, speakers), lengths, frames, ends)
        given = scores.detach().cpu().numpy(), ends.cpu().numpy(), lengths.cpu().numpy()
        durations = torch.from_numpy(durations_of(*given)).to(frames.device)
        path = path_of(durations, frames.shape[1])
        voiced = tracks[:, :, 1] * path.sum(2)
        pitch = means(path, tracks[:, :, 0], voiced)
        return Heard(scores, path, pitch, means(path, tracks[:, :, 2], path.sum(2)))

    def read(self, tokens: Tensor, lengths: Tensor, speakers: Tensor | None, heard: Heard) -> Read:
        """Features of texts with durations, pitch and energy as they were heard."""
        hidden, real = self.encode(tokens, lengths, speakers)
        said = self.predict(hidden, real)
        durations = heard.path.sum(1).long()
        frames = self.decode(hidden, real, durations, heard.pitch, heard.energy, heard.path)
        return Read(frames, *said, durations)

    def speak(
        self, tokens: Tensor, lengths: Tensor, speakers: Tensor | None, speed: float = 1.0, shift: float = 0.0
    ) -> Read:
        """Features of texts with all else predicted: `speed` times as fast, the pitch higher by `shift` deviations."""
        hidden, real = self.encode(tokens, lengths, speakers)
        log_durations, pitch, energy = self.predict(hidden, real)
        durations = whole((log_durations.exp() - 1).clamp(min=1) / speed).where(real, 0)
        path = path_of(durations, int(durations.sum(1).max()))
        pitch = (pitch + shift).where(real, 0)
        frames = self.decode(hidden, real, durations, pitch, energy, path)
        return Read(frames, log_durations, pitch, energy, durations)

    def embed(self, tokens: Tensor, speakers: Tensor | None) -> Tensor:
        """(batch, tokens, channels), with the speaker in every token."""
        embedded: Tensor = self.embedding(tokens)
        return embedded if speakers is None else embedded + self.embedding(speakers)[:, None]

    def encode(self, tokens: Tensor, lengths: Tensor, speakers: Tensor | None) -> tuple[Tensor, Tensor]:
        """Encoded tokens (batch, tokens, channels), and which of them are real."""
        real = within(tokens.shape[1], lengths)
        hidden: Tensor = self.encoder(self.embed(tokens, None), real)
        return hidden if speakers is None else hidden + self.embedding(speakers)[:, None], real

    def predict(self, hidden: Tensor, real: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log durations, pitch and energy, (batch, tokens) each; zero where not real."""
        found = (predictor(hidden, real) for predictor in (self.duration, self.pitch, self.energy))
        log_durations, pitch, energy = found
        return log_durations, pitch, energy

    def decode(
        self, hidden: Tensor, real: Tensor, durations: Tensor, pitch: Tensor, energy: Tensor, path: Tensor
    ) -> Tensor:
        """Features (batch, frames, bins) of tokens that last so many frames, with a pitch and an energy each."""
        for track, layer in ((pitch, self.of_pitch), (energy, self.of_energy)):
            hidden = hidden + layer(track.where(real, 0)[:, None]).transpose(1, 2)
        number = torch.arange(path.shape[1], device=path.device)[None]
        begun, lasts = ((path * each[:, None]).sum(2) for each in (durations.cumsum(1) - durations, durations))
        progress = (number - begun + 0.5) / lasts.clamp(min=1) - 0.5
        there = path.sum(2) > 0
        y = path @ hidden + self.of_progress(progress.where(there, 0)[:, :, None])
        for block in self.decoder:
            y = block(y, there)
        frames: Tensor = self.to_bins(self.norm(y)).float()
        return frames


class Predictor(nn.Module):
    """A value for each token: two convolutions with normalisation, as FastSpeech 2 has it (section 2.3)."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv1d(channels, channels, 3, padding=1) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(2))
        self.dropout, self.leave = nn.Dropout(dropout), nn.Linear(channels, 1)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            heard = convolution(x.where(real[:, :, None], 0).transpose(1, 2)).transpose(1, 2)
            x = self.dropout(norm(gelu(heard)))
        found: Tensor = self.leave(x)[:, :, 0].float()
        return found.where(real, 0)


def means(path: Tensor, track: Tensor, weights: Tensor) -> Tensor:
    """The mean of a track (batch, frames) over each token's frames that weigh 1, not 0: (batch, tokens), 0 of none."""
    total, weight = ((each[:, :, None] * path).sum(1) for each in (track * weights, weights))
    return total / weight.clamp(min=1)


def whole(durations: Tensor) -> Tensor:
    """Durations (batch, tokens) in whole frames, int64, one at least, whose sums from the start on stay near.

    >>> whole(torch.tensor([[1.4, 1.4, 1.4, 0.2]])).tolist()
    [[1, 2, 1, 1]]
    """
    ends = (durations.clamp(min=1).cumsum(1) + 0.5).floor().long()
    return torch.diff(ends, dim=1, prepend=ends.new_zeros(len(ends), 1))
