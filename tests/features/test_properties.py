"""What every stage promises for any finite waveform: the shape that `check` told, finite float32, or a verdict."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.augment.add_noise import AddNoise
from features.augment.gain import Gain
from features.augment.speed import Speed
from features.augment.time_shift import TimeShift
from features.errors import ChainError
from features.example import Audio
from features.inverse.de_emphasis import DeEmphasis
from features.perceptual.a_weighting import AWeighting
from features.perceptual.energy import Energy
from features.perceptual.gammatone import Gammatone
from features.perceptual.kaldi_fbank import KaldiFbank
from features.perceptual.log_mel import LogMel
from features.perceptual.mel_spectrogram import Mel
from features.perceptual.mfcc import Mfcc
from features.perceptual.pitch import Pitch
from features.signal.dc_offset import DcOffset
from features.signal.dither import Dither
from features.signal.fix_length import FixLength
from features.signal.loudness import Loudness
from features.signal.mix_channels import MixChannels
from features.signal.normalize import Normalize
from features.signal.pre_emphasis import PreEmphasis
from features.signal.quantize import Quantize
from features.signal.resample import Resample
from features.signal.select_channels import SelectChannels
from features.signal.trim_silence import TrimSilence
from features.signal.voice_activity import VoiceActivity
from features.spatial.gcc_phat import GccPhat
from features.spatial.level_difference import LevelDifference
from features.spatial.phase_difference import PhaseDifference
from features.spectral.chroma import Chroma
from features.spectral.chroma_cqt import ChromaCqt
from features.spectral.constant_q import ConstantQ
from features.spectral.cqt import Cqt
from features.spectral.framewise import Framewise
from features.spectral.onset_strength import OnsetStrength
from features.spectral.spectral_descriptors import SpectralDescriptors
from features.spectral.stft import Stft
from features.stage import AudioShape, FeatureShape, Rejected, Stage, Verdict
from tests.features.examples import QUICK, clips, run, waveforms

NOISE = np.random.default_rng(5).standard_normal((1, 77)).astype(np.float32)

STAGES: list[Stage] = [
    Resample(sample_rate=16000),
    Resample(sample_rate=3000),
    Quantize(bits=5),
    Dither(bits=5),
    Dither(bits=16, noise="rectangular"),
    DcOffset(),
    PreEmphasis(),
    DeEmphasis(),
    MixChannels(),
    MixChannels(to="mid_side"),
    SelectChannels(channels=[1, 0]),
    Loudness(),
    Loudness(lufs=-3, true_peak_db=-6),
    VoiceActivity(frame_length_seconds=0.004, hop_seconds=0.001),
    TrimSilence(top_db=30, frame_length_seconds=0.008, hop_seconds=0.002),
    FixLength(seconds=0.02),
    FixLength(seconds=0.02, align="center"),
    Normalize(to="peak"),
    Normalize(to="rms", level_db=-3),
    LogMel(n_fft=128, hop_length=50, n_mels=20),
    LogMel(n_fft=127, hop_length=200, n_mels=20, pad_mode="reflect", power=1, log="db"),
    Mfcc(n_fft=128, hop_length=50, n_mels=20, n_mfcc=13),
    Mel(n_fft=128, hop_length=50, n_mels=20, center=False),
    KaldiFbank(n_mels=15),
    KaldiFbank(n_mels=15, snip_edges=False),
    Chroma(n_fft=128, hop_length=50),
    ChromaCqt(f_min=220.0, n_bins=24, bins_per_octave=12, hop_length=64),
    Cqt(f_min=220.0, n_bins=24, hop_length=50),
    Cqt(f_min=110.0, n_bins=13, hop_length=128, output="decibel"),
    OnsetStrength(n_fft=128, hop_length=50, n_mels=20),
    SpectralDescriptors(
        descriptors=("centroid", "bandwidth", "rolloff", "flatness", "flux", "zero_crossing_rate", "rms"),
        n_fft=128,
        hop_length=50,
    ),
    Gammatone(n_fft=128, hop_length=50, n_bands=10),
    Gammatone(n_fft=63, hop_length=100, n_bands=3, log=None, center=False),
    AWeighting(),
    Pitch(frame_length=256, hop_length=60, f_min=80),
    Pitch(method="pyin", frame_length=256, hop_length=60, f_min=80, pad_mode="reflect"),
    Energy(frame_length=100, hop_length=33),
    Energy(measure="log_sum"),
    LevelDifference(n_fft=128, hop_length=50, n_mels=10),
    PhaseDifference(n_fft=63, hop_length=50),
    PhaseDifference(n_fft=128, hop_length=50, n_mels=10, output="angle", pairs=((1, 0), (0, 1))),
    GccPhat(n_fft=64, hop_length=20),
    Stft(n_fft=64, hop_length=50),
    Stft(n_fft=63, hop_length=20, output="phase", window="blackman", pad_mode="reflect"),
    Stft(n_fft=64, hop_length=10, output="decibel", center=False),
    Gain(gain_db={"uniform": (-30, 30)}),
    Speed(factor={"choice": (0.9, 1.0, 1.1)}),
    AddNoise(from_="noise", snr_db={"uniform": (-5, 20)}),
    TimeShift(shift_seconds={"uniform": (-0.1, 0.1)}),
]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
@given(samples=waveforms())
@QUICK
def test_a_finite_array_of_the_promised_shape_or_a_verdict(stage: Stage, samples: np.ndarray) -> None:
    before = samples.copy()
    outcome = run(stage, samples, 8000, bound={"noise": clips(NOISE)})
    assert np.array_equal(samples, before), "a stage changed its input"
    try:
        promised = stage.check({"audio": AudioShape(8000, *samples.shape)})[stage.target]
    except ChainError:
        assert isinstance(outcome, Rejected)
        return
    if isinstance(outcome, Verdict):
        assert outcome.reason
        return
    result = outcome.arrays[stage.target]
    array = result.samples if isinstance(result, Audio) else result.frames
    assert array.dtype == np.float32
    assert array.flags.c_contiguous
    assert np.isfinite(array).all()
    if isinstance(promised, AudioShape):
        assert (result.sample_rate, result.channels) == (promised.sample_rate, promised.channels)
        assert promised.samples in (None, array.shape[1])
    else:
        assert isinstance(promised, FeatureShape)
        assert (promised.frames, promised.bins) == array.shape
        assert result.frame_rate == promised.frame_rate


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
@given(samples=waveforms(), key=st.text(max_size=20))
@QUICK
def test_the_same_key_gives_the_same_bytes(stage: Stage, samples: np.ndarray, key: str) -> None:
    def result() -> object:
        outcome = run(stage, samples, bound={"noise": clips(NOISE)}, key=key)
        if isinstance(outcome, Verdict):
            return outcome
        value = outcome.arrays[stage.target]
        return (value.samples if isinstance(value, Audio) else value.frames).tobytes(), dict(outcome.notes)

    assert result() == result()


@pytest.mark.parametrize(
    "stage",
    [s for s in STAGES if not isinstance(s, (Framewise, ConstantQ))],
    ids=lambda s: s.name,
)
def test_ordinary_audio_is_never_refused(stage: Stage) -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, (2, 500)).astype(np.float32)
    assert not isinstance(run(stage, samples, bound={"noise": clips(NOISE)}), Verdict)


def test_every_parameter_says_what_it_is() -> None:
    silent = [
        f"{s.name}.{name}" for s in STAGES for name, field in type(s).model_fields.items() if not field.description
    ]
    assert not silent
