"""The spectral front end: what stages have in common that begin with a short-time Fourier transform."""

from __future__ import annotations

from pydantic import Field, model_validator

from features.spectral.frames import Framing, PadMode
from features.spectral.framewise import Framewise
from features.spectral.spectrum import Spectrum
from features.spectral.windows import Window, window


class SpectralFrontEnd(Framewise):
    """A transform of each frame's spectrum; frame t is centred on sample t * hop_length, or begins there."""

    n_fft: int = Field(400, ge=2, description="Samples in a frame, and length of the Fourier transform.")
    win_length: int | None = Field(None, ge=2, description="Length of the window in samples; by default n_fft.")
    hop_length: int = Field(160, ge=1, description="Samples from one frame to the next.")
    window: Window = Field("hann", description="What a frame is multiplied with, in its periodic form.")
    center: bool = Field(
        True,
        description="Whether frame t is centred on sample t * hop_length; if not, it begins there, within the signal.",
    )
    pad_mode: PadMode = Field(
        "constant", description="What lies beyond the ends: zeros (constant, as in librosa), or the mirrored signal."
    )

    @model_validator(mode="after")
    def _window_fits(self) -> SpectralFrontEnd:
        if self.win_length is not None and self.win_length > self.n_fft:
            raise ValueError(f"win_length {self.win_length} is longer than n_fft {self.n_fft}")
        return self

    def framing(self, sample_rate: int | None) -> Framing:
        if self.center:
            return Framing.centred(self.n_fft, self.hop_length, self.pad_mode)
        return Framing(self.n_fft, self.hop_length)

    def spectrum(self) -> Spectrum:
        """What transforms the frames of one waveform."""
        return Spectrum(window(self.window, self.win_length or self.n_fft, self.n_fft), self.n_fft)
