"""A configuration as it was written: every mistake at once, each where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import ConfigError, Place, Problem, format_steps
from pipelines.yaml_source import MAX_BYTES, read_yaml


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Literal["small", "large"]
    width: float = Field(1.0, gt=0, le=8)


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: Model
    models: dict[str, Model] = {}
    rates: list[int] = Field([16000], min_length=1)
    share: float | list[str] | None = None
    pair: tuple[int, int] = (0, 1)
    title: str = ""
    deep: bool = False
    as_: str | None = Field(None, alias="as")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mistakes(text: str, *overrides: str, environ: dict[str, str] | None = None) -> list[str]:
    Path("a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_yaml("a.yaml", overrides, environ or {}).validate(Config)
    assert caught.value.exit_code == 2
    return str(caught.value).splitlines()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("modle: {}", "2:1 modle: unknown parameter; did you mean models?"),
        ("zzz: 1", "2:1 zzz: unknown parameter; there are as, deep, model, models, pair, rates, share, title"),
        ("rates: [8000, abc]", "2:15 rates[1]: expected a whole number, got 'abc'"),
        ("rates: [8000.5]", "2:9 rates[0]: expected a whole number, got 8000.5"),
        ("rates: [true]", "2:9 rates[0]: expected a whole number, got true"),
        ("rates: 8000", "2:8 rates: expected a list, got 8000"),
        ("rates: []", "2:8 rates: expected at least 1 item, got 0"),
        ("title: 7", "2:8 title: expected text, got 7; put it in quotes"),
        ("title:", "2:1 title: expected text, got nothing"),
        ("deep: yes", "2:7 deep: expected true or false, got 'yes'"),
        ("as: [a]", "2:5 as: expected text, got a list"),
        ("share: {}", "2:8 share: expected a number or a list, got a mapping"),
        ("pair: [1]", "2:1 pair[1]: missing"),
        ("models: {a: {name: smal}}", "2:20 models.a.name: expected small or large, got 'smal'; did you mean small?"),
        ("models: {a: {width: 2}}", "2:10 models.a.name: missing"),
        ("models: {a b: 3}", "2:15 models['a b']: expected a mapping (name: value), got 3"),
        ("models: {a: {name: small, widht: 2}}", "2:27 models.a.widht: unknown parameter; did you mean width?"),
        ("models: {a: {name: small, width: 9}}", "2:34 models.a.width: must be at most 8, got 9"),
        ("models: {a: {name: small, width: 0}}", "2:34 models.a.width: must be above 0, got 0"),
        ("title: ${NOT_SET}",
         "2:8 title: environment variable NOT_SET is not set or empty; set it, or write ${NOT_SET:-default}"),
        ("model: {}", "2:1: a second 'model'; the first is in line 1"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_in_plain_words_where_it_stands(line: str, message: str) -> None:
    assert mistakes(f"model: {{name: small}}\n{line}\n") == [f"a.yaml:{message}"]


@pytest.mark.usefixtures("folder")
def test_every_mistake_is_named_in_the_order_of_the_file() -> None:
    text = 'rates: [a, 1, b]\nmodel:\n  name: tiny\n  widht: 3\ntitle: "${NO}"\n'
    found = mistakes(text, "deep=7", "mode=1")
    assert [line.split(": ")[0] for line in found] == [
        "--set deep=7",
        "--set mode=1",
        "a.yaml:1:9 rates[0]",
        "a.yaml:1:15 rates[2]",
        "a.yaml:3:9 model.name",
        "a.yaml:4:3 model.widht",
        "a.yaml:5:8 title",
    ]


@pytest.mark.usefixtures("folder")
def test_a_mistake_in_an_override_points_at_the_override() -> None:
    text = "model: {name: small}\nrates: [1]\n"
    assert mistakes(text, "rates[0]=x") == ["--set rates[0]=x: rates[0]: expected a whole number, got 'x'"]
    assert mistakes(text, "model={}") == ["--set model={}: model.name: missing"]
    assert mistakes(text, "model.widht=2") == [
        "--set model.widht=2: model.widht: unknown parameter; did you mean width?"
    ]


@pytest.mark.usefixtures("folder")
def test_the_values_the_overrides_and_the_text_that_is_kept() -> None:
    Path("a.yaml").write_text('model: {name: small}  # why\nrates:\n  - ${RATE}\ntitle: "${TITLE:-none}"\n')
    document = read_yaml("a.yaml", ["model.width=${WIDTH}"], {"RATE": "8000", "WIDTH": "2"})
    assert document.validate(Config) == Config(model=Model(name="small", width=2), rates=[8000], title="none")
    assert document.text == Path("a.yaml").read_text().replace("small}", "small, width: '${WIDTH}'}").replace(
        "  #", " #"
    )
    assert read_yaml("a.yaml", environ={"RATE": "1"}).text == Path("a.yaml").read_text()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("value", ["${X}", '"${X}"'])
def test_a_variable_is_a_number_where_one_is_wanted_and_text_elsewhere(value: str) -> None:
    Path("a.yaml").write_text(
        f"model:\n  name: small\n  width: {value}\nrates:\n  - {value}\nshare: {value}\ntitle: {value}\ndeep: true\n"
    )
    found = read_yaml("a.yaml", environ={"X": "7"}).validate(Config)
    assert (found.model.width, found.rates, found.share, found.title) == (7.0, [7], 7.0, "7")
    assert mistakes(f"model: {{name: small}}\nrates:\n  - {value}\n", environ={"X": "7x"}) == [
        "a.yaml:3:5 rates[0]: expected a whole number, got '7x'"
    ]
    assert mistakes("model: {name: small}\nrates: ['7']\n") == ["a.yaml:2:9 rates[0]: expected a whole number, got '7'"]


@pytest.mark.usefixtures("folder")
def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.yaml").write_text("a: ${WAVEMILL_TEST_VARIABLE}\n")
    monkeypatch.setenv("WAVEMILL_TEST_VARIABLE", "x")
    assert read_yaml("a.yaml").get() == {"a": "x"}


def test_files_that_cannot_be_read_are_named(folder: Path) -> None:
    Path("latin.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    Path("large.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    Path("list.yaml").write_text("- a\n")
    for name, message in [
        ("none.yaml", "none.yaml: no such file"),
        (".", ".: cannot be read: Is a directory"),
        ("latin.yaml", "latin.yaml:2:7: not UTF-8 text"),
        ("large.yaml", "large.yaml: larger than 128 KiB; is it a configuration?"),
        ("list.yaml", "list.yaml:1:1: expected a mapping (name: value) at the top"),
    ]:
        with pytest.raises(ConfigError) as caught:
            read_yaml(name).validate(Config)
        assert str(caught.value) == message


def test_a_byte_order_mark_and_windows_line_ends_are_fine(folder: Path) -> None:
    Path("a.yaml").write_bytes(b"\xef\xbb\xbfmodel:\r\n  name: small\r\n  width: x\r\n")
    with pytest.raises(ConfigError, match=r"^a.yaml:3:10 model.width: expected a number, got 'x'$"):
        read_yaml("a.yaml").validate(Config)


def test_paths_and_problems_as_text() -> None:
    assert format_steps(("stages", 3, "log_mel", "n mels", 0)) == "stages[3].log_mel['n mels'][0]"
    assert str(Problem(Place("a.yaml", 3, 4), "", "bad")) == "a.yaml:3:4: bad"
    assert str(Problem(Place("--set a=1"), "a", "bad")) == "--set a=1: a: bad"
