from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from pydantic import ValidationError

from features.catalog import STAGES, stage_class
from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example, Features
from features.perceptual.log_mel import LogMel
from features.signal.normalize import Normalize
from features.stage import AudioShape, Augmentation, FeatureShape, Rejected, Stage, Transform

NO_DRAWS = Draws(0, "stage", 0, "key", 0)


class Halve(Transform):
    """A transform of features."""

    name: ClassVar[str] = "halve"
    reads: ClassVar[type[Audio] | type[Features]] = Features

    def transform(self, value: Features, draws: Draws) -> Features | Rejected:
        return Features(value.frames / 2, value.frame_rate) if value.frames.size else Rejected("no frames")


def test_a_transform_replaces_what_it_read_unless_it_is_told_a_name() -> None:
    example = Example("k", arrays={"mel": Features(np.float32([[2.0]]), 100.0)})
    replaced = Halve(of="mel").apply(example, NO_DRAWS)
    assert isinstance(replaced, Example)
    assert replaced.features("mel").frames.tolist() == [[1.0]]
    beside = Halve(of="mel", as_="half").apply(example, NO_DRAWS)
    assert isinstance(beside, Example)
    assert {name: array.frames.tolist() for name, array in beside.arrays.items()} == {"mel": [[2.0]], "half": [[1.0]]}  # type: ignore[union-attr]
    assert example.features("mel").frames.tolist() == [[2.0]]


def test_a_verdict_of_the_transform_is_the_stages() -> None:
    example = Example("k", arrays={"mel": Features(np.zeros((0, 1), np.float32), 100.0)})
    assert Halve(of="mel").apply(example, NO_DRAWS) == Rejected("no frames")


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        (Halve(of="mle"), r"halve reads 'mle', which no stage before it writes \(there: audio, mel\)"),
        (Halve(of="audio"), "halve reads features, and 'audio' is none"),
        (Normalize(of="mel"), "normalize reads a waveform, and 'mel' is none"),
    ],
)
def test_what_is_read_must_be_there_and_of_the_kind(stage: Stage, message: str) -> None:
    with pytest.raises(ChainError, match=message) as caught:
        stage.check({"audio": AudioShape(8000), "mel": FeatureShape(1)})
    assert caught.value.parameter == "of"


def test_the_first_stage_is_told_to_be_decode() -> None:
    with pytest.raises(ChainError, match="none yet; start with decode"):
        LogMel().check({})


def test_a_transform_that_skips_passes_the_array_on_under_its_new_name() -> None:
    class Louder(Augmentation):
        name: ClassVar[str] = "louder"

    audio = Audio(np.ones((1, 4), np.float32), 4)
    example = Example("k", arrays={"audio": audio})
    assert Louder().skip(example) is example
    assert Louder(as_="noisy").skip(example).arrays == {"audio": audio, "noisy": audio}


def test_parameters_are_strict_and_frozen() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        LogMel.model_validate({"n_mells": 40})
    with pytest.raises(ValidationError, match="frozen"):
        LogMel().n_mels = 40  # type: ignore[misc]


def test_identity_holds_the_name_the_version_and_every_parameter() -> None:
    identity = Normalize(level_db=-3).identity()
    assert identity == {"stage": "normalize", "version": 1, "of": "audio", "as": None, "to": "peak", "level_db": -3.0}


@pytest.mark.parametrize("name", [name for name in STAGES if name != "decode"])
def test_the_catalog_leads_to_a_stage_of_that_name(name: str) -> None:
    found = stage_class(name)
    assert issubclass(found, Stage)
    assert found.name == name
    assert (found.__doc__ or "").strip()
    assert found.__doc__ != Stage.__doc__


def test_arrays_of_the_wrong_kind_are_type_errors() -> None:
    example = Example(
        "k", arrays={"audio": Audio(np.ones((2, 4), np.float32), 8), "mel": Features(np.ones((1, 1)), 1.0)}
    )
    assert (example.audio().seconds, example.audio().channels) == (0.5, 2)
    with pytest.raises(TypeError, match="mel of k is no waveform"):
        example.audio("mel")
    with pytest.raises(TypeError, match="audio of k is not features"):
        example.features("audio")
