"""Sounding: an array made audible: waveforms as they are, spectrograms and mel features by their inverse stages.

What a spectrogram of magnitudes, or mel features, sounds like is a guess, since phases and some frequencies are lost:
it is called approximate. What has no inverse stage has no sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from explorer.errors import ExplorerError
from features.chain import Chain, Stopped
from features.example import Array, Audio, Example, Features
from features.inverse.griffin_lim import GriffinLim
from features.inverse.istft import Istft
from features.inverse.mel_to_linear import MelToLinear
from features.inverse.mu_law_expand import MuLawExpand
from features.perceptual.log_mel import LogMel
from features.stage import Stage

ROUNDS = 32
_FRAMES = ("n_fft", "win_length", "hop_length", "window", "center")


def inverse(name: str, maker: Stage | None) -> list[Stage]:
    """The stages that make an array audible, by the stage that made it; none where there is no way back.

    There is none, too, from frames between which samples are lost, which inverse stages refuse.
    """
    try:
        return [] if maker is None else _inverse(name, maker)
    except ValidationError:
        return []


def _inverse(name: str, maker: Stage) -> list[Stage]:
    made = maker.model_dump(by_alias=True)
    frames = {key: made[key] for key in _FRAMES if key in made}
    if maker.name == "stft" and made["output"] == "complex":
        return [Istft.model_validate({"of": name, "as": "audio", **frames})]
    if maker.name == "stft" and made["output"] in ("magnitude", "power"):
        power = 2.0 if made["output"] == "power" else 1.0
        return [GriffinLim.model_validate({"of": name, "as": "audio", "n_iter": ROUNDS, "power": power, **frames})]
    if maker.name == "log_mel" and isinstance(maker, LogMel):
        linear = MelToLinear.model_validate(
            {"of": name, "as": "linear", "log_mel": {**made, "of": "audio", "as": None}}
        )
        return [linear, GriffinLim.model_validate({"of": "linear", "as": "audio", "n_iter": ROUNDS, **frames})]
    if maker.name == "mu_law":
        return [MuLawExpand.model_validate({"of": name, "as": "audio"})]
    return []


def audible(value: Array, maker: Stage | None, name: str) -> bool:
    """Whether there is a sound of an array."""
    return isinstance(value, Audio) or bool(inverse(name, maker))


def approximate(value: Array, maker: Stage | None) -> bool:
    """Whether the sound of an array is a guess."""
    return isinstance(value, Features) and not (maker is not None and getattr(maker, "output", "") == "complex")


def sound(value: Array, maker: Stage | None, name: str, notes: Mapping[str, Any] | None = None) -> Audio:
    """The waveform of an array; ExplorerError where there is none."""
    if isinstance(value, Audio):
        return value
    stages = inverse(name, maker)
    if not stages:
        raise ExplorerError(f"{name} has no sound: nothing leads back from it to a waveform", "show")
    made = Chain(stages).run(Example("sound", arrays={name: value}))
    if isinstance(made, Stopped):
        raise ExplorerError(f"{made.stage}: {made.verdict.reason}", "show")
    return made[0].audio()
