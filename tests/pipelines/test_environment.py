"""Environment variables in a configuration, as a shell would read them, but never silently empty."""

from __future__ import annotations

import pytest

from pipelines.environment import expand, expand_all
from pipelines.yaml_nodes import parse

ENVIRON = {"ROOT": "/audio", "EMPTY": "", "N": "64", "NESTED": "${ROOT}", "BYTES": "caf\udce9"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${ROOT}/fsdd", "/audio/fsdd"),
        ("${ROOT}${N}", "/audio64"),
        ("${NONE:-data}/x", "data/x"),
        ("${EMPTY:-data}", "data"),
        ("${ROOT:-data}", "/audio"),
        ("${NONE:-}", ""),
        ("$ROOT costs $5", "$ROOT costs $5"),
        ("${NESTED}", "${ROOT}"),
    ],
)
def test_variables_give_way_to_their_values_once(text: str, expanded: str) -> None:
    assert expand(text, ENVIRON) == expanded


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${NONE}/${EMPTY}/${NONE}", "environment variable NONE, EMPTY is not set or empty; set it, or write"),
        ("${ROOT", r"a \${ that is no variable"),
        ("${1X}", r"a \${ that is no variable"),
        ("${A:-${B}}", r"a \${ that is no variable"),
        ("${BYTES}", "environment variable BYTES is not UTF-8 text"),
    ],
)  # fmt: skip
def test_what_cannot_be_expanded_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        expand(text, ENVIRON)


def test_values_are_expanded_in_place_and_keys_are_not() -> None:
    root, _ = parse('a: ${N}\nb: "${N}"\n${N}: ["x-${N}"]\nc: ${ROOT}\n', "a.yaml")
    assert list(expand_all(root, ENVIRON)) == []
    assert root.plain() == {"a": "64", "b": "64", "${N}": ["x-64"], "c": "/audio"}


def test_a_value_cannot_become_structure() -> None:
    root, _ = parse("a: ${X}\n", "a.yaml")
    assert list(expand_all(root, {"X": "{b: 1}\nc: 2"})) == []
    assert root.plain() == {"a": "{b: 1}\nc: 2"}


def test_every_mistake_comes_with_its_path() -> None:
    root, _ = parse("a: [x, '${NO}']\nb: {c: '${'}\n", "a.yaml")
    assert [path for path, _ in expand_all(root, ENVIRON)] == [("a", 1), ("b", "c")]
