"""Signal and sampling, beside librosa, scipy, pyloudnorm and torch."""

from __future__ import annotations

import numpy as np

from benchmarks.references.reference import Values, reference


@reference("librosa", {"resample": {"sample_rate": 8000}})
def resample(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.resample(samples, orig_sr=rate, target_sr=8000, res_type="soxr_hq")


@reference("torch", {"quantize": {"bits": 8}})
def quantize(samples: Values, rate: float) -> Values:
    import torch

    return torch.fake_quantize_per_tensor_affine(torch.from_numpy(samples), 2.0**-7, 0, -128, 127).numpy()


@reference("librosa", {"mu_law": {}}, double=True)
def mu_law_tokens(samples: Values, rate: float) -> Values:
    import librosa

    companded = librosa.mu_compress(np.clip(samples[0], -1, 1), mu=255, quantize=False)
    return np.floor((companded + 1) * 127.5 + 0.5).astype(np.int32)


@reference("scipy", {"dc_offset": {}})
def dc_offset(samples: Values, rate: float) -> Values:
    import scipy.signal

    return scipy.signal.detrend(samples, type="constant")


@reference("librosa", {"pre_emphasis": {}})
def pre_emphasis(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.effects.preemphasis(samples, zi=np.zeros((len(samples), 1), np.float32))


@reference("librosa", {"mix_channels": {"of": "stereo"}})
def mix_channels(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.to_mono(samples)[np.newaxis]


@reference("librosa", {"trim_silence": {"top_db": 30}})
def trim_silence(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.effects.trim(samples, top_db=30, frame_length=1024, hop_length=256)[0]


@reference("librosa", {"fix_length": {"seconds": 12}})
def fix_length(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.util.fix_length(samples, size=round(12 * rate))


@reference("librosa", {"normalize": {"level_db": -1}})
def normalize(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.util.normalize(samples, axis=1) * np.float32(10 ** (-1 / 20))


@reference("pyloudnorm", {"loudness": {"true_peak_db": 20}})
def loudness(samples: Values, rate: float) -> Values:
    import pyloudnorm

    found = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(samples.T)
    gain_db = -23 - found if np.isfinite(found) else 0.0  # what is silent by the standard is passed on
    return samples * np.float32(10 ** (gain_db / 20))


@reference(
    "librosa",
    {"split_on_silence": {"top_db": 30, "min_silence_seconds": 0, "min_seconds": 0, "keep_seconds": 0}},
)
def split_on_silence(samples: Values, rate: float) -> Values:
    import librosa

    spans = librosa.effects.split(samples, top_db=30, frame_length=1024, hop_length=256)
    return np.concatenate([samples[:, start:stop] for start, stop in spans], axis=1)


@reference(
    "librosa",
    {"segment": {"seconds": 0.4, "overlap_seconds": 0.1, "rest": "drop"}},
    remark="librosa copies the samples; ours makes an example of each part, with its labels and notes",
)
def segment(samples: Values, rate: float) -> Values:
    import librosa

    frames = librosa.util.frame(samples, frame_length=round(0.4 * rate), hop_length=round(0.3 * rate))
    return np.concatenate([np.ascontiguousarray(frames[..., number]) for number in range(frames.shape[-1])], axis=1)
