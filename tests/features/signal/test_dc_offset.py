from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from features.example import Example
from features.signal.dc_offset import DcOffset
from features.stage import Rejected
from tests.features.examples import babble, run


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("offset", [0.0, 0.3, -0.7])
def test_equals_scipy_and_the_mean_is_gone(channels: int, offset: float) -> None:
    samples = babble(3, channels=channels) + np.float32(offset)
    samples[-1] -= np.float32(0.1)
    found = run(DcOffset(), samples)
    assert isinstance(found, Example)
    wanted = scipy.signal.detrend(samples.astype(np.float64), type="constant")
    assert np.abs(found.audio().samples - wanted).max() < 2e-7
    assert np.abs(found.audio().samples.mean(axis=1, dtype=np.float64)).max() < 2e-7


def test_edges() -> None:
    for samples, wanted in ((np.float32([[0.5]]), [[0.0]]), (np.float32([[3, 5]]), [[-1.0, 1.0]])):
        found = run(DcOffset(), samples)
        assert isinstance(found, Example)
        assert found.audio().samples.tolist() == wanted
    largest = np.finfo(np.float32).max
    assert run(DcOffset(), np.full((1, 3), largest)) == Rejected("samples beyond the range of float32")
