"""MelSpec: the very mel stage that features came of. Acoustic models and vocoders meet by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.perceptual.log_mel import LogMel
from manifests.spec import ArraySpec
from training.checkpoint import parse_chain
from training.errors import DataError

NAMES = ("of", "as")
"""Parameters of a stage that say what arrays are called, and nothing of what is in them."""


@dataclass(frozen=True)
class MelSpec:
    """A `log_mel` stage, every parameter resolved, and the rate in Hz of the audio that it heard."""

    stage: LogMel
    sample_rate: int

    @property
    def frame_rate(self) -> float:
        """Frames a second."""
        return self.sample_rate / self.stage.hop_length

    def describe(self) -> dict[str, Any]:
        """JSON that `parse` reads."""
        return {"sample_rate": self.sample_rate, "log_mel": self.stage.model_dump(mode="json", by_alias=True)}

    @classmethod
    def parse(cls, described: Mapping[str, Any]) -> MelSpec:
        return cls(LogMel.model_validate(described["log_mel"]), int(described["sample_rate"]))

    def differences(self, other: MelSpec, ours: str, theirs: str) -> list[str]:
        """What another one has otherwise, in words that name both; nothing where the frames mean the same."""
        mine, yours = ({"sample_rate": spec.sample_rate, **_meaning(spec.stage)} for spec in (self, other))
        return [
            f"{name} is {mine[name]!r} in {ours} and {yours[name]!r} in {theirs}"
            for name in mine
            if mine[name] != yours[name]
        ]


def mel_spec(chain: Sequence[Mapping[str, Any]], spec: ArraySpec) -> MelSpec:
    """The mel stage behind an array, from the chain that made it (JSON).

    DataError where the array is none of `log_mel`, is changed behind it, or has frames that begin elsewhere than
    centred on multiples of the hop with zeros beyond the ends: losses and vocoders are made for those.
    """
    writers = [stage for stage in parse_chain([dict(stage) for stage in chain]).stages if _writes(stage, spec.name)]
    if not writers or not isinstance(writers[-1], LogMel):
        said = f"comes of {writers[-1].name}" if writers else "comes of no stage that is known"
        raise DataError(f"{spec.name} {said}; speech is made of what log_mel writes, as it writes it")
    stage = writers[-1]
    if not spec.rate:
        raise DataError(f"{spec.name} has no rate; it is known where the recipe has resample")
    if not stage.center or stage.pad_mode != "constant":
        raise DataError(f"{spec.name}: build the store with log_mel: {{center: true, pad_mode: constant}}")
    return MelSpec(stage, round(spec.rate * stage.hop_length))


def _writes(stage: Any, name: str) -> bool:
    return getattr(stage, "target", None) == name


def _meaning(stage: LogMel) -> dict[str, Any]:
    """The parameters that decide what a frame holds."""
    found = {name: value for name, value in stage.model_dump(mode="json", by_alias=True).items() if name not in NAMES}
    return {**found, "win_length": stage.win_length or stage.n_fft}
