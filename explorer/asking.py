"""Asking: what a request says, checked, before anything is done for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from explorer.errors import ExplorerError
from explorer.opening import open_source
from explorer.walking import Way
from explorer.world import World
from manifests.spec import Encoding

MOST_BYTES = 1 << 20
"""Of a request in JSON."""
DECODE = {"decode": {"channels": "mono"}}


class Asked(BaseModel):
    """A walk that a page asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: dict[str, Any]
    stages: list[dict[str, dict[str, Any] | None]] = Field(default=[], max_length=100)
    seed: int = Field(0, ge=0, lt=1 << 63)
    copy_: int = Field(0, ge=0, le=1000, alias="copy")
    split: str = Field("train", max_length=20)
    keep: dict[str, Encoding] = {}
    show: list[tuple[int, str | None]] = Field(default=[], max_length=16)

    def way(self, world: World) -> Way:
        """What is opened, and the stages that it walks through."""
        return Way(open_source(world, self.source), self.chain, self.seed, self.copy_, self.split)

    @property
    def chain(self) -> list[dict[str, Any]]:
        """The stages, with `decode` before them where it is not there."""
        stages = [{name: parameters or {} for name, parameters in stage.items()} for stage in self.stages]
        return [DECODE, *stages] if self.offset else stages

    @property
    def offset(self) -> int:
        """How many stages were put in front of those that the page knows."""
        return 0 if self.stages and "decode" in self.stages[0] else 1


async def asked(request: Request) -> Asked:
    """The walk in the body of a request; ExplorerError, with the field, where it is none."""
    return parsed(await body(request))


def parsed(data: Mapping[str, Any]) -> Asked:
    try:
        return Asked.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise ExplorerError(first["msg"], ".".join(map(str, first["loc"]))) from error


async def body(request: Request, most: int = MOST_BYTES) -> dict[str, Any]:
    """The JSON object in the body of a request."""
    try:
        found = json.loads(await raw(request, most))
    except (ValueError, RecursionError) as error:
        raise ExplorerError("the request is no JSON", None, 400) from error
    if not isinstance(found, dict):
        raise ExplorerError("the request is no JSON object", None, 400)
    return found


async def raw(request: Request, most: int) -> bytes:
    """The body of a request; ExplorerError as soon as it is longer than it may be."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > most:
            raise ExplorerError(f"a request may have {most >> 20} MiB", None, 413)
        parts.append(part)
    return b"".join(parts)


def number(request: Request, name: str, default: int, most: int) -> int:
    """A whole number of the query, from 0 to `most`."""
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or int(text) > most:
        raise ExplorerError(f"{name} is a whole number from 0 to {most}", name)
    return int(text)
