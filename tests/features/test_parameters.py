from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field
from ruamel.yaml import YAML

from features.draws import Random, Uniform, within
from features.parameters import flow, parameters
from features.perceptual.log_mel import LogMel


class Everything(BaseModel):
    plain: int
    share: float = Field(0.5, ge=0, le=1, description="A share.")
    above: float | None = Field(None, gt=0)
    below: float = Field(0, ge=0, lt=1)
    kind: Literal["a", "b"] | None = "a"
    switch: bool = True
    drawn: Annotated[Random, within(-3, 3)] = Uniform(uniform=(0, 1))
    maybe: Annotated[Random, within(1, 2)] | None = None
    many: tuple[Annotated[int, Field(ge=2)], ...] = (2, 3)
    pair: tuple[int, int] = (0, 1)
    other: Literal["mono"] | Annotated[int, Field(ge=0)] = "mono"
    nested: LogMel = LogMel(n_mels=40)
    free: dict[str, Any] = Field(default_factory=dict)
    from_: str = Field("x y", alias="from")


def test_each_kind_of_parameter_in_words() -> None:
    found = {one.name: (one.default, one.values) for one in parameters(Everything)}
    assert found == {
        "plain": (None, "whole number"),
        "share": ("0.5", "number, 0 to 1"),
        "above": ("null", "null or number, above 0"),
        "below": ("0", "number, at least 0, below 1"),
        "kind": ("a", "null or a, b"),
        "switch": ("true", "true, false"),
        "drawn": ("{uniform: [0, 1]}", "number or distribution, -3 to 3"),
        "maybe": ("null", "null or number or distribution, 1 to 2"),
        "many": ("[2, 3]", "list of whole number, at least 2"),
        "pair": ("[0, 1]", "[whole number, whole number]"),
        "other": ("mono", "mono or whole number, at least 0"),
        "nested": ("{n_mels: 40}", "the parameters of log_mel"),
        "free": ("{}", "mapping"),
        "from": ('"x y"', "text"),
    }
    assert parameters(Everything)[1].about == "A share."


@pytest.mark.parametrize(
    "value", [None, True, 3, -0.25, 1e-10, "true", "null", "a: b", "", "1e3", "log_mel", [1, [2]], {"a": {"b": [None]}}]
)
def test_what_is_written_is_read_again(value: Any) -> None:
    assert YAML(typ="safe").load(f"[{flow(value)}]") == [value]
