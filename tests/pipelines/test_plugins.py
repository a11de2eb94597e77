"""Stages of one's own: what a plugin adds, and what is wrong with one that adds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from features import catalog
from features.chain import Chain
from pipelines.errors import PluginError
from pipelines.plugins import load_plugin

LOUDER = """\
from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from features.example import Audio
from features.stage import Transform


class Louder(Transform):
    name: ClassVar[str] = "louder"

    times: float = Field(2.0, gt=0)

    def transform(self, value: Audio, draws: object) -> Audio:
        return Audio(value.samples * self.times, value.sample_rate)
"""


@pytest.fixture(autouse=True)
def _catalog_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "_ADDED", {})


def plugin(folder: Path, text: str) -> Path:
    path = folder / "mine.py"
    path.write_text(text)
    return path


def fingerprint(times: float) -> str:
    return Chain.parse([{"louder": {"times": times}}]).fingerprint()


def test_a_stage_of_a_plugin_is_known_by_its_name(tmp_path: Path) -> None:
    assert "louder" not in catalog.names()
    (stage,) = load_plugin(plugin(tmp_path, LOUDER))
    assert catalog.stage_class("louder") is stage
    assert "louder" in catalog.names()
    assert load_plugin(plugin(tmp_path, LOUDER)) == [stage], "the same source is run once"


def test_the_source_is_part_of_the_identity(tmp_path: Path) -> None:
    load_plugin(plugin(tmp_path, LOUDER))
    first = fingerprint(2)
    assert fingerprint(3) != first
    load_plugin(plugin(tmp_path, LOUDER.replace("value.samples * ", "value.samples / ")))
    assert fingerprint(2) != first
    load_plugin(plugin(tmp_path, LOUDER))
    assert fingerprint(2) == first
    assert "source_digest" not in catalog.stage_class("gain")(gain_db=0).identity()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ny = (\n", ":2: SyntaxError: '(' was never closed"),
        ("x = 1\n\ny = z\n", ":3: NameError: name 'z' is not defined"),
        ("import no_such_module\n", ":1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("x = 1\n", ": defines no stage; write a subclass of features.stage.Stage with a name"),
        ("from features.augment.gain import Gain\n", ": defines no stage; write a subclass"),
        (LOUDER.replace('"louder"', '"gain"'), ": a stage called 'gain' is there already; choose another name"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = plugin(tmp_path, text)
    with pytest.raises(PluginError) as caught:
        load_plugin(path)
    assert str(caught.value).startswith(f"{path}{message}")
    assert caught.value.exit_code == 2


def test_a_plugin_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"none\.py: No such file or directory$"):
        load_plugin(tmp_path / "none.py")


def test_nothing_is_written_beside_a_plugin(tmp_path: Path) -> None:
    load_plugin(plugin(tmp_path, LOUDER + "\n\nNOTE = 1\n"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]
