"""What the documents tell people to type is there."""

import re
from pathlib import Path

import pytest

import wavemill
from pipelines.recipe_file import load_recipe
from pipelines.yaml_source import read_yaml
from tests.factories import folder_corpus
from training.config import TrainConfig

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_recipe_of_the_readme_is_sound(tmp_path, monkeypatch):
    folder_corpus(tmp_path / "digits", ["one/a.wav", "two/b.wav"])
    folder_corpus(tmp_path / "noise", ["c.wav"])
    monkeypatch.setenv("DATA", str(tmp_path))
    (tmp_path / "recipe.yaml").write_text(blocks("yaml")[0] + blocks("yaml")[2], "utf-8")
    recipe = load_recipe(str(tmp_path / "recipe.yaml"), ())
    assert [spec.name for spec in recipe.arrays()] == ["log_mel"]
    assert recipe.schedule.deadline == 6 * 3600, "the part about every night"


def test_the_training_configuration_of_the_readme_is_sound(tmp_path):
    (tmp_path / "train.yaml").write_text(blocks("yaml")[1], "utf-8")
    assert read_yaml(str(tmp_path / "train.yaml"), ()).validate(TrainConfig).task.label == "label"


def test_the_python_of_the_readme_compiles():
    for block in blocks("python"):
        compile(block, "README.md", "exec")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_targets_and_files_that_documents_name_exist(path):
    text = path.read_text("utf-8")
    typed = re.sub("#.*", "", "\n".join(re.findall(r"^    .*$|`[^`\n]+`", text, re.MULTILINE)))
    assert set(re.findall(r"\bwavemill (?!-)([a-z-]+)\b", typed)) <= set(wavemill.COMMANDS)
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b", typed)) <= targets
    named = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    assert not [name for name in named if not (path.parent / name).exists()]
    sources = re.findall(r"`((?:features|manifests|pipelines|training|tests)/[a-z_/]+\.py)`", text)
    assert not [name for name in sources if not (ROOT / name).exists()]
