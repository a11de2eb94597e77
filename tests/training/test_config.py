"""The configuration: the one that is shipped is sound, and mistakes are named where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

import training
from pipelines.errors import ConfigError
from pipelines.yaml_source import read_yaml
from training.catalog import MODELS, TASKS, model_config, task_class
from training.config import TrainConfig
from training.section import Section

CONFIGS = sorted((Path(training.__file__).parent / "configs").glob("*.yaml"))

WRONG = """\
name: digits
task: {name: classification, label: digit, arrays: log_mel}
model: {name: bc_resnet, tau: 0}
optimizer: {lr: -1}
epochs: many
"""


def test_tasks_and_models_are_called_what_the_catalog_says():
    assert {name: task_class(name).Config.model_fields["name"].default for name in TASKS} == {n: n for n in TASKS}
    assert {name: model_config(name).model_fields["name"].default for name in MODELS} == {n: n for n in MODELS}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_shipped_configurations_are_sound(path):
    assert read_yaml(path, (), {"DATA": "data", "NOISE": "noise"}).validate(TrainConfig).epochs >= 1


def test_every_mistake_is_named_with_its_place(tmp_path):
    (tmp_path / "c.yaml").write_text(WRONG)
    with pytest.raises(ConfigError) as error:
        read_yaml(tmp_path / "c.yaml", ["batch_size=0"], {}).validate(TrainConfig)
    text = str(error.value)
    assert "c.yaml:2:44 task.arrays: unknown parameter; did you mean array?" in text
    for where in ("c.yaml:3:31 model.tau", "c.yaml:4:17 optimizer.lr", "c.yaml:5:9 epochs", "--set batch_size=0"):
        assert where in text
    assert error.value.exit_code == 2


def test_settings_that_contradict_each_other_are_named(tmp_path):
    good = "name: x\ntask: {name: classification, label: x}\nmodel: {name: linear}\nepochs: 1\n"
    path = tmp_path / "c.yaml"
    for more, message in (
        ("batch_size: 8\nbatch_seconds: 9", "give batch_size or batch_seconds, and not both"),
        (
            "corpora: {noise: {reader: folder, root: x}}\nstages:\n  - add_noise: {from: noises, snr_db: 5}",
            "stages: add_noise draws from 'noises', which is no corpus; did you mean noise?",
        ),
        ("stages:\n  - add_noise: {from: noise, snr_db: 5}", "draws from 'noise', which is no corpus; there are none"),
    ):
        path.write_text(f"{good}{more}\n")
        with pytest.raises(ConfigError, match=message):
            read_yaml(path, (), {}).validate(TrainConfig)


def test_overrides_are_read_and_kept(tmp_path):
    document = read_yaml(CONFIGS[0], ["optimizer.lr=0.5", "epochs=2"], {})
    assert document.validate(TrainConfig).optimizer.lr == 0.5
    assert "lr: 0.5" in document.text


def sections(model: type[BaseModel]) -> list[type[Section]]:
    below = [field.annotation for field in model.model_fields.values()]
    return [
        model,
        *(s for kind in below if isinstance(kind, type) and issubclass(kind, Section) for s in sections(kind)),
    ]


NAMED = [*(task_class(name).Config for name in TASKS), *(model_config(name) for name in MODELS)]


@pytest.mark.parametrize("model", [*sections(TrainConfig), *NAMED], ids=lambda model: model.__name__)
def test_every_field_is_described(model):
    assert model.__doc__
    assert not [name for name, f in model.model_fields.items() if name != "name" and not f.description]
