"""The examples of docs/stages.md, each as part of a recipe: read as recipes are, and run on a file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
import soundfile
from pydantic import TypeAdapter

from features.catalog import STAGES, stage_class
from features.chain import Stopped
from features.example import Example, Source
from features.fitting import fit
from features.manual import page
from features.resources import Resources
from features.showcase import LABELS, TEXT, corpora, recording
from features.stage import Augmentation
from pipelines.recipe import StageEntry
from pipelines.recipe_file import load_recipe

RECIPE = """\
name: example
corpora:
  voices: {{reader: folder, root: "{folder}"}}
  noise: {{reader: folder, root: "{folder}"}}
  rooms: {{reader: folder, root: "{folder}"}}
  speakers: {{reader: folder, root: "{folder}"}}
source: [voices]
{copies}
{stages}
store: {{path: store, keep: {{audio: int16}}}}
"""


def source(name: str) -> Source:
    """A WAV of the array that the showcase of a stage reads."""
    shown = str(stage_class(name).shown)
    array = next((one for one in ("stereo", "ambisonics") if one in shown), "audio")
    audio, sink = recording().audio(array), BytesIO()
    soundfile.write(sink, audio.samples.T, audio.sample_rate, format="WAV", subtype="FLOAT")
    return Source(sink.getvalue(), "voice.wav")


AT_LOAD = [name for name in STAGES if getattr(stage_class(name), "on_arrays", False)]


@pytest.mark.parametrize("name", AT_LOAD)
def test_an_example_is_for_training_alone(name: str) -> None:
    (stage,) = TypeAdapter(list[StageEntry]).validate_python(page(name).example)
    assert (stage.name, stage.acts_on("valid", 0)) == (name, True)


@pytest.mark.parametrize("name", [name for name in STAGES if name not in AT_LOAD])
def test_an_example_is_a_recipe_that_runs(name: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    copies = "copies: {train: 2}" if issubclass(stage_class(name), Augmentation) else ""
    path.write_text(RECIPE.format(folder=tmp_path, copies=copies, stages=page(name).recipe), "utf-8")
    chain = load_recipe(path).chain()
    example = Example("voice.wav", source(name), {}, TEXT, "ada", LABELS, "train", copy=1)
    outcome = chain.bind(Resources(corpora(), fit(chain, lambda: [example]))).run(example)
    assert not isinstance(outcome, Stopped), outcome
    assert outcome[0].arrays
