"""API: what the pages ask: what there is, one stage, and a recording's way through a chain."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from typing import Any
from urllib.parse import quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from explorer import models
from explorer.answers import fits, walked
from explorer.asking import asked, body, number, parsed, raw
from explorer.chapters import CHAPTERS
from explorer.controls import controls
from explorer.errors import ExplorerError
from explorer.kept import digests
from explorer.opening import length_of
from explorer.signals import SIGNALS
from explorer.source_lines import source_lines
from explorer.uploads import MOST_BYTES
from explorer.waves import playable
from explorer.world import World
from features import manual
from features.audio.probe import probe
from features.catalog import stage_class
from features.errors import ChainError
from manifests.errors import ManifestError
from manifests.store import Store


def routes(world: World) -> list[Route]:
    """Everything below `api/`, but what the shard browser adds."""

    def reads(path: str, answer: Callable[[World, Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            return JSONResponse(await run_in_threadpool(answer, world, request))

        return Route(f"/api/{path}", endpoint)

    async def walk(request: Request) -> Response:
        wanted = await asked(request)
        content = await run_in_threadpool(lambda: walked(world, wanted).framed())
        return Response(content, media_type="application/octet-stream")

    async def sound(request: Request) -> Response:
        wanted = await asked(request)
        heard = await run_in_threadpool(lambda: walked(world, wanted).heard())
        content = await run_in_threadpool(playable, heard.audio)
        return Response(
            content, media_type="audio/wav", headers={"X-Wavemill-Approximate": str(int(heard.approximate))}
        )

    async def check(request: Request) -> Response:
        wanted = parsed({"source": {}, "stages": (await body(request)).get("stages")})
        await run_in_threadpool(fits, wanted)
        return JSONResponse({"ok": True})

    async def upload(request: Request) -> Response:
        data = await raw(request, MOST_BYTES)
        name = unquote(request.headers.get("x-name", ""))
        return JSONResponse(await run_in_threadpool(taken, world, name, data))

    async def answer(request: Request) -> Response:
        name, wanted = request.path_params["name"], await body(request)
        found = await run_in_threadpool(models.answer, world, name, wanted)
        if found.wav is None:
            return JSONResponse(found.facts)
        return Response(
            found.wav, media_type="audio/wav", headers={"X-Wavemill-Answer": quote(json.dumps(found.facts))}
        )

    return [
        reads("about", about),
        reads("signals", signals),
        reads("stages", stages),
        reads("stages/{name}", stage),
        reads("corpora/{recipe}", corpus),
        reads("kept", kept),
        Route("/api/walk", walk, methods=["POST"]),
        Route("/api/sound", sound, methods=["POST"]),
        Route("/api/check", check, methods=["POST"]),
        Route("/api/uploads", upload, methods=["POST"]),
        reads("runs/{name}", lambda world, request: models.about(world, request.path_params["name"])),
        Route("/api/runs/{name}/answer", answer, methods=["POST"]),
    ]


def about(world: World, request: Request) -> dict[str, Any]:
    """What there is to open."""
    return {
        "version": version("wavemill"),
        "recipes": [recipe.about() for recipe in world.recipes.values()],
        "stores": [store_about(name, address) for name, address in world.stores.items()],
        "runs": [{"name": name} for name in world.runs],
        "chapters": [asdict(chapter) for chapter in CHAPTERS],
    }


def store_about(name: str, address: str) -> dict[str, Any]:
    """What a page must know of a store; with an `error` where it cannot be opened."""
    try:
        found = Store.open(address).generation
    except ManifestError as error:
        return {"name": name, "error": str(error)}
    return {
        "name": name,
        "title": found.recipe,
        "generation": found.number,
        "examples": sum(entry.examples for entry in found.shards),
        "stages": found.chain,
        "seed": found.seed,
        "keep": {spec.name: spec.encoding for spec in found.arrays},
        "arrays": [spec.to_json() for spec in found.arrays],
    }


def signals(world: World, request: Request) -> dict[str, Any]:
    """The built-in signals with their controls."""
    found = [
        {"name": name, "title": made.title, "about": inspect.cleandoc(made.__doc__ or ""), "controls": controls(made)}
        for name, made in SIGNALS.items()
    ]
    return {"signals": found}


def stages(world: World, request: Request) -> dict[str, Any]:
    """All stages by group, each with what it gives."""
    groups = [
        {
            "name": name,
            "title": manual.GROUPS[name],
            "stages": [{"name": one, "gives": gives} for one, gives in of.items()],
        }
        for name, of in manual.contents().items()
    ]
    return {"groups": groups}


def stage(world: World, request: Request) -> dict[str, Any]:
    """One stage: what it is, its controls, and the lines of its own source."""
    name = request.path_params["name"]
    try:
        made = stage_class(name)
    except ChainError as error:
        raise ExplorerError(str(error), "stage", 404) from error
    page = manual.page(name)
    facts = {
        name: getattr(page, name) for name in ("name", "group", "gives", "why", "source", "example", "reads", "writes")
    }
    return {**facts, "controls": controls(made), "code": source_lines(made)}


def corpus(world: World, request: Request) -> dict[str, Any]:
    """Recordings of a recipe's sources."""
    recipe = world.recipe(request.path_params["recipe"])
    first, count = number(request, "from", 0, 10_000_000), number(request, "count", 100, 1000)
    rows, more = recipe.rows(first, count, request.query_params.get("find", ""))
    found = []
    for row in rows:
        recording = row.recording
        facts = {"speaker": recording.speaker, "text": recording.text, "labels": recording.labels}
        found.append({"key": row.key, "split": row.split, **facts, "seconds": row.seconds or None})
    return {"recordings": found, "more": more}


def kept(world: World, request: Request) -> dict[str, Any]:
    """The digests of a recording's arrays, as its store keeps them."""
    numbers = {name: number(request, name, default, 1 << 40) for name, default in (("copy", 0), ("part", 0))}
    named = {name: request.query_params.get(name) for name in ("store", "key", "generation")}
    return {"digests": digests(world, {**named, **numbers})}


def taken(world: World, name: str, data: bytes) -> dict[str, Any]:
    """A file that was sent, kept, and what it is; ExplorerError where it is no audio."""
    found = probe(data)
    if found.fault:
        raise ExplorerError(f"{name or 'the file'}: {found.fault}", "upload")
    digest = world.uploads.add(name, data)
    facts = {"sample_rate": found.sample_rate, "channels": found.channels, "codec": found.codec or found.container}
    return {"upload": digest, "name": name, "seconds": length_of(data, 3600.0), **facts}
