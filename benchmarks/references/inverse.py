"""Inverses, beside librosa and torch."""

from __future__ import annotations

import numpy as np

from benchmarks.references.reference import Values, reference

HOP, N_FFT = 160, 400


@reference("librosa", {"stft": {}}, {"istft": {"as": "again"}})
def istft_of_librosa(frames: Values, rate: float) -> Values:
    import librosa

    return librosa.istft(frames.view(np.complex64).T, hop_length=HOP, n_fft=N_FFT)[np.newaxis]


@reference("torch", {"stft": {}}, {"istft": {"as": "again"}})
def istft_of_torch(frames: Values, rate: float) -> Values:
    import torch

    spectra = torch.from_numpy(frames.view(np.complex64).T)
    return torch.istft(spectra, N_FFT, HOP, window=torch.hann_window(N_FFT)).numpy()[np.newaxis]


@reference(
    "librosa",
    {"stft": {"output": "magnitude"}},
    {"griffin_lim": {"of": "stft", "as": "again", "n_iter": 8}},
    measure=None,
    remark="the phases that it begins with are drawn; tests compare round by round from the same ones",
)
def griffin_lim(frames: Values, rate: float) -> Values:
    import librosa

    return librosa.griffinlim(frames.T, n_iter=8, hop_length=HOP, n_fft=N_FFT, random_state=0)[np.newaxis]


@reference(
    "librosa",
    {"log_mel": {}},
    {"mel_to_linear": {}},
    measure=None,
    remark="librosa solves another problem, non-negative least squares; tests compare how near both come",
)
def mel_to_linear(frames: Values, rate: float) -> Values:
    import librosa

    return librosa.feature.inverse.mel_to_stft(np.exp(frames).T, sr=16000, n_fft=N_FFT).T


@reference("librosa", {"mu_law": {"to": "audio"}}, {"mu_law_expand": {"as": "expanded"}})
def mu_law_expand(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.mu_expand(samples, mu=255, quantize=False)


@reference("librosa", {"pre_emphasis": {}}, {"de_emphasis": {}})
def de_emphasis(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.effects.deemphasis(samples, zi=np.zeros((len(samples), 1), np.float32))
