"""Codec: a recording that was compressed with a loss, and decoded again, as most audio is before a model hears it; see
lossy.py.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from features.augment.lossy import FORMATS, need_av, through_ffmpeg, through_mu_law
from features.draws import Draws, Random, bounds, within
from features.example import Audio
from features.signal.levels import finite
from features.stage import AudioShape, Augmentation, Rejected


class Codec(Augmentation):
    """Audio after a codec and back, as long as before and in time with it; what is beyond full scale is clipped.

    Each channel is coded by itself. The codec takes the nearest bit rate that it has. All but mu_law need PyAV (the
    extra `containers`).
    """

    name: ClassVar[str] = "codec"
    version: ClassVar[int] = 1
    shown = ({"codec": {"format": "mu_law", "act_on": "all"}},)

    format: Literal["mp3", "opus", "aac", "amr_nb", "mu_law"] = Field(
        description="mp3, opus, aac; amr_nb: that of mobile telephones, at 8 kHz; mu_law: 8 bits a sample (G.711)."
    )
    bit_rate_kbps: Annotated[Random, within(1, 1000)] | None = Field(
        None,
        description="Bit rate of each channel in kbit/s: 8 to 320 for mp3, 6 to 510 for opus, 8 to 500 for aac, "
        "4.75 to 12.2 for amr_nb; none for mu_law.",
    )

    @model_validator(mode="after")
    def _rate_fits(self) -> Codec:
        if self.format == "mu_law":
            if self.bit_rate_kbps is not None:
                raise ValueError("mu_law has no bit_rate_kbps: it takes 8 bits a sample")
            return self
        low, high = FORMATS[self.format].kbps
        if self.bit_rate_kbps is None or bounds(self.bit_rate_kbps)[0] < low or bounds(self.bit_rate_kbps)[1] > high:
            raise ValueError(f"{self.format} needs a bit_rate_kbps between {low:g} and {high:g}")
        return self

    def shape(self, before: AudioShape) -> AudioShape:
        if self.format != "mu_law":
            need_av(self.format)
        return before

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        if self.bit_rate_kbps is None:
            return Audio(through_mu_law(value.samples), value.sample_rate)
        kbps = draws.number("bit_rate_kbps", self.bit_rate_kbps)
        return finite(Audio(through_ffmpeg(value.samples, value.sample_rate, self.format, kbps), value.sample_rate))
