from __future__ import annotations

import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests import json_items
from manifests.errors import CorpusError
from manifests.json_items import array_items, object_items

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def items(text: str | bytes, member: str = "a") -> list[tuple[int, Any]]:
    data = text.encode() if isinstance(text, str) else text
    return list(array_items(io.BytesIO(data), "t.json", member))


@given(
    st.lists(VALUES, max_size=5),
    st.dictionaries(st.text().filter(lambda key: key != "a"), VALUES, max_size=3),
    st.integers(1, 9),
    st.sampled_from([None, 1]),
)
def test_the_elements_are_those_that_json_finds(
    elements: list[Any], before: dict[str, Any], piece: int, indent: int | None
) -> None:
    """Wherever the file is cut into pieces, in the middle of a number, a string or a letter of several bytes."""
    text = json.dumps({**before, "a": elements, "after": 1}, indent=indent, ensure_ascii=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_items, "PIECE", piece)
        assert [value for _, value in items(text)] == elements


def test_each_element_has_its_line() -> None:
    assert items('{\n"b": [1,\n2], "a": [\n 3,\n {"c":\n 4}, 5]}') == [(4, 3), (5, {"c": 4}), (6, 5)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.json:1: not JSON: the end where there should be {"),
        ("[1]", "t.json:1: not JSON: '[' where there should be {"),
        ('{\n"b": 1}', "t.json: has no member 'a'"),
        ('{"a": {"c": 1}}', "t.json:1: not JSON: '{' where there should be ["),
        ('{"a": [1,\n2 3]}', "t.json:2: not JSON: '3' where there should be , or ]"),
        ('{"a": [1,\n{"c": }]}', "t.json:2: not JSON: Expecting value"),
        ('{"a": [1,\n2', "t.json:2: not JSON: the end where there should be , or ]"),
        (b'{"a": ["\xff"]}', "t.json:1: cannot be read: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_what_is_no_such_object_is_named_with_its_line(text: str | bytes, message: str) -> None:
    with pytest.raises(CorpusError) as caught:
        items(text)
    assert str(caught.value).startswith(message)


def test_a_long_array_is_streamed() -> None:
    """Ten megabytes of elements, of which one piece is held at a time."""
    data = b'{"a": [' + b", ".join([b'{"text": "' + b"some words that were said " * 16 + b'"}'] * 25_000) + b"]}"
    assert len(data) > 10 << 20
    source = io.BytesIO(data)
    tracemalloc.start()
    try:
        assert sum(1 for _ in array_items(source, "t.json", "a")) == 25_000
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.integers(1, 9), st.sampled_from([None, 1]))
def test_the_members_are_those_that_json_finds(members: dict[str, Any], piece: int, indent: int | None) -> None:
    data = json.dumps(members, indent=indent, ensure_ascii=False).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_items, "PIECE", piece)
        assert [(name, value) for _, name, value in object_items(io.BytesIO(data), "t.json")] == [*members.items()]


def test_each_member_has_its_line() -> None:
    found = object_items(io.BytesIO(b'{\n"a": [1,\n2],\n "b": 3, "c": {}}'), "t.json")
    assert list(found) == [(2, "a", [1, 2]), (4, "b", 3), (4, "c", {})]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.json:1: not JSON: the end where there should be {"),
        ("{", "t.json:1: not JSON: Expecting value"),
        ("{1: 2}", "t.json:1: not JSON: 1 where there should be a name"),
        ('{"a": 1,\n"b": }', "t.json:2: not JSON: Expecting value"),
        ('{"a": 1} 2', "t.json:1: not JSON: '2' behind its end"),
        ('{"a": 1\n"b": 2}', "t.json:2: not JSON: '\"' where there should be , or }"),
    ],
)
def test_what_is_no_object_is_an_error(text: str, message: str) -> None:
    with pytest.raises(CorpusError) as caught:
        list(object_items(io.BytesIO(text.encode()), "t.json"))
    assert str(caught.value) == message
