"""YAML as nodes: ruamel.yaml is the reference for values, the text itself for places."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipelines.errors import ConfigError, Place
from pipelines.yaml_nodes import MAX_DEPTH, Node, parse, resolve

texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\x85\u2028\u2029\ufeff"), max_size=12
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4))


def block_style(value: Any) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    sink = io.StringIO()
    yaml.dump(value, sink)
    return sink.getvalue()


def flow_style(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # YAML 1.2 holds all of JSON


@pytest.mark.parametrize("write", [block_style, flow_style])
@settings(max_examples=100, deadline=None)
@given(value=st.dictionaries(texts, values, min_size=1, max_size=4))
@example({"a": "yes", "b": "0x1F", "c": "1_000", "d": "~", "e": "2024-01-01", "f": "1e3", "g": " x ", "h": "<<"})
def test_what_others_write_is_read_as_it_was(write: Callable[[Any], str], value: dict[str, Any]) -> None:
    root, problems = parse(write(value), "a.yaml")
    assert root.plain() == value
    assert not problems


@pytest.mark.parametrize(
    "text",
    ["8000", "-3", "+7", "007", "0o17", "0x1F", "1.5", "-.5", "3.", "1e3", "1e-3", "true", "False", "~", "null", "",
     "yes", "on", "1:30", ".inf", "-.inf", "abc", "1.2.3", "0o9"],
)  # fmt: skip
def test_scalars_mean_what_the_core_schema_says(text: str) -> None:
    loaded = YAML(typ="safe", pure=True).load(f"a: {text}")["a"]
    assert resolve(text) == loaded
    assert type(resolve(text)) is type(loaded)


def test_what_looks_like_a_number_to_some_stays_text() -> None:
    assert [resolve(text) for text in ("1_000", "2024-01-01", "9" * 5000)] == ["1_000", "2024-01-01", "9" * 5000]
    assert math.isnan(resolve(".nan"))  # type: ignore[arg-type]


def leaves(node: Node) -> list[Node]:
    below = [leaf for _, child in node.children() for leaf in leaves(child)]
    return below or [node]


@pytest.mark.parametrize("write", [block_style, flow_style])
@settings(max_examples=40, deadline=None)
@given(
    value=st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 99999), min_size=1), min_size=1, max_size=6)
)
def test_every_value_stands_where_its_text_is(write: Callable[[Any], str], value: list[dict[str, int]]) -> None:
    text = write({"top": value})
    lines = text.splitlines()
    found = leaves(parse(text, "a.yaml")[0])
    assert len(found) == sum(map(len, value))
    for leaf in found:
        assert leaf.at.path == "a.yaml"
        assert lines[(leaf.at.line or 0) - 1][(leaf.at.column or 0) - 1 :].startswith(str(leaf.value))


def test_keys_stand_where_their_text_is() -> None:
    root, _ = parse("a:\n  - {bc: 1, de: 2}\n", "a.yaml")
    entry = root.value["a"].value[0].value  # type: ignore[index, union-attr, call-overload]
    assert [entry[key].key_at for key in ("bc", "de")] == [Place("a.yaml", 2, 6), Place("a.yaml", 2, 13)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1\nb: *x\n", "1:4: anchors and aliases (&name, *name) are not allowed; write the value out"),
        ("&a x: 1\n", "1:1: anchors and aliases (&name, *name) are not allowed; write the value out"),
        ("a: !!python/object:os.system x\n",
         "1:4: tags (tag:yaml.org,2002:python/object:os.system) are not allowed; write the plain value"),
        ("%YAML 1.1\n---\na: yes\n", "2:1: directives (%YAML, %TAG) are not allowed"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document starts here; one file holds one"),
        ("", "1:1: nothing is in it"),
        ("# only this\n", "1:1: nothing is in it"),
        ("a:\n\tb: 1\n", "2:1: a tab; indent and separate with spaces"),
        ("a:\n  - b\n  \t- c\n", "3:3: a tab; indent and separate with spaces"),
        ("a:\tb\n", "1:3: a tab; indent and separate with spaces"),
        ("a: {b: ${X}/c}\n", '1:9: text with ${ inside { } or [ ] needs quotes: "${NAME}/.."'),
        ("a: b: c\n", "1:5: a ':' that fits nothing: check the indentation, or quote text that holds ': '"),
        ("a: 'x\n", "1:4: this ' is never closed"),
        ("x: {a: [1, 2\n", "1:8: this [ is never closed"),
        ("a: [1 2\nb: 3\n", "2:2: a comma or a closing bracket is missing before this"),
        ("a:\n  - b\n c: 1\n", "3:2: this fits no line above: check its indentation, and the quotes before it"),
        ("a: @x\n", "1:4: text that starts with this character needs quotes"),
        ("a: *", "1:5: text that starts with & or * needs quotes"),
        ("key: - a\n", "1:6: a list starts on a line of its own, below its key"),
        ('a: "C:\\q"\n', "1:8: a \\ inside \" \" starts an escape; use single quotes"),
        ("a: \x00b", "1:4: the character U+0000 is not allowed in YAML"),
        ("? [a]\n: b\n", "1:3: a key must be plain text"),
        ('a: "\\ud800"\n', "1:4: an escape \\u that stands for half a character"),
        ("[" * 30, "1:22: nested more than 20 deep"),
    ],
)  # fmt: skip
def test_what_is_no_yaml_that_we_take_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "a.yaml")
    assert str(caught.value) == f"a.yaml:{message}"


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    with pytest.raises(ConfigError, match=r"^a.yaml:1:4: anchors"):
        parse(bomb, "a.yaml")


def test_nesting_is_fine_up_to_the_limit() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH, "a.yaml")[0].plain()


def test_every_duplicate_key_is_found() -> None:
    _, problems = parse("a: 1\nb: {c: 1, c: 2}\na: 3\n", "a.yaml")
    assert [str(problem) for problem in problems] == [
        "a.yaml:2:11: a second 'c'; the first is in line 2",
        "a.yaml:3:1: a second 'a'; the first is in line 1",
    ]


ALPHABET = st.sampled_from(
    [*"ab01.:-?,[]{}#&*!|>'\"%@`\\ \n\t~=<$", ": ", "- ", "\n  ", "${A}", "\\x", "\\U", "---", "\ufeff"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ALPHABET, max_size=24).map("".join))
@example('a: "\\UFFFFFFFF"')
@example("\n>\n \n  [x")
@example("a: [")
def test_any_text_is_a_document_or_a_mistake_with_a_message(text: str) -> None:
    try:
        found: Node | ConfigError = parse(text, "a.yaml")[0]
    except ConfigError as error:
        found = error
    assert isinstance(found, Node) or all(problem.message for problem in found.problems)
