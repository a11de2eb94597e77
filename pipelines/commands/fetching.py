"""fetch: a published corpus comes to this machine, when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.options import answer, json_option, say

if TYPE_CHECKING:
    from manifests.fetching.fetch import Order
    from manifests.fetching.place import Place
    from manifests.fetching.source import Source
    from manifests.fetching.watch import Watch


@click.command()
@click.argument("corpus", required=False)
@click.option("--to", type=click.Path(file_okay=False), help="The corpus's folder; by default ./CORPUS.")
@click.option("--part", "parts", multiple=True, metavar="NAME", help="Only this part, as dev-clean; may be repeated.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def fetch(corpus: str | None, to: str | None, parts: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Download CORPUS, check it and unpack it; without CORPUS, list what can be fetched.

    Licence, size and free room are told first, and nothing is fetched before the answer. What was stopped goes on where
    it was when the same command is given again; what is there already is left alone. A reader of the same name reads
    the folder.
    """
    from manifests.fetching.fetch import order
    from manifests.fetching.place import Place

    if corpus is None:
        _list(as_json)
        return
    source = _source(corpus)
    place = Place(to or corpus)
    wanted = order(source, parts, place)
    if wanted.missing:
        _introduce(source, wanted, place)
        _consent(yes)
        with _told(), place.alone(), _progress() as watch:
            _fetch(source, wanted, place, watch)
    else:
        names = ", ".join(part.name for part in wanted.wanted)
        say(f"{place.target}: {names} of {corpus} is there already; nothing to do")
    if as_json:
        notes = place.notes()["parts"]
        fetched = [part.name for part in wanted.missing]
        found = {part.name: notes[part.name] for part in wanted.wanted}
        answer({"folder": str(place.target), "fetched": fetched, "parts": found})


def _source(corpus: str) -> Source:
    """Where the corpus lies; exits, and says how to get it, where one has to ask for it."""
    from manifests.errors import FetchError
    from manifests.fetching.sources import ON_REQUEST, SOURCES
    from pipelines.wording import suggest

    if corpus in ON_REQUEST:
        asked = ON_REQUEST[corpus]
        raise FetchError(f"{corpus} cannot be fetched; its publishers want to be asked. At {asked.home}: {asked.how}")
    if corpus not in SOURCES:
        raise FetchError(f"no source is known for {corpus!r}{suggest(corpus, [*SOURCES, *ON_REQUEST])}")
    return SOURCES[corpus]


def _introduce(source: Source, wanted: Order, place: Place) -> None:
    """What it is, under which licence, how large, and whether there is room."""
    from manifests.errors import FullError
    from pipelines.units import format_bytes

    for line in _about(source):
        say(line)
    for part in wanted.missing:
        say(f"  {part.name}: {'size not published' if part.size is None else format_bytes(part.size)}")
    to_come = "an unknown number of bytes" if wanted.download is None else format_bytes(wanted.download)
    say(f"to download: {to_come}; then unpacked to {place.target}, where {format_bytes(wanted.free)} are free")
    if wanted.download is not None and wanted.download > wanted.free:
        raise FullError(f"{place.target}: too little room even for the download; free some, or choose a disk with --to")
    if wanted.room > wanted.free:
        say(f"that may be too little: about {format_bytes(wanted.room)} for the download and what is in it")


def _about(source: Source) -> Iterator[str]:
    """A few lines about the corpus, by what its reader says of it."""
    from manifests.corpora import CORPORA, reader_class
    from manifests.licences import LICENCES

    known = reader_class(source.corpus).about if source.corpus in CORPORA else None
    about = known or source.about
    if about is None:
        yield f"{source.corpus}: {source.home}"
        yield "licence: as that page says; read it before you use the corpus"
    else:
        licence = LICENCES[about.licence]
        asks = {
            "to be named": licence.attribution,
            "that what you make of it is shared alike": licence.share_alike,
            "no commercial use": licence.non_commercial,
            "no derivatives": licence.no_derivatives,
        }
        wishes = " and ".join(words for words, asked in asks.items() if asked)
        yield f"{about.title}: {about.what} ({about.url})"
        where = licence.url or f"(see {source.home})"
        yield f"licence: {licence.title} {where}" + (f"; its publishers ask {wishes}" if wishes else "")
        yield f"attribution: {about.attribution}"
    if source.note:
        yield f"note: {source.note}"


def _consent(yes: bool) -> None:
    """Asks on a terminal; elsewhere --yes must have been said."""
    from manifests.errors import FetchError

    if yes:
        return
    if not _is_terminal():
        raise FetchError("nothing is fetched without being asked; say --yes")
    if not click.confirm("Fetch it?", err=True):
        say("nothing was fetched")
        sys.exit(1)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _fetch(source: Source, wanted: Order, place: Place, watch: Watch) -> None:
    from manifests.corpora import CORPORA
    from manifests.fetching.fetch import fetch_part

    for part in wanted.missing:
        if part.name in place.parts():  # another process has fetched it since
            continue
        note = fetch_part(source, part, place, watch)
        watch.say(f"{place.target}: {part.name} is there, {note['files']:,} files")
    if source.corpus in CORPORA:
        root = place.target / source.root
        watch.say(f"in a recipe: corpora: {{{source.corpus}: {{reader: {source.corpus}, root: {root}}}}}")


@contextmanager
def _told() -> Iterator[None]:
    """An interruption says how to go on; what the system refuses is an error for people."""
    from manifests.errors import FetchError
    from pipelines.interrupts import Interrupted, interruptible

    try:
        with interruptible():
            yield
    except Interrupted:
        say("stopped; the same command goes on where it was")
        raise
    except OSError as error:
        raise FetchError(f"{error.filename or 'the system'}: {error.strerror or error}") from error


@contextmanager
def _progress() -> Iterator[Watch]:
    """A bar on standard error where that is a terminal, and the lines that there are to say."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        yield _Bar(bar)


class _Bar:
    """The bar of what is being done now."""

    def __init__(self, progress: Any) -> None:
        self._progress, self._doing, self._task = progress, "", None

    def say(self, text: str) -> None:
        if self._progress.disable:
            say(text)
        else:
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def advance(self, doing: str, done: int, total: int | None) -> None:
        if doing != self._doing:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._doing, self._task = doing, self._progress.add_task(doing, total=total, completed=done)
        self._progress.update(self._task, completed=done, total=total)


def _list(as_json: bool) -> None:
    """The corpora that can be fetched, with their parts, and those that one has to ask for."""
    from manifests.fetching.sources import ON_REQUEST, SOURCES
    from pipelines.units import format_bytes

    if as_json:
        found = {
            name: {"home": source.home, "parts": {part.name: part.size for part in source.parts}}
            for name, source in SOURCES.items()
        }
        asked = {name: {"home": one.home, "how": one.how} for name, one in ON_REQUEST.items()}
        answer({"corpora": found, "on_request": asked})
        return
    for name, source in SOURCES.items():
        sizes = {part.name: "" if part.size is None else f" ({format_bytes(part.size)})" for part in source.parts}
        click.echo(f"{name:<16} {', '.join(part + size for part, size in sizes.items())}")
    click.echo("\nTo be asked for at their publishers; `wavemill fetch NAME` says how:")
    click.echo(f"{'':<16} {', '.join(ON_REQUEST)}")
