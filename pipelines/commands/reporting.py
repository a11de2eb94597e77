"""report: the page about a store, written again."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.options import answer, holding, json_option, say, store_argument


@click.command()
@store_argument
@click.option("--out", type=click.Path(dir_okay=False), help="Write the page here, and not into the store.")
@json_option
def report(store: str, out: str | None, as_json: bool) -> None:
    """Write report.html of STORE, or of an older generation: STORE@7.

    The page asks for nothing from outside. Builds write it too; where the store lies on s3:// they leave out levels and
    clips, which this command fetches shards for.
    """
    from manifests import generation
    from manifests.store import Store
    from pipelines.report import writing

    opened = Store.open(store)
    about = generation.name_of(opened.generation.number)
    if out is None:
        with holding(str(opened.storage.root)) as storage:
            html = writing.report(opened, about)
            storage.replace(writing.NAME, html.encode())
    else:
        html = writing.report(opened, about)
        Path(out).write_text(html, "utf-8")
    where = out or f"{opened.storage.root}/{writing.NAME}"
    if as_json:
        answer({"report": where, "generation": opened.generation.number, "bytes": len(html.encode())})
    say(f"{where}: generation {opened.generation.number}, {len(html.encode()):,} bytes")
