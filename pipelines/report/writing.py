"""Writing: report.html in a store. It is a view: what it says can be found again from what the store holds."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from itertools import islice
from typing import Any

from manifests import generation
from manifests.errors import FullError
from manifests.storage import LocalStorage, Storage
from manifests.store import Store
from pipelines.report.page import render
from pipelines.report.speed import BUILDS
from pipelines.report.store_page import store_page
from pipelines.runs import read_notes

NAME = "report.html"
_HEAD = 2000
"""Bytes of a report within which it says what it is of."""
_log = logging.getLogger(__name__)


def report(store: Store, about: str, note: Mapping[str, Any] | None = None, sound: bool = True) -> str:
    """The report of a generation, or a candidate, of that name, as HTML.

    `note` is that of the build under way, which the store holds as it began. Without `sound` no shard is opened.
    """
    return render(store_page(store, about, _notes(store, note), sound))


def _notes(store: Store, note: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """Those of the last builds, and at the end that of the build that made the generation, if it is an older one."""
    notes: list[Mapping[str, Any]] = list(islice(read_notes(store.storage), BUILDS))
    if note is not None:
        notes = [note, *(one for one in notes if one["name"] != note["name"])]
    run = store.generation.run
    if run and all(one["name"] != run for one in notes) and store.storage.exists(run):
        notes = [*notes[:BUILDS], json.loads(store.storage.read(run))]
    return notes


def write_report(storage: Storage, about: str, note: Mapping[str, Any] | None = None) -> None:
    """Writes report.html about a generation, or a candidate, in place of the one that is there.

    Where the store lies elsewhere, no shard is fetched for it. A build does not fail for want of its report, so what
    goes wrong is logged; but a full disk is a FullError, as it is for every other file.
    """
    try:
        store = Store(storage, generation.read(storage, about))
        html = report(store, about, note, sound=isinstance(storage, LocalStorage))
        storage.replace(NAME, html.encode())
    except FullError:
        raise
    except Exception as error:  # a fault of the page must not fail the build that it tells of
        _log.warning("%s: %s cannot be written: %s: %s", storage.root, NAME, type(error).__name__, error)


def is_about(storage: Storage, about: str) -> bool:
    """Whether the report that is there is of this generation."""
    if not storage.exists(NAME):
        return False
    return f'<meta name="wavemill-report" content="{about}">'.encode() in storage.read(NAME)[:_HEAD]
