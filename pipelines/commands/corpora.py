"""corpora: which corpora can be read, what they are for, and all about one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.options import answer, json_option

if TYPE_CHECKING:
    from manifests.corpora.about import About
    from manifests.corpora.contents import Entry

WIDTH = 100


@click.command()
@click.argument("name", required=False)
@click.option(
    "--task", metavar="TASK", help="Only corpora that are for this: asr, tts, keywords, emotions, denoising.."
)
@click.option(
    "--licence", metavar="NAME", help="Only corpora under this licence, all versions of it without one: cc-by."
)
@json_option
def corpora(name: str | None, task: str | None, licence: str | None, as_json: bool) -> None:
    """List the corpora that can be read; with NAME, say all about one: story, licence, parameters, how to fetch it.

    Hours and licence are those that publishers state; where each clip has its own licence, the one that most have.
    """
    from manifests.corpora.contents import GROUPS, contents, entry

    if name is not None and (task or licence):
        raise click.UsageError("--task and --licence choose from the list; leave NAME out, or them")
    if name is not None:
        one = entry(name)
        answer(_described(one)) if as_json else click.echo("\n".join(_page(one)))
        return
    found = contents(task, licence)
    if as_json:
        answer({group: {one.name: _facts(one) for one in entries} for group, entries in found.items()})
        return
    for group, entries in found.items():
        click.echo(f"{GROUPS[group]}\n")
        click.echo("".join(f"{_line(one)}\n" for one in entries))
    if found:
        click.echo("`wavemill corpora NAME` says more about one.")
    else:
        click.echo("No corpus is for that under this licence.")


def _line(one: Entry) -> str:
    """A reader in a line: name, hours, licence, what it is for."""
    if one.about is None:
        return f"  {one.name:<16}  {textwrap.shorten(one.first, WIDTH - 20, placeholder=' ..')}"
    hours = "" if one.about.hours is None else f"{one.about.hours:,} h"
    return f"  {one.name:<16}{hours:>9}  {one.about.licence:<16}  {', '.join(one.about.tasks)}"


def _page(one: Entry) -> Iterator[str]:
    """All about one reader, for a terminal."""
    from features.parameters import parameters
    from manifests.corpora import reader_class

    yield one.story
    if one.gives:
        yield from ("", one.gives)
    if one.about is not None:
        yield ""
        yield from _said(one.about)
    yield from ("", "Parameters", "")
    for found in parameters(reader_class(one.name)):
        default = "required" if found.default is None else f"default {found.default}"
        yield textwrap.fill(
            f"{found.name} ({default}; {found.values})", WIDTH, initial_indent="  ", subsequent_indent="      "
        )
        yield textwrap.fill(found.about, WIDTH, initial_indent="      ", subsequent_indent="      ")
    yield "  and, as every corpus of a recipe has: split, licence, attribution, url"
    yield from ("", *_fetching(one))


def _said(about: About) -> Iterator[str]:
    """What its publishers say, a line for each."""
    from manifests.licences import LICENCES

    licence = LICENCES[about.licence]
    facts = {
        "title": about.title,
        "for": ", ".join(about.tasks),
        "hours": "" if about.hours is None else f"{about.hours:,}",
        "size": about.size or "",
        "licence": f"{about.licence} ({licence.title}{', ' * bool(licence.url)}{licence.url})",
        "name it": about.attribution,
        "page": about.url,
    }
    for name, words in facts.items():
        if words:
            yield textwrap.fill(
                words, WIDTH, initial_indent=f"{name:<9}", subsequent_indent=" " * 9, break_on_hyphens=False
            )


def _fetching(one: Entry) -> Iterator[str]:
    """How to come by the corpus."""
    from manifests.fetching.sources import ON_REQUEST, SOURCES
    from pipelines.units import format_bytes

    if one.name in SOURCES:
        yield f"`wavemill fetch {one.name}` downloads it:"
        for part in SOURCES[one.name].parts:
            yield f"  {part.name}" + ("" if part.size is None else f" ({format_bytes(part.size)})")
    elif one.name in ON_REQUEST:
        asked = ON_REQUEST[one.name]
        yield textwrap.fill(f"Its publishers want to be asked, at {asked.home}: {asked.how}", WIDTH)
    elif one.about is not None:
        yield f"It is not fetched by wavemill; its page says how to come by it: {one.about.url}"
    else:
        yield "A layout: point `root` at whatever is laid out like this."


def _facts(one: Entry) -> dict[str, Any]:
    return {"first": one.first, **(one.about._asdict() if one.about else {})}


def _described(one: Entry) -> dict[str, Any]:
    from features.parameters import parameters
    from manifests.corpora import reader_class
    from manifests.fetching.sources import ON_REQUEST, SOURCES

    asked = ON_REQUEST.get(one.name)
    fetched = {part.name: part.size for part in SOURCES[one.name].parts} if one.name in SOURCES else None
    return {
        "name": one.name,
        "group": one.group,
        "story": one.story,
        "gives": one.gives,
        "about": one.about._asdict() if one.about else None,
        "parameters": [asdict(found) for found in parameters(reader_class(one.name))],
        "fetch": fetched,
        "on_request": asked._asdict() if asked else None,
    }
