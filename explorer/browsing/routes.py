"""Routes: what the pages of the shard browser ask of the server: api/stores and api/scores.

Stores are known by their names and rows by their numbers; no request names a path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from explorer.browsing.differences import differences
from explorer.browsing.distribution import distribution
from explorer.browsing.left_out import ledger
from explorer.browsing.manifest import manifest
from explorer.browsing.order import SCORE
from explorer.browsing.rows import described
from explorer.browsing.selection import Query
from explorer.browsing.shelf import Opened, Shelf
from explorer.errors import ExplorerError
from explorer.waves import playable
from explorer.world import World
from manifests.errors import DamagedError, ManifestError

MOST_ROWS = 500
"""Rows of one answer."""
LONGEST = 2000
"""Letters of an expression, or of a text that is looked for."""
MOST_ROW = 1 << 40

Answer = Callable[[Shelf, Request], Response]


def routes(world: World) -> list[Route]:
    """Everything below api/stores and api/scores."""
    shelf = Shelf(world.stores, world.runs)

    def reads(path: str, answer: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(_answered, answer, shelf, request)

        return Route(f"/api/{path}", endpoint)

    store = "stores/{name}"
    return [
        reads("scores", _scores),
        reads(store, _store),
        reads(f"{store}/rows", _rows),
        reads(f"{store}/distribution", _distribution),
        reads(f"{store}/ledger", _ledger),
        reads(f"{store}/differences", _differences),
        reads(f"{store}/example", _example),
        reads(f"{store}/array", _array),
        reads(f"{store}/sound", _sound),
        reads(f"{store}/thumbnail", _thumbnail),
        reads(f"{store}/manifest", _manifest),
    ]


def _answered(answer: Answer, shelf: Shelf, request: Request) -> Response:
    """The answer, where what is wrong with a store is told as what is wrong with a request is."""
    try:
        return answer(shelf, request)
    except DamagedError as error:
        raise ExplorerError(shelf.inside(str(error)), "row", 409) from error
    except ManifestError as error:
        raise ExplorerError(shelf.inside(str(error)), "store", 404) from error
    except OSError as error:
        raise ExplorerError(f"The store cannot be read: {error.strerror}.", "store", 502) from error


def _opened(shelf: Shelf, request: Request) -> Opened:
    return shelf.open(request.path_params["name"], _number(request, "generation", None, 1 << 40))


def _store(shelf: Shelf, request: Request) -> Response:
    name, opened = request.path_params["name"], _opened(shelf, request)
    generations = shelf.generations(name)
    about = {"name": name, "generation": opened.store.generation.number, "generations": generations}
    summary = opened.summary()
    return JSONResponse({**about, "recipe": summary.pop("name"), **summary})


def _rows(shelf: Shelf, request: Request) -> Response:
    opened, query = _opened(shelf, request), _query(request)
    first = _number(request, "from", 0, MOST_ROW) or 0
    count = _number(request, "count", 100, MOST_ROWS) or 0
    found = opened.selections.rows(query)
    scores = {}
    if query.sort.startswith(SCORE):
        scores[query.sort.rpartition(":")[2]] = opened.scores.numbers(opened.columns, query.sort)
    rows = described(opened.columns, found[first : first + count], scores)
    return JSONResponse({"total": len(found), "rows": rows})


def _distribution(shelf: Shelf, request: Request) -> Response:
    opened, query = _opened(shelf, request), _query(request)
    of = request.query_params.get("of", "seconds")
    return JSONResponse(distribution(opened.columns, of, opened.selections.mask(query)))


def _ledger(shelf: Shelf, request: Request) -> Response:
    return JSONResponse(ledger(_opened(shelf, request).columns))


def _differences(shelf: Shelf, request: Request) -> Response:
    name = request.path_params["name"]
    old, new = (shelf.open(name, _number(request, which, None, 1 << 40)).store for which in ("from", "to"))
    return JSONResponse(differences(old, new))


def _example(shelf: Shelf, request: Request) -> Response:
    opened = _opened(shelf, request)
    looked = opened.look(_row(request))
    row = looked.row
    said = opened.scores.said(row["key"], row["copy"], row["part"]) if row["copy"] is not None else []
    return JSONResponse({**looked.told(), "said": said})


def _array(shelf: Shelf, request: Request) -> Response:
    content = _opened(shelf, request).look(_row(request)).framed(request.query_params.get("name", ""))
    return Response(content, media_type="application/octet-stream")


def _sound(shelf: Shelf, request: Request) -> Response:
    audio, guessed = _opened(shelf, request).look(_row(request)).heard(request.query_params.get("name", ""))
    headers = {"X-Wavemill-Approximate": str(int(guessed))}
    return Response(playable(audio), media_type="audio/wav", headers=headers)


def _thumbnail(shelf: Shelf, request: Request) -> Response:
    return Response(_opened(shelf, request).look(_row(request)).thumbnail(), media_type="image/png")


def _manifest(shelf: Shelf, request: Request) -> Response:
    opened, query = _opened(shelf, request), _query(request)
    lines = manifest(opened.columns, opened.selections.rows(query))
    first = next(lines, "")  # what cannot be written is told before the answer begins
    name = f"{request.path_params['name']}-selection.jsonl"
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return StreamingResponse(_blocks(chain([first], lines)), media_type="text/plain; charset=utf-8", headers=headers)


def _scores(shelf: Shelf, request: Request) -> Response:
    opened = shelf.open(request.query_params.get("store", ""))
    return JSONResponse({"scores": opened.scores.there()})


def _query(request: Request) -> Query:
    found = {name: request.query_params.get(name, "").strip() for name in ("split", "where", "find", "sort")}
    for name, text in found.items():
        if len(text) > LONGEST:
            raise ExplorerError(f"{name} has at most {LONGEST} letters.", name)
    return Query(**found, descending=request.query_params.get("descending", "") in ("1", "true"))


def _row(request: Request) -> int:
    row = _number(request, "row", None, MOST_ROW)
    if row is None:
        raise ExplorerError("Name a row by its number.", "row")
    return row


def _number(request: Request, name: str, default: int | None, most: int) -> int | None:
    """A whole number of the query, from 0 to `most`."""
    text = request.query_params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= most):
        raise ExplorerError(f"{name} is a whole number from 0 to {most}.", name)
    return int(text)


def _blocks(lines: Iterator[str], size: int = 1 << 16) -> Iterator[str]:
    """The lines in blocks, since each block is a message of its own."""
    block: list[str] = []
    length = 0
    for line in lines:
        block.append(line)
        length += len(line)
        if length >= size:
            yield "".join(block)
            block, length = [], 0
    yield "".join(block)
