"""What every filter that hears the waveform promises for any finite one: the very same example, or a reason."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given

from features.example import Example
from features.filters.filter import Filter
from features.filters.filter_clipping import FilterClipping
from features.filters.filter_duration import FilterDuration
from features.filters.filter_silence import FilterSilence
from features.filters.filter_snr import FilterSnr
from features.filters.fingerprint import Fingerprint
from features.stage import Filtered
from tests.features.examples import QUICK, run, waveforms

FILTERS = [FilterDuration(min_seconds=0.01), FilterSnr(min_snr_db=0), FilterClipping(), FilterSilence(), Fingerprint()]


@pytest.mark.parametrize("stage", FILTERS, ids=lambda stage: stage.name)
@given(samples=waveforms())
@QUICK
def test_the_same_example_or_a_reason(stage: Filter, samples: np.ndarray) -> None:
    before = samples.copy()
    outcome = run(stage, samples, 8000, copy=0)
    assert np.array_equal(samples, before)
    if isinstance(outcome, Example):
        assert outcome.audio().samples is samples
        json.dumps(dict(outcome.notes), allow_nan=False)
    else:
        assert isinstance(outcome, Filtered)
        assert outcome.reason
        assert "nan" not in outcome.reason
