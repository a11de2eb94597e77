"""Fields that are one of several models, told apart by a name in the value itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, TypeAdapter, ValidationInfo, create_model

from pipelines.wording import Chosen


def parse_as(kind: Any, value: Any, info: ValidationInfo) -> Any:
    """The value as `kind`, as strictly as the model around it is read."""
    adapter = TypeAdapter(kind)
    if info.mode == "json":
        return adapter.validate_json(json.dumps(value), strict=True)
    return adapter.validate_python(value)


def named(base: type[BaseModel], names: Collection[str], find: Callable[[str], type[BaseModel]]) -> Any:
    """The annotation of a field whose value has a `name`, by which `find` answers its model, a kind of `base`."""

    def choose(value: Any) -> Any:
        name = value.get("name") if isinstance(value, Mapping) else None
        if name in names:
            return find(name)
        known: Any = Literal[tuple(names)]
        return create_model(base.__name__, __config__=ConfigDict(extra="allow"), name=(known, ...))

    def read(value: Any, info: ValidationInfo) -> Any:
        return value if isinstance(value, base) else parse_as(choose(value), value, info)

    dump = PlainSerializer(lambda model: model.model_dump(mode="json", by_alias=True))
    return Annotated[base, Chosen(choose), BeforeValidator(read), dump]
