"""Plain words for what pydantic finds, and the examples that stand in docstrings."""

from __future__ import annotations

import doctest
from types import ModuleType
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from pipelines import cluster, environment, errors, reasons, units, wording, yaml_nodes
from pipelines.gates import duplicate_text, gate
from pipelines.wording import Chosen, either, known_at, message, show


@pytest.mark.parametrize(
    "module",
    [cluster, duplicate_text, environment, errors, gate, reasons, units, wording, yaml_nodes],
    ids=lambda module: module.__name__,
)
def test_the_examples_in_docstrings_hold(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (int, "x", "expected a whole number, got 'x'"),
        (float, None, "expected a number, got nothing"),
        (dict[str, int], 3, "expected a mapping (name: value), got 3"),
        (Literal["a"], "b", "expected a, got 'b'"),
        (Literal["a", "b", "c"], 1, "expected a, b or c, got 1"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "expected at most 1 item, got 2"),
        (Annotated[str, Field(min_length=1)], "", "may not be empty"),
        (Annotated[float, Field(lt=1.5)], 2, "must be below 1.5, got 2"),
        (Annotated[float, Field(allow_inf_nan=False)], float("nan"), "expected a finite number, got nan"),
        (Annotated[str, Field(pattern="^a+$")], "b", "expected text of the form ^a+$, got 'b'"),
        (str, "x" * 100, None),
        (int, "x" * 100, f"expected a whole number, got '{'x' * 56}.."),
    ],
)
def test_mistakes_in_plain_words(kind: Any, value: Any, words: str | None) -> None:
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
        found = None
    except ValidationError as error:
        found = message(error.errors()[0])
    assert found == words


def test_values_as_messages_name_them() -> None:
    assert [show(value) for value in (None, True, 1.5, "a", {}, [])] == [
        "nothing", "true", "1.5", "'a'", "a mapping", "a list",
    ]  # fmt: skip
    assert [either(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a or b", "a, b or c"]


class Small(BaseModel):
    low: int = 0


class Large(BaseModel):
    high: int = Field(0, alias="top")
    inner: list[Small] = []


def choose(value: Any) -> Any:
    if "low" in value:
        return Small
    raise ValueError("neither")


class Whole(BaseModel):
    parts: dict[str, Small | Large | None] = {}
    chosen: Annotated[Any, Chosen(choose)] = None


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ((), {"parts", "chosen"}),
        (("parts",), set()),
        (("parts", "x"), {"low", "top", "inner"}),
        (("parts", "x", "inner", 0), {"low"}),
        (("parts", "x", "nowhere"), set()),
        (("chosen",), {"low"}),
        (("nowhere", 3), set()),
    ],
)
def test_the_names_that_may_stand_somewhere(path: tuple[str | int, ...], known: set[str]) -> None:
    assert known_at(Whole, {"parts": {"x": {}}, "chosen": {"low": 1}}, path) == known
    assert known_at(Whole, {"chosen": {}}, ("chosen",)) == set()
