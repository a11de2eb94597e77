"""How close an estimate of speech is to the clean target: SI-SDR, STOI, ESTOI and PESQ, of one clip each.

- SI-SDR: Le Roux, Wisdom, Erdogan, Hershey, "SDR - Half-baked or Well Done?", ICASSP 2019
  (https://arxiv.org/abs/1811.02508), equation 3.
- STOI: Taal, Hendriks, Heusdens, Jensen, IEEE TASLP 19, 2011. ESTOI: Jensen and Taal, IEEE/ACM TASLP 24, 2016.
  Both through pystoi, from 0 to 1 in practice.
- PESQ: ITU-T P.862 (8 kHz) and P.862.2 (wide band, 16 kHz) through the package pesq, about 1 to 4.6.

Estimate and target are (samples,) of one rate and length. None of these can be taken of a silent target, so there each
answers None, and averages are over what is left. A silent estimate of a target that is not silent is the worst answer
there is, and gets the lowest figure: a model cannot better its average by saying nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError

LIMIT_DB = 100.0  # beyond what audio of 16 bits can show
STOI_RATE, STOI_SAMPLES = 10_000, 256 + 29 * 128 + 1  # pystoi needs 30 frames of 256 samples, 128 apart, at 10 kHz
SILENT = 1e-10  # a signal that varies less than this around its mean, relative to its level: the mean's rounding
WORST_OPINION = 1.0  # the bottom of the scale; PESQ stays above it


class ScoringError(TrainingError):
    """A figure that needs a package which is not installed."""

    exit_code = 2


def si_sdr(estimate: NDArray[np.floating], target: NDArray[np.floating]) -> float | None:
    """The scale-invariant signal-to-distortion ratio in dB, from -100 to 100; more is better.

    With a = <estimate, target> / |target|^2 it is 10 log10(|a target|^2 / |a target - estimate|^2). Both lose their
    mean first, as in TasNet (Luo and Mesgarani 2018), so that a constant offset, which nobody hears, counts for
    nothing. An exact estimate gets 100, a silent one -100; None when the target is silent, or constant.

    >>> round(si_sdr(np.array([1.0, -1.0, 0.5, -0.5]), np.array([1.0, -1.0, 0.0, 0.0])), 2)
    6.02
    """
    clean, found = _centred(target), _centred(estimate)
    if clean is None:
        return None
    if found is None:
        return -LIMIT_DB
    wanted = (found @ clean) / (clean @ clean) * clean
    error = wanted - found
    with np.errstate(divide="ignore"):  # nothing wanted is -inf dB, no error inf dB
        ratio = 10 * (np.log10(wanted @ wanted) - np.log10(error @ error))
    return float(np.clip(ratio, -LIMIT_DB, LIMIT_DB))


def stoi(
    estimate: NDArray[np.floating], target: NDArray[np.floating], sample_rate: int, extended: bool = False
) -> float | None:
    """Short-time objective intelligibility; `extended` takes ESTOI. More is better.

    0 when the estimate is silent. None when the target is silent, or holds less than 30 frames (about 0.4 s) within
    40 dB of its loudest, of which neither can be taken. ScoringError without pystoi. It takes some 2 MB
    for each second.
    """
    try:
        from pystoi import stoi as reference
    except ImportError as error:
        raise ScoringError("STOI needs pystoi: pip install 'wavemill[scoring]'") from error
    clean, found = np.asarray(target, np.float64), np.asarray(estimate, np.float64)
    if not clean.any() or len(clean) * STOI_RATE < STOI_SAMPLES * sample_rate:
        return None
    if not found.any():
        return 0.0
    with warnings.catch_warnings(), _repeatable():
        warnings.filterwarnings("error", "Not enough STFT frames", RuntimeWarning)
        try:
            return float(reference(clean, found, sample_rate, extended))
        except RuntimeWarning as warning:
            if "Not enough STFT frames" not in str(warning):
                raise
            return None


def pesq(estimate: NDArray[np.floating], target: NDArray[np.floating], sample_rate: int) -> float | None:
    """The mean opinion score that PESQ predicts (MOS-LQO): narrow band at 8 kHz, wide band at 16 kHz. More is better.

    1 when the estimate is silent. None where the package pesq is not installed, at any other rate, and where it finds
    no speech in the target or less than a quarter of a second.
    """
    try:
        from pesq import BufferTooShortError, NoUtterancesError
        from pesq import pesq as reference
    except ImportError:
        return None
    clean, found = np.asarray(target, np.float64), np.asarray(estimate, np.float64)
    mode = {8000: "nb", 16000: "wb"}.get(sample_rate)
    if mode is None or not clean.any():
        return None
    if not found.any():
        return WORST_OPINION
    try:
        return float(reference(sample_rate, clean, found, mode))
    except (NoUtterancesError, BufferTooShortError):
        return None


def _centred(samples: NDArray[np.floating]) -> NDArray[np.float64] | None:
    """The signal without its mean; None when nothing is left but rounding."""
    signal = np.asarray(samples, np.float64)
    centred = signal - (signal.mean() if len(signal) else 0)
    return None if np.linalg.norm(centred) <= SILENT * np.linalg.norm(signal) else centred


@contextmanager
def _repeatable() -> Iterator[None]:
    """ESTOI dithers from numpy's global generator: here from a fixed seed, and it is as before afterwards."""
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
