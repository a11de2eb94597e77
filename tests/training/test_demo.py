import shlex

import numpy as np
import pytest

from pipelines.recipe_file import load_recipe
from tests.factories import tone, write_audio, write_lines
from training import demo


@pytest.fixture
def own_folder(tmp_path):
    """Two labels, told apart by their pitch; the name of the folder has a space in it."""
    rng = np.random.default_rng(1)
    for label, hz in (("high", 2000.0), ("low", 300.0)):
        for number in range(12):
            samples = tone(0.5, 16000, hz * rng.uniform(0.9, 1.1), level_db=rng.uniform(-20, -3))
            write_audio(tmp_path / f"own sounds/{label}/{number}.flac", samples, 16000)
    write_lines(tmp_path / "own sounds/low/page.mp3", "<html>Not Found</html>")
    return tmp_path / "own sounds"


def test_a_folder_of_labelled_folders_becomes_a_model(own_folder, tmp_path, capfd):
    out = tmp_path / "the demo"
    task, model = "task: {name: classification, label: label}", "model: {name: bc_resnet, time_stride: 4}"
    write_lines(out / "train.yaml", "name: quick", task, model, "epochs: 1", "threads: 1")
    assert demo.main(["--data", str(own_folder), "--out", str(out)]) == 0
    printed = capfd.readouterr().out
    commands = [shlex.split(line[2:]) for line in printed.splitlines() if line.startswith("$ ")]
    assert [words[words.index("wavemill") + 1] for words in commands] == [
        *("build", "ledger", "train", "evaluate", "predict"),
    ]
    assert commands[0][0] == f"DATA={own_folder}"
    assert "low/page.mp3" in printed
    assert "accuracy" in printed
    assert (out / "recipe.yaml").read_text() == demo.FOLDER_RECIPE.read_text()
    assert (out / "train.yaml").read_text().startswith("name: quick")


def test_a_failing_command_ends_the_demo_with_its_exit_code(tmp_path, capfd):
    (tmp_path / "empty").mkdir()
    write_lines(tmp_path / "out/recipe.yaml", "name: [")
    assert demo.main(["--data", str(tmp_path / "empty"), "--out", str(tmp_path / "out")]) == 2
    assert "recipe.yaml:" in capfd.readouterr().err


def test_a_folder_that_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        demo.main(["--data", "no/such/folder"])
    assert "no/such/folder is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("recipe", [demo.SPOKEN_RECIPE, demo.FOLDER_RECIPE], ids=lambda path: path.stem)
def test_the_shipped_recipes_are_sound(recipe, tmp_path, monkeypatch):
    write_lines(tmp_path / "manifest.csv", "path,label,speaker", "a.wav,yes,en-us+m1")
    monkeypatch.setenv("DATA", str(tmp_path))
    assert load_recipe(str(recipe), ()).corpora
