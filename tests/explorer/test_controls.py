"""Controls span what makes sense, and never leave the limits of a parameter."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from explorer.controls import controls
from explorer.signals import SIGNALS
from features.catalog import STAGES, stage_class

MODELS = {**{name: stage_class(name) for name in STAGES}, **SIGNALS}


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_has_a_control(name):
    found = controls(MODELS[name])
    assert [one["name"] for one in found] == [field.alias or key for key, field in MODELS[name].model_fields.items()]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert all(one["about"] for one in found), "every parameter says what it is"


@pytest.mark.parametrize("name", MODELS)
def test_a_slider_stays_within_the_limits(name):
    for one in controls(MODELS[name]):
        if "from" not in one:
            continue
        assert one["from"] <= one["to"]
        assert one["low"] is None or one["from"] >= one["low"]
        assert one["high"] is None or one["to"] <= one["high"]
        assert one["scale"] == "linear" or one["from"] > 0
        if isinstance(one["default"], (int, float)) and not isinstance(one["default"], bool):
            assert one["from"] <= one["default"] <= one["to"], one


@pytest.mark.parametrize(
    ("name", "parameter", "expected"),
    [
        ("log_mel", "n_fft", {"kind": "integer", "unit": "samples", "scale": "log", "powers": True}),
        ("log_mel", "window", {"kind": "choice", "choices": ["hann", "hamming", "blackman", "rectangular"]}),
        ("log_mel", "center", {"kind": "switch", "default": True}),
        ("log_mel", "f_max", {"kind": "number", "unit": "Hz", "optional": True}),
        ("add_noise", "snr_db", {"kind": "number", "unit": "dB", "random": True, "required": True}),
        ("gain", "probability", {"kind": "number", "from": 0, "to": 1, "scale": "linear"}),
        ("tone", "frequency_hz", {"kind": "number", "unit": "Hz", "scale": "log", "low_open": True}),
    ],
)
def test_what_a_control_is(name, parameter, expected):
    (found,) = (one for one in controls(MODELS[name]) if one["name"] == parameter)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize("name", SIGNALS)
def test_both_ends_of_each_slider_of_a_signal_can_be_heard(name):
    model = SIGNALS[name]
    for one in controls(model):
        for end in ("from", "to"):
            if end not in one:
                continue
            try:
                audio = model.model_validate({one["name"]: one[end]}).audio()
            except ValidationError as error:
                pytest.fail(f"{name}.{one['name']} = {one[end]}: {error}")
            assert abs(audio.samples).max() <= 1
