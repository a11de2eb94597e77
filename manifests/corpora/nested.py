"""Nested: a corpus among the parameters of another one, written as recipes write corpora.

    {reader: fsdd, split: {by: speaker, test: [theo], valid: 0.1}}

The reader's parameters stand beside its name, but for `root`, which the outer corpus has; `split` is what the outer one
divides its recordings by.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    TypeAdapter,
    ValidationInfo,
    WithJsonSchema,
    create_model,
)

from manifests.corpora import CORPORA, reader_class, require_reader
from manifests.corpora.reader import Reader
from manifests.splits import Split


@dataclass(frozen=True)
class Inner:
    """A corpus inside another one; without a `split`, the recordings' own holds."""

    reader: Reader
    split: Split | None = None


@dataclass(frozen=True)
class _Chosen:
    """Tells whoever explains mistakes which parameters there are: see pipelines.wording."""

    @staticmethod
    def choose(value: Any) -> Any:
        name = value.get("reader") if isinstance(value, Mapping) else None
        if name not in CORPORA:
            known: Any = Annotated[str, AfterValidator(require_reader)]
            return create_model("Corpus", __config__=ConfigDict(extra="allow"), reader=(known, ...))
        base = reader_class(str(name))
        return create_model("Corpus", __base__=base, root=(str, ""), reader=(str, ...), split=(Split | None, None))


def _read(value: Any, info: ValidationInfo) -> Inner:
    if isinstance(value, Inner):
        return value
    if isinstance(value, Mapping) and "root" in value:
        raise ValueError("write root once, beside `of`")
    adapter = TypeAdapter(_Chosen.choose(value))
    if info.mode == "json":
        found = adapter.validate_json(json.dumps(value), strict=True)
    else:
        found = adapter.validate_python(value)
    reader = reader_class(found.reader)
    parameters = {name: getattr(found, name) for name in reader.model_fields}
    return Inner(reader(**{**parameters, "root": info.data.get("root", "")}), found.split)


def _dump(inner: Inner) -> dict[str, Any]:
    split = inner.split and inner.split.model_dump(mode="json", by_alias=True, exclude_none=True)
    parameters = inner.reader.model_dump(mode="json", by_alias=True, exclude={"root"})
    return {"reader": inner.reader.name, **parameters, **({"split": split} if split else {})}


_SCHEMA = {"type": "object", "properties": {"reader": {"enum": list(CORPORA)}}, "required": ["reader"]}

Nested = Annotated[Inner, _Chosen(), PlainValidator(_read), PlainSerializer(_dump), WithJsonSchema(_SCHEMA)]
"""The type of such a parameter; its model has the field `root` above it."""
