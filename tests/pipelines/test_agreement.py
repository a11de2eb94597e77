"""What workers and driver say of themselves, and what is said where they differ."""

from __future__ import annotations

import platform
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from manifests.storage import LocalStorage
from pipelines.agreement import Needs, disagreement
from pipelines.build import planning
from tests.factories import write_lines
from tests.pipelines.corpora import Tones

PLUGIN = """\
from features.stage import Transform

class Same(Transform):
    name = "same"

    def transform(self, value, draws):
        return value
"""
VERSIONS = "Install the same versions everywhere."
PATHS = "Store, corpora and plugins must be the same files under the same paths on every machine; "


@pytest.fixture
def needs(tmp_path: Path) -> Needs:
    """What a build of some tones with a plugin looks for; its beacon is lit."""
    write_lines(tmp_path / "same.py", PLUGIN)
    more = "  - same: {}\n  - add_noise: {from: tones, snr_db: 10}\n"
    tones = Tones(tmp_path, 8, more=more, tail="plugins: [same.py]\n")
    with planning(tones.recipe()) as plan:
        rows = plan.build[0].load().rows
        needs = Needs.of(plan.job, rows, ".tmp-beacon")
    LocalStorage(tones.store).replace(needs.beacon, b"")
    return needs


def test_what_a_machine_says(needs: Needs, tmp_path: Path) -> None:
    facts = needs.facts()
    assert facts["numpy"] == np.__version__
    assert facts["python"] == ".".join(platform.python_version_tuple()[:2])
    assert facts[f"store {tmp_path}/store"] == "found"
    (root, recording) = needs.corpora["tones"]
    assert facts[f"corpus tones, {root}/{recording}"] == "found"
    assert facts[f"plugin {tmp_path}/same.py"].startswith("content ")
    assert set(facts) > {"wavemill", "scipy", "soundfile", "soxr", "miniaudio", "pyarrow"}


def test_who_says_the_same_agrees(needs: Needs) -> None:
    assert disagreement(needs.facts(), {"a": needs.facts(), "b": needs.facts()}) == ""


def test_one_file_of_each_corpus_is_looked_for(needs: Needs, tmp_path: Path) -> None:
    root = str(tmp_path / "corpus")
    corpora = {"gone": (root, "gone.wav"), "there": (root, ""), "nowhere": ("/nowhere", "")}
    facts = replace(needs, corpora=corpora).facts()
    assert {name: found for name, found in facts.items() if name.startswith("corpus")} == {
        f"corpus gone, {root}/gone.wav": "missing",
        f"corpus there, {root}": "found",
        "corpus nowhere, /nowhere": "missing",
    }


def test_a_corpus_that_the_first_task_has_nothing_of_is_looked_for_as_a_whole(tmp_path: Path) -> None:
    with planning(Tones(tmp_path, 8).recipe()) as plan:
        job = replace(
            plan.job, roots={"tones": "/tones", "noise": "/noise"}, clips={"noise": [["k", "", "n.wav", None]]}
        )
        assert Needs.of(job, [], "b").corpora == {"tones": ("/tones", ""), "noise": ("/noise", "n.wav")}
        row = plan.build[0].load().rows[0]
        assert Needs.of(job, [row], "b").corpora["tones"] == ("/tones", row.recording.span.path)


def test_another_folder_of_the_same_name_is_not_the_store(needs: Needs, tmp_path: Path) -> None:
    here = needs.facts()
    (tmp_path / "store" / needs.beacon).unlink()
    assert disagreement(here, {"tcp://a:1": needs.facts()}).splitlines() == [
        "1 of 1 Dask workers cannot take part in this build:",
        "  tcp://a:1",
        f"    store {tmp_path}/store: found here, missing there",
        f"{PATHS}store and corpora may also lie on s3://.",
    ]


def test_a_plugin_that_is_another_or_not_there(needs: Needs, tmp_path: Path) -> None:
    here, plugin = needs.facts(), tmp_path / "same.py"
    plugin.write_text(PLUGIN + "# edited\n")
    edited = needs.facts()
    plugin.unlink()
    said = disagreement(here, {"tcp://a:1": edited, "tcp://b:1": needs.facts()}).splitlines()
    assert said[1] == "  tcp://a:1"
    assert said[2].startswith(f"    plugin {plugin}: content ")
    assert said[3:5] == ["  tcp://b:1", f"    plugin {plugin}: {here[f'plugin {plugin}']} here, missing there"]


def test_workers_that_differ_alike_are_told_together() -> None:
    here = {"wavemill": "1.0", "python": "3.12", "numpy": "2.4.6"}
    old = here | {"numpy": "2.3.0", "av": "13.0"}
    said = disagreement(here, {"tcp://a:1": old, "tcp://b:1": here, "tcp://c:1": dict(old), "tcp://d:1": KeyError("x")})
    assert said.splitlines() == [
        "3 of 4 Dask workers cannot take part in this build:",
        "  tcp://a:1, tcp://c:1",
        "    numpy: 2.4.6 here, 2.3.0 there",
        "    av: missing here, 13.0 there",
        "  tcp://d:1",
        "    wavemill: 1.0 here, another one or none there ('x')",
        VERSIONS,
    ]


def test_what_cannot_be_asked_is_told_with_its_reason(needs: Needs, tmp_path: Path) -> None:
    facts = replace(needs, store="ftp://host/store", plugins=[str(tmp_path)]).facts()
    assert facts["store ftp://host/store"].startswith("cannot be asked (ftp://host/store: a store is a folder")
    assert facts[f"plugin {tmp_path}"] == "cannot be read (Is a directory)"
