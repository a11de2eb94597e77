"""Spectral losses against librosa's spectra, gradients against differences; silence, padding, repeatability."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from scipy.signal import get_window

from training.losses.spectral import RESOLUTIONS, Resolution, compressed_spectral, multi_resolution_stft

SMALL = (Resolution(16, 4, 12), Resolution(8, 3, 8))
LOSSES = {
    "multi_resolution_stft": multi_resolution_stft,
    "compressed_spectral": compressed_spectral,
    "odd sizes": lambda *given: multi_resolution_stft(*given, [Resolution(33, 7, 20)]),
}
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


def batch(*lengths: int, dtype: torch.dtype = torch.float32, padding: int = 37):
    """Estimates and targets whose padding is nan, and their lengths."""
    rng = torch.Generator().manual_seed(0)
    targets = torch.full((len(lengths), max(lengths) + padding), torch.nan, dtype=dtype)
    estimates = targets.clone()
    for row, length in enumerate(lengths):
        targets[row, :length] = 0.3 * torch.randn(length, generator=rng)
        estimates[row, :length] = 0.7 * targets[row, :length] + 0.1 * torch.randn(length, generator=rng)
    return estimates, targets, torch.tensor(lengths)


def spectrum(signal: torch.Tensor, n_fft: int, hop_length: int, win_length: int, window: np.ndarray) -> np.ndarray:
    """The frames of one clip whose centre lies within it, by librosa in float64."""
    spectra = librosa.stft(
        signal.double().numpy(),
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=True,
        pad_mode="constant",
    )
    return spectra[:, : -(-len(signal) // hop_length)]


@pytest.mark.filterwarnings("ignore:n_fft=.* is too large for input signal:UserWarning")
def test_multi_resolution_as_of_librosas_spectra():
    estimates, targets, lengths = batch(5000, 700, 2400, dtype=torch.float64)
    losses = multi_resolution_stft(estimates, targets, lengths)
    for loss, estimate, target, length in zip(losses, estimates, targets, lengths, strict=True):
        expected = []
        for resolution in RESOLUTIONS:
            window = get_window("hann", resolution.win_length)
            found, wanted = (
                np.sqrt(np.maximum(np.abs(spectrum(signal[:length], *resolution, window)) ** 2, 1e-7))
                for signal in (estimate, target)
            )
            convergence = np.linalg.norm(wanted - found) / np.linalg.norm(wanted)
            expected.append(convergence + np.mean(np.abs(np.log(wanted) - np.log(found))))
        assert loss.item() == pytest.approx(np.mean(expected), rel=1e-9)


def test_against_a_silent_target_the_log_magnitudes_alone_count():
    estimates, _, lengths = batch(4000, dtype=torch.float64, padding=0)
    loss = multi_resolution_stft(estimates, torch.zeros_like(estimates), lengths)
    powers = (
        np.abs(spectrum(estimates[0], *resolution, get_window("hann", resolution.win_length))) ** 2
        for resolution in RESOLUTIONS
    )
    expected = np.mean([np.mean(np.log(np.maximum(power, 1e-7) / 1e-7)) / 2 for power in powers])
    assert loss.item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.filterwarnings("ignore:n_fft=.* is too large for input signal:UserWarning")
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_compressed_as_of_librosas_spectra(share):
    estimates, targets, lengths = batch(3000, 300, dtype=torch.float64)
    losses = compressed_spectral(estimates, targets, lengths, complex_share=share)
    for loss, estimate, target, length in zip(losses, estimates, targets, lengths, strict=True):
        window = np.sqrt(get_window("hann", 512))
        found, wanted = (
            np.abs(spectra) ** 0.3 * np.exp(1j * np.angle(spectra))
            for spectra in (spectrum(signal[:length], 512, 256, 512, window) for signal in (estimate, target))
        )
        of_magnitudes = np.mean((np.abs(wanted) - np.abs(found)) ** 2)
        of_values = np.mean((wanted - found).real ** 2 + (wanted - found).imag ** 2)
        assert loss.item() == pytest.approx((1 - share) * of_magnitudes + share * of_values, rel=1e-6)


def test_an_estimate_of_twice_the_target_worked_out():
    _, targets, lengths = batch(4000, dtype=torch.float64)
    # the distance is the target itself, so its share is 1, and each logarithm is off by log 2
    assert multi_resolution_stft(2 * targets, targets, lengths).item() == pytest.approx(1 + np.log(2), abs=1e-6)
    # compressed magnitudes are off by 2^0.3 - 1 of themselves, and so are the values
    silent, twice = (
        compressed_spectral(signals, targets, lengths, complex_share=1).item() for signals in (0 * targets, 2 * targets)
    )
    assert twice / silent == pytest.approx((2**0.3 - 1) ** 2, rel=1e-6)
    assert compressed_spectral(2 * targets, targets, lengths).item() == pytest.approx(twice, rel=1e-6)


@every_loss
def test_no_distance_no_loss(loss):
    _, targets, lengths = batch(2000, 500)
    assert loss(targets, targets, lengths).tolist() == [0, 0]


@pytest.mark.parametrize(
    "loss",
    [
        lambda *given: multi_resolution_stft(*given, SMALL),
        lambda *given: compressed_spectral(*given, n_fft=16, hop_length=8),
    ],
    ids=["multi_resolution_stft", "compressed_spectral"],
)
def test_gradient(loss):
    estimates, targets, lengths = batch(30, 11, dtype=torch.float64, padding=2)
    estimates = estimates.nan_to_num(0.3).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, targets, lengths), estimates)


@every_loss
def test_silence_is_finite_and_pulls_to_silence(loss):
    loud = 0.3 * torch.randn(3000, generator=torch.Generator().manual_seed(1))
    quiet = torch.zeros(3000)
    estimates = torch.stack([quiet, loud, 0.1 * loud, quiet]).requires_grad_()
    losses = loss(estimates, torch.stack([loud, quiet, quiet, quiet]), torch.tensor([3000] * 4))
    losses.sum().backward()
    assert losses.isfinite().all()
    assert estimates.grad.isfinite().all()
    assert losses[1] > losses[2] > losses[3]
    assert losses[3] == 0
    assert estimates.grad[1] @ loud > 0


@every_loss
def test_padding_changes_nothing(loss):
    estimates, targets, lengths = batch(1500, 301, 8, 1)
    losses = loss(estimates.requires_grad_(), targets, lengths)
    losses.sum().backward()
    for row, length in enumerate(lengths):
        alone = estimates.detach()[row : row + 1, :length].clone().requires_grad_()
        expected = loss(alone, targets[row : row + 1, :length], lengths[row : row + 1])
        expected.backward()
        torch.testing.assert_close(losses[row], expected[0])
        torch.testing.assert_close(estimates.grad[row, :length], alone.grad[0], rtol=1e-4, atol=1e-6)
        assert not estimates.grad[row, length:].any()


@every_loss
def test_an_example_of_no_length_costs_nothing(loss):
    estimates = torch.randn(2, 600, generator=torch.Generator().manual_seed(2)).requires_grad_()
    losses = loss(estimates, torch.ones(2, 600), torch.tensor([0, 600]))
    losses.sum().backward()
    assert losses[0] == 0
    assert not estimates.grad[0].any()
    assert estimates.grad[1].any()


@every_loss
def test_deterministic_algorithms_give_the_same_bits(loss):
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        gradients = []
        for _ in range(2):
            estimates, targets, lengths = batch(2000, 500)
            loss(estimates.requires_grad_(), targets, lengths).sum().backward()
            gradients.append(estimates.grad)
        assert torch.equal(*gradients)
    finally:
        torch.use_deterministic_algorithms(before)


@every_loss
def test_half_precision_is_worked_out_in_float32(loss):
    estimates, targets, lengths = batch(900)
    with torch.autocast("cpu", torch.bfloat16):
        found = loss(estimates.bfloat16(), targets, lengths)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, loss(estimates.bfloat16().float(), targets, lengths))
