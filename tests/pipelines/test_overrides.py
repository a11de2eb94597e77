"""Overrides: what --set changes, what it refuses, and the text that a store keeps of it."""

from __future__ import annotations

import pytest

from pipelines.errors import ConfigError
from pipelines.overrides import Override, rewrite
from pipelines.yaml_nodes import parse

TEXT = """\
name: digits  # kept
stages:
  - decode
  - log_mel: {n_mels: 64}   # kept too
store: {path: "${OUT}/a"}
gates:
"""


def changed(typed: str) -> object:
    root, _ = parse(TEXT, "a.yaml")
    Override(typed).apply(root)
    return root.plain()


BEFORE = {
    "name": "digits",
    "stages": ["decode", {"log_mel": {"n_mels": 64}}],
    "store": {"path": "${OUT}/a"},
    "gates": None,
}


@pytest.mark.parametrize(
    ("typed", "change"),
    [
        ("name=words", {"name": "words"}),
        ("name=", {"name": ""}),
        ("seed=7", {"seed": 7}),
        ("seed='7'", {"seed": "7"}),
        ("source=[a, b]", {"source": ["a", "b"]}),
        ("store.path=a=b", {"store": {"path": "a=b"}}),
        ("store.keep.log_mel=float16", {"store": {"path": "${OUT}/a", "keep": {"log_mel": "float16"}}}),
        ("gates.max_rejected=1%", {"gates": {"max_rejected": "1%"}}),
        ("limits.seconds=2.5", {"limits": {"seconds": 2.5}}),
        ("stages[1].log_mel.n_mels=80", {"stages": ["decode", {"log_mel": {"n_mels": 80}}]}),
        ("stages.1.log_mel.n_mels=80", {"stages": ["decode", {"log_mel": {"n_mels": 80}}]}),
        ("stages[0]={mel: {a: 1}}", {"stages": [{"mel": {"a": 1}}, {"log_mel": {"n_mels": 64}}]}),
    ],
)  # fmt: skip
def test_one_value_changes_and_its_text_with_it(typed: str, change: dict[str, object]) -> None:
    assert changed(typed) == BEFORE | change
    again, _ = parse(rewrite(TEXT, [Override(typed)]), "a.yaml")
    assert again.plain() == BEFORE | change


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("name", "write it as name.name=value, such as stages[3].log_mel.n_mels=80"),
        ("=1", "write it as name.name=value, such as stages[3].log_mel.n_mels=80"),
        (".a=1", "write it as name.name=value, such as stages[3].log_mel.n_mels=80"),
        ("a..b=1", "write it as name.name=value, such as stages[3].log_mel.n_mels=80"),
        ("a.=1", "write it as name.name=value, such as stages[3].log_mel.n_mels=80"),
        ("stages[x].a=1", "write it as name.name=value, such as stages[3].log_mel.n_mels=80"),
        ("stages[2].log_mel=1", "2 is no place in a list of 2, counted from 0"),
        ("stages[2]=x", "2 is no place in a list of 2, counted from 0"),
        ("stages.log_mel.n_mels=1", "log_mel is no place in a list of 2, counted from 0"),
        ("name.first=x", "name is 'digits', which has nothing inside to set"),
        ("stages[0].decode.channels=all", "stages[0] is 'decode', which has nothing inside to set"),
        ("name=[1", "this [ is never closed"),
        ("name=*x", "anchors and aliases (&name, *name) are not allowed; write the value out"),
    ],
)
def test_what_cannot_be_set_is_named_as_it_was_typed(typed: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        changed(typed)
    assert str(caught.value) == f"--set {typed}: {message}"


def test_the_text_keeps_comments_quotes_and_variables() -> None:
    assert rewrite(TEXT, []) == TEXT
    rewritten = rewrite(TEXT, [Override("stages[1].log_mel.n_mels=80")])
    assert rewritten == TEXT.replace("64", "80")
