"""Time and frequency, beside librosa, torch.stft and scipy."""

from __future__ import annotations

from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.references.reference import DECIBEL, Reference, Values, reference

FRAMES: dict[str, Any] = {"n_fft": 400, "hop_length": 160}


@reference("librosa", {"stft": {}})
def stft_of_librosa(samples: Values, rate: float) -> Values:
    import librosa

    return _pairs(librosa.stft(samples[0], **FRAMES).T)


@reference("torch", {"stft": {}})
def stft_of_torch(samples: Values, rate: float) -> Values:
    import torch

    found = torch.stft(
        torch.from_numpy(samples[0]),
        400,
        160,
        window=torch.hann_window(400),
        pad_mode="constant",
        return_complex=True,
    )
    return _pairs(found.numpy().T)


@reference("scipy", {"stft": {}})
def stft_of_scipy(samples: Values, rate: float) -> Values:
    import scipy.signal

    window = scipy.signal.get_window("hann", 400)
    transform = scipy.signal.ShortTimeFFT(window, hop=160, fs=rate, fft_mode="onesided", phase_shift=None)
    return _pairs(transform.stft(samples[0].astype(np.float64), p0=0, p1=1 + samples.shape[1] // 160).T)


@reference("librosa", {"stft": {"output": "power"}})
def stft_power(samples: Values, rate: float) -> Values:
    import librosa

    return np.abs(librosa.stft(samples[0], **FRAMES).T) ** 2


@reference("librosa", {"stft": {"output": "decibel"}}, measure="level", decibels=DECIBEL)
def stft_decibel(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.power_to_db(np.abs(librosa.stft(samples[0], **FRAMES).T) ** 2, top_db=None)


@reference("librosa", {"cqt": {"output": "complex"}})
def cqt(samples: Values, rate: float) -> Values:
    import librosa

    found = librosa.cqt(samples[0], sr=rate, fmin=librosa.note_to_hz("C1")).T
    return _pairs(found[: 1 + samples.shape[1] // 512])  # librosa may have one more, where halving rounds up


@reference("librosa", {"chroma": {}})
def chroma(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.feature.chroma_stft(y=samples[0], sr=rate, tuning=0.0).T


@reference("librosa", {"chroma_cqt": {"n_bins": 180}})
def chroma_cqt(samples: Values, rate: float) -> Values:
    import librosa

    spectrum = np.abs(librosa.cqt(samples[0], sr=rate, n_bins=180, bins_per_octave=36))
    found = librosa.feature.chroma_cqt(C=spectrum, sr=rate, bins_per_octave=36).T
    found[spectrum.max(axis=0) < 1e-3 * spectrum.max()] = np.nan  # the largest class of silence is one of rounding
    return found[: 1 + samples.shape[1] // 512]


@reference("librosa", {"onset_strength": {}})
def onset_strength(samples: Values, rate: float) -> Values:
    import librosa

    mel = librosa.feature.melspectrogram(y=samples[0], sr=rate, n_mels=80, **FRAMES)
    return librosa.onset.onset_strength(S=librosa.power_to_db(mel), sr=rate, **FRAMES)[:, np.newaxis]


@reference("librosa", {"onset_strength": {}}, {"tempogram": {"win_length": 200}})
def tempogram(frames: Values, rate: float) -> Values:
    import librosa

    return librosa.feature.tempogram(onset_envelope=frames[:, 0], win_length=200).T


def _descriptor(name: str) -> Reference:
    """One descriptor, of librosa with its limit of 80 dB for the contrast taken away."""

    @reference("librosa", {"spectral_descriptors": {"descriptors": [name]}}, double=name == "rolloff")
    def descriptor(samples: Values, rate: float) -> Values:
        import librosa

        if name in ("zero_crossing_rate", "rms"):
            asked = {"frame_length": 400, "hop_length": 160, "center": False}
            return getattr(librosa.feature, name)(y=np.pad(samples[0], 200), **asked).T
        magnitude = np.abs(librosa.stft(samples[0], **FRAMES))
        if name == "flux":
            return np.linalg.norm(np.diff(magnitude, axis=1, prepend=magnitude[:, :1]), axis=0)[:, np.newaxis]
        told: dict[str, Any] = {} if name == "flatness" else {"sr": rate}
        with patch("librosa.feature.spectral.power_to_db", partial(librosa.power_to_db, top_db=None)):
            return getattr(librosa.feature, f"spectral_{name}")(S=magnitude, **FRAMES, **told).T

    return descriptor


centroid, bandwidth, rolloff = _descriptor("centroid"), _descriptor("bandwidth"), _descriptor("rolloff")
flatness, contrast, flux = _descriptor("flatness"), _descriptor("contrast"), _descriptor("flux")
zero_crossing_rate, rms = _descriptor("zero_crossing_rate"), _descriptor("rms")


def _pairs(spectra: Values) -> Values:
    """Complex spectra as our layout has them: real and imaginary part of each bin in turn."""
    return np.ascontiguousarray(spectra, np.complex64).view(np.float32)
