"""Perceptual features, beside librosa, scipy, kaldi-native-fbank, and Whisper's published formula in torch."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.references.reference import DECIBEL, NATURAL, Values, reference

FRAMES: dict[str, Any] = {"n_fft": 400, "hop_length": 160}
PITCH: dict[str, Any] = {"frame_length": 1024, "hop_length": 160}


@reference("librosa", {"mel": {}})
def mel(samples: Values, rate: float) -> Values:
    return _mel(samples, rate)


@reference("librosa", {"mel": {"mel_scale": "htk", "n_mels": 40, "power": 1}})
def mel_htk(samples: Values, rate: float) -> Values:
    return _mel(samples, rate, n_mels=40, htk=True, power=1)


@reference("librosa", {"log_mel": {}}, measure="level", decibels=NATURAL)
def log_mel(samples: Values, rate: float) -> Values:
    return np.log(np.maximum(_mel(samples, rate), 1e-10))


@reference("librosa", {"log_mel": {"log": "db"}}, measure="level", decibels=DECIBEL)
def log_mel_decibel(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.power_to_db(_mel(samples, rate), top_db=None)


@reference("librosa", {"mfcc": {"n_mfcc": 13, "lifter": 22}})
def mfcc(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.feature.mfcc(y=samples[0], sr=rate, n_mfcc=13, lifter=22, n_mels=80, **FRAMES).T


@reference("librosa", {"mfcc": {"n_mfcc": 13}}, {"deltas": {"of": "mfcc"}})
def deltas(frames: Values, rate: float) -> Values:
    import librosa

    return np.concatenate([frames.T, *(librosa.feature.delta(frames.T, order=order) for order in (1, 2))]).T


@reference("kaldi-native-fbank", {"kaldi_fbank": {}}, measure="level", decibels=NATURAL)
def kaldi_fbank(samples: Values, rate: float) -> Values:
    import kaldi_native_fbank

    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.samp_freq = rate
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = 80
    computer = kaldi_native_fbank.OnlineFbank(options)
    computer.accept_waveform(rate, samples[0] * 32768)
    computer.input_finished()
    return np.stack([computer.get_frame(index) for index in range(computer.num_frames_ready)])


@reference("torch", {"whisper_log_mel": {}}, remark="the published formula, with librosa's filters")
def whisper_log_mel(samples: Values, rate: float) -> Values:
    import torch

    spectrum = torch.stft(torch.from_numpy(samples[0]), 400, 160, window=torch.hann_window(400), return_complex=True)
    logarithm = (_whisper_filters() @ spectrum[:, :-1].abs() ** 2).clamp(min=1e-10).log10()
    return ((torch.maximum(logarithm, logarithm.max() - 8.0) + 4.0) / 4.0).numpy().T


@reference("scipy", {"gammatone": {"f_min": 800, "n_bands": 40, "log": None}}, remark="on librosa's spectra")
def gammatone(samples: Values, rate: float) -> Values:
    import librosa

    return (np.abs(librosa.stft(samples[0], **FRAMES)) ** 2).T @ _gammatone_filters(rate)


@reference("librosa", {"mel": {"n_mels": 40}}, {"pcen": {}})
def pcen(frames: Values, rate: float) -> Values:
    import librosa

    square = (0.4 * rate) ** 2
    weight = (np.sqrt(1 + 4 * square) - 1) / (2 * square)
    settled = (1 - weight) * frames.T[:, :1]  # as if the first frame had been there for ever
    return librosa.pcen(frames.T, sr=160 * rate, hop_length=160, zi=settled).T


@reference("librosa", {"a_weighting": {}}, remark="its gain, applied to the spectrum of the whole")
def a_weighting(samples: Values, rate: float) -> Values:
    import librosa
    import scipy.fft

    padding = round(rate / 2)
    size = scipy.fft.next_fast_len(samples.shape[1] + 2 * padding, real=True)
    padded = np.pad(samples.astype(np.float64), ((0, 0), (padding, size - padding - samples.shape[1])))
    with np.errstate(divide="ignore"):
        gain = 10 ** (librosa.A_weighting(scipy.fft.rfftfreq(size, 1 / rate), min_db=None) / 20)
    found = scipy.fft.irfft(scipy.fft.rfft(padded) * gain, size)
    return found[:, padding : padding + samples.shape[1]]


@reference("librosa", {"pitch": {}}, measure="cents")
def pitch_yin(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.yin(samples[0], sr=rate, fmin=65, fmax=500, **PITCH)[:, np.newaxis]


@reference("librosa", {"pitch": {"method": "pyin"}}, measure="cents")
def pitch_pyin(samples: Values, rate: float) -> Values:
    import librosa

    found, voiced, _ = librosa.pyin(samples[0], sr=rate, fmin=65, fmax=500, **PITCH)
    return np.where(voiced, found, 0)[:, np.newaxis]


@reference("librosa", {"energy": {}})
def energy(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.feature.rms(y=samples[0], frame_length=400, hop_length=160).T


@reference("scipy", {"log_mel": {}}, {"normalize_features": {"of": "log_mel"}})
def normalize_features(frames: Values, rate: float) -> Values:
    import scipy.stats

    return scipy.stats.zscore(frames, axis=0)


@reference("scikit-learn", {"log_mel": {}}, {"standardize": {}}, remark="fitted on the one clip")
def standardize(frames: Values, rate: float) -> Values:
    from sklearn.preprocessing import StandardScaler

    return StandardScaler().fit_transform(frames)


def _mel(samples: Values, rate: float, n_mels: int = 80, **parameters: Any) -> Values:
    import librosa

    found: Values = librosa.feature.melspectrogram(y=samples[0], sr=rate, n_mels=n_mels, **FRAMES, **parameters)
    return found.T


@lru_cache(maxsize=1)
def _whisper_filters() -> Any:
    import librosa
    import torch

    return torch.from_numpy(librosa.filters.mel(sr=16000, n_fft=400, n_mels=80))


@lru_cache(maxsize=2)
def _gammatone_filters(rate: float) -> Values:
    """|H|^2 of scipy's gammatone filters at the bins, (201, 40), on Slaney's scale from 800 Hz to half the rate."""
    import scipy.signal

    offset = 9.26449 * 24.7
    centres = (800 + offset) * ((rate / 2 + offset) / (800 + offset)) ** (np.arange(40) / 40) - offset
    designs = [scipy.signal.gammatone(centre, "iir", fs=rate) for centre in centres]
    bins = np.arange(201) * rate / 400
    return np.stack([np.abs(scipy.signal.freqz(b, a, bins, fs=rate)[1]) ** 2 for b, a in designs], axis=1)
