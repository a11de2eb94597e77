from __future__ import annotations

import json

from click.testing import CliRunner

from features.catalog import STAGES
from wavemill import cli


def told(*words: str) -> str:
    done = CliRunner().invoke(cli, ["stages", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_list_names_every_stage_under_its_group() -> None:
    lines = told().splitlines()
    assert lines[0] == "Signal and sampling"
    assert {line.split()[0] for line in lines if line.startswith("  ")} == set(STAGES)
    assert lines.index("Augmentation") < next(at for at, line in enumerate(lines) if line.startswith("  gain "))


def test_one_stage_with_parameters_shapes_and_an_example() -> None:
    text = told("add_noise")
    assert "snr_db (required; number or distribution, -100 to 100)" in text
    assert "reads   audio (1, 32000) at 16000 Hz" in text
    assert "  - add_noise: {from: noise, snr_db: 5}" in text
    assert "does not stream" in text
    assert "Timmer and Koenig" in text  # the source of the colours


def test_as_json() -> None:
    everything = json.loads(told("--json"))
    assert {name for names in everything.values() for name in names} == set(STAGES)
    one = json.loads(told("gain", "--json"))
    assert (one["name"], one["group"], one["streams"]) == ("gain", "augment", True)
    assert one["parameters"][-1]["values"] == "number or distribution, -100 to 100"


def test_a_name_that_is_nearly_one() -> None:
    done = CliRunner().invoke(cli, ["stages", "log_mell"])
    assert done.exit_code == 2
    assert "there is no stage 'log_mell'; did you mean log_mel?" in done.output
