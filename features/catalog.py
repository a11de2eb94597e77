"""Which stages there are. A name leads to a class; its module is imported only when a recipe uses it."""

from __future__ import annotations

from importlib import import_module

from features.errors import ChainError
from features.stage import Stage

STAGES: dict[str, str] = {
    "decode": "features.audio.decode:Decode",
    "resample": "features.signal.resample:Resample",
    "trim_silence": "features.signal.trim_silence:TrimSilence",
    "fix_length": "features.signal.fix_length:FixLength",
    "normalize": "features.signal.normalize:Normalize",
    "log_mel": "features.perceptual.log_mel:LogMel",
    "mfcc": "features.perceptual.mfcc:Mfcc",
    "gain": "features.augment.gain:Gain",
    "speed": "features.augment.speed:Speed",
    "add_noise": "features.augment.add_noise:AddNoise",
    "time_shift": "features.augment.time_shift:TimeShift",
}


def stage_class(name: str) -> type[Stage]:
    """The class of the stage called `name`; ChainError when there is none."""
    if name not in STAGES:
        raise ChainError(f"unknown stage {name!r}")
    module, _, attribute = STAGES[name].partition(":")
    found: type[Stage] = getattr(import_module(module), attribute)
    return found
