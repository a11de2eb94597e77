from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from features.errors import ChainError
from features.example import Example
from features.signal.select_channels import SelectChannels
from features.stage import AudioShape, Rejected
from tests.features.examples import run


@pytest.mark.parametrize("channels", [[0], [2, 0], [1, 1], [0, 1, 2]])
def test_channels_are_selected_in_order(channels: list[int]) -> None:
    samples = np.arange(12, dtype=np.float32).reshape(3, 4)
    found = run(SelectChannels(channels=channels), samples)
    assert isinstance(found, Example)
    assert found.audio().samples.tolist() == samples[channels].tolist()
    shape = SelectChannels(channels=channels).shape(AudioShape(8000, 3, 4))
    assert shape == AudioShape(8000, len(channels), 4)


def test_a_channel_that_is_not_there() -> None:
    stage, message = SelectChannels(channels=[0, 4]), "select_channels wants channel 4, counted from 0, and audio has 2"
    with pytest.raises(ChainError) as caught:
        stage.shape(AudioShape(8000, 2))
    assert str(caught.value) == message
    assert run(stage, np.zeros((2, 9), np.float32)) == Rejected(message)


@pytest.mark.parametrize("parameters", [{}, {"channels": []}, {"channels": [-1]}])
def test_parameters_that_make_no_sense(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="channels"):
        SelectChannels.model_validate(parameters)
