"""A server's answers without a socket, and what is in them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from starlette.testclient import TestClient

from explorer.app import make_app
from explorer.world import World

HERE = "http://localhost:8765"


def client(world: World | None = None, **options: Any) -> TestClient:
    """A visitor whose pages come from the server itself."""
    return TestClient(make_app(world or World.of(), **options), base_url=HERE, headers={"origin": HERE})


def unframed(content: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The header of a walk, and its arrays."""
    length = int.from_bytes(content[:4], "little")
    header, base = json.loads(content[4 : 4 + length]), 4 + length
    arrays = []
    for one in header["shown"]:
        raw = content[base + one["offset"] : base + one["offset"] + one["bytes"]]
        arrays.append(np.frombuffer(raw, one["encoding"]).reshape(one["shape"]))
    return header, arrays


def walk(visitor: TestClient, source: Any, *stages: Any, **more: Any) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The header and the arrays of a walk."""
    answer = asked(visitor, source, *stages, **more)
    assert answer.status_code == 200, answer.text
    return unframed(answer.content)


def refused(visitor: TestClient, source: Any, *stages: Any, **more: Any) -> dict[str, Any]:
    """The error of a walk that cannot be."""
    answer = asked(visitor, source, *stages, **more)
    assert 400 <= answer.status_code < 500, answer.text
    found: dict[str, Any] = answer.json()
    return found


def asked(visitor: TestClient, source: Any, *stages: Any, show: Any = None, to: str = "walk", **more: Any) -> Any:
    """What the server answers; the last stage's array is shown where nothing is said."""
    wanted = [[len(stages) - 1, None]] if show is None else show
    return visitor.post(f"/api/{to}", json={"source": source, "stages": list(stages), "show": wanted, **more})
