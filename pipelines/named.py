"""Fields that are one of several models, told apart by a name in the value itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationInfo, create_model
from pydantic_core import core_schema

from pipelines.wording import Chosen


def parse_as(kind: Any, value: Any, info: ValidationInfo) -> Any:
    """The value as `kind`, as strictly as the model around it is read."""
    adapter = TypeAdapter(kind)
    if info.mode == "json":
        return adapter.validate_json(json.dumps(value), strict=True)
    return adapter.validate_python(value)


@dataclass(frozen=True)
class Named(Chosen):
    """Metadata of a field of type `base` whose value has a `name` that says which kind of `base` it is.

    For use as `Annotated[Base, Named.among(Base, names, find)]`.
    """

    base: type[BaseModel]

    @classmethod
    def among(cls, base: type[BaseModel], names: Collection[str], find: Callable[[str], type[BaseModel]]) -> Named:
        """One of the models that `find` answers for these names. `find` is asked for a name when a value has it."""

        def choose(value: Any) -> Any:
            name = value.get("name") if isinstance(value, Mapping) else None
            if isinstance(name, str) and name in names:
                return find(name)
            known: Any = Literal[tuple(names)]
            return create_model(base.__name__, __config__=ConfigDict(extra="allow"), name=(known, ...))

        return cls(choose, base)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        def read(value: Any, info: ValidationInfo) -> Any:
            return value if isinstance(value, self.base) else parse_as(self.choose(value), value, info)

        dump = core_schema.plain_serializer_function_ser_schema(lambda m: m.model_dump(mode="json", by_alias=True))
        return core_schema.with_info_plain_validator_function(read, serialization=dump)
