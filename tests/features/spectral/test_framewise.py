from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.draws import Draws
from features.example import Audio, Features
from features.perceptual.kaldi_fbank import KaldiFbank
from features.perceptual.log_mel import LogMel
from features.perceptual.mel_spectrogram import Mel
from features.perceptual.mfcc import Mfcc
from features.spectral.chroma import Chroma
from features.spectral.framewise import Framewise
from features.spectral.spectral_descriptors import SpectralDescriptors
from features.spectral.stft import Stft
from features.stage import AudioShape
from features.streaming import StreamRejected, streamed
from tests.features.examples import QUICK, babble, run

DRAWS = Draws(0, "stage", 0, "key", 0)
STAGES: list[Framewise] = [
    Stft(output="complex", pad_mode="reflect"),
    Stft(output="phase", center=False, n_fft=256, win_length=200, hop_length=300),
    Stft(output="decibel", n_fft=31, hop_length=7),
    LogMel(n_fft=512, power=1.5, n_mels=40, log="db"),
    LogMel(center=False, hop_length=77),
    Mel(n_fft=1001, hop_length=333, pad_mode="reflect"),
    Mfcc(top_db=None, n_mels=40, n_fft=512, lifter=22),
    KaldiFbank(n_mels=40),
    Chroma(n_fft=1024, hop_length=256),
    SpectralDescriptors(descriptors=("contrast", "flux", "rolloff", "zero_crossing_rate", "rms", "flatness")),
    SpectralDescriptors(descriptors=("bandwidth", "centroid"), center=False, n_fft=333, hop_length=99),
    KaldiFbank(n_mels=23, snip_edges=False),
]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
@given(
    samples=st.integers(1, 60_000),
    sizes=st.lists(st.integers(0, 20_000) | st.integers(0, 50), min_size=1, max_size=6).filter(any),
)
@QUICK
def test_pieces_of_any_sizes_give_the_bits_of_the_whole(stage: Framewise, samples: int, sizes: list[int]) -> None:
    sizes = [size if sum(sizes) > 500 else 500 * size for size in sizes]
    signal = babble(4.0)[:, :samples]
    whole = stage.transform(Audio(signal, 16000), DRAWS)
    stream = stage.stream(AudioShape(16000, 1), DRAWS)
    assert stream is not None
    cuts = np.cumsum(np.resize(sizes, 2 + samples * len(sizes) // sum(sizes)))
    pieces = np.split(signal, cuts[cuts < samples], axis=1)
    if isinstance(whole, Features):
        found = np.concatenate(list(streamed(stream, pieces)))
        assert found.dtype == whole.frames.dtype
        assert np.array_equal(found, whole.frames)
    else:
        with pytest.raises(StreamRejected, match=whole.reason):
            list(streamed(stream, pieces))


def test_a_stream_gives_rows_before_the_signal_ends() -> None:
    stream = LogMel().stream(AudioShape(16000, 1), DRAWS)
    assert stream is not None
    rows = [len(stream.push(babble(1.0))) for _ in range(20)]
    assert sum(rows) > 0.9 * 20 * 100


def test_what_the_whole_rejects_the_stream_rejects() -> None:
    def reason(pieces: list[np.ndarray], stage: Framewise) -> str:
        stream = stage.stream(AudioShape(16000, 1), DRAWS)
        assert stream is not None
        with pytest.raises(StreamRejected) as caught:
            list(streamed(stream, pieces))
        return str(caught.value)

    assert reason([], LogMel()) == run(LogMel(), np.zeros((1, 0), np.float32)).reason
    loud = np.full((1, 50_000), 1e30, np.float32)
    assert reason([loud, loud], LogMel()) == run(LogMel(), loud).reason
    short = np.ones((1, 399), np.float32)
    assert reason([short], Stft(center=False)) == run(Stft(center=False), short).reason


def test_mfcc_streams_only_where_no_frame_knows_the_others() -> None:
    assert Mfcc().stream(AudioShape(16000, 1), DRAWS) is None
