"""`wavemill corpora`: the readers in groups, found by what they are for, and all about one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from manifests.corpora import CORPORA, reader_class
from manifests.errors import CorpusError
from pipelines.recipe import SAID
from wavemill import cli


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["corpora", *arguments])


def told(*arguments: str) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_list_has_every_reader_once_in_lines_that_fit() -> None:
    done = run()
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert sorted(line.split()[0] for line in lines if line.startswith("  ")) == sorted(CORPORA)
    assert max(map(len, lines)) <= 100
    groups = [line for line in lines if line and not line.startswith(("  ", "`"))]
    assert groups == ["Layouts, whoever's recordings they hold", "Speech", "Emotions in speech", "Sounds", "Music"]
    assert "  librispeech       1,000 h  cc-by-4.0         recognition, speakers" in lines
    assert "  table             a corpus that one table describes, CSV, TSV, JSON Lines or Parquet." in lines


def test_each_stands_where_it_belongs() -> None:
    found = told()
    assert {name: group for group, entries in found.items() for name in entries} == {
        **{name: "layouts" for name in CORPORA if reader_class(name).about is None},
        **{name: _group(name) for name in CORPORA if reader_class(name).about is not None},
    }
    assert found["speech"]["fsdd"]["licence"] == "cc-by-sa-4.0"
    assert found["emotions"]["ravdess"]["tasks"] == ["emotions", "speakers"]


def _group(name: str) -> str:
    return {"crema_d": "emotions", "emodb": "emotions", "ravdess": "emotions", "fsdd": "speech"}.get(
        name, CORPORA[name].split(".")[2]
    )


@pytest.mark.parametrize("word", ["asr", "recognition", "ASR"])
def test_they_are_found_by_what_they_are_for_and_under_which_licence(word: str) -> None:
    found = told("--task", word, "--licence", "cc-by")
    assert list(found) == ["speech"]
    assert {"librispeech", "mls"} <= set(found["speech"])
    assert {entry["licence"] for entry in found["speech"].values()} == {"cc-by-4.0"}
    assert all("recognition" in entry["tasks"] for entry in found["speech"].values())
    assert "common_voice" in told("--licence", "cc0")["speech"]


def test_nothing_may_be_found() -> None:
    done = run("--task", "emotions", "--licence", "mit")
    assert (done.exit_code, done.stdout) == (0, "No corpus is for that under this licence.\n")


def test_all_about_one() -> None:
    done = run("fsd50k")
    assert done.exit_code == 0, done.output
    for words in (
        "fsd50k: sound events from Freesound,",
        "Traps: most clips have several tags",
        "Label: `tags`, a list.",
        "licence  cc-by-3.0 (CC BY 3.0, https://creativecommons.org/licenses/by/3.0/)\n",
        "name it  E. Fonseca et al.",
        "  root (required; text)\n      The folder that holds the corpus,",
        "`wavemill fetch fsd50k` downloads it:\n  dev_audio (",
    ):
        assert words in done.stdout
    assert "Its publishers want to be asked, at https://" in run("common_voice").stdout
    assert "A layout: point `root` at whatever is laid out like this." in run("folder").stdout


def test_all_about_one_as_json() -> None:
    found = told("musan")
    assert found["about"]["title"] == "MUSAN"
    assert [one["name"] for one in found["parameters"]] == list(reader_class("musan").model_fields)
    assert list(found["fetch"]) == ["musan"]
    assert told("table")["about"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["librispech"], "unknown reader 'librispech'; did you mean librispeech"),
        (["xyzzy"], "unknown reader 'xyzzy'; `wavemill corpora` lists them"),
        (["--task", "emotion recogniton"], "no corpus is for 'emotion recogniton'; did you mean recognition?"),
        (["--licence", "cc-bye"], "unknown licence 'cc-bye'; did you mean cc-by-4.0, "),
    ],
)
def test_what_is_misspelt_names_what_comes_near(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert isinstance(done.exception, CorpusError)
    assert str(done.exception).startswith(message)


def test_a_name_and_a_choice_are_too_much() -> None:
    assert run("fsdd", "--task", "asr").exit_code == 2


def test_no_reader_has_a_parameter_that_every_corpus_has() -> None:
    taken = {"reader", "split", *SAID}
    assert {name: found for name in CORPORA if (found := taken & set(reader_class(name).model_fields))} == {}
