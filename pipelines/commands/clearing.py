"""gc and forget: what leaves a store."""

from __future__ import annotations

import click

from pipelines.commands.options import answer, holding, json_option, quantity, say, store_argument
from pipelines.units import parse_duration

dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
runs_option = click.option(
    "--runs", type=click.Path(exists=True, file_okay=False), help="A folder with training runs somewhere below it."
)


@click.command()
@store_argument
@click.option("--keep", type=click.IntRange(1), help="Generations that stay, the newest; else as in the recipe, or 5.")
@click.option("--keep-days", type=click.FloatRange(0), help="Younger ones stay too; else as in the recipe, or 30.")
@click.option(
    "--older-than",
    callback=quantity(parse_duration),
    metavar="DURATION",
    default="1d",
    show_default=True,
    help="Files that nothing names stay while they are younger: 1d, 12h, 0s.",
)
@runs_option
@dry_run_option
@json_option
def gc(
    store: str,
    keep: int | None,
    keep_days: float | None,
    older_than: float,
    runs: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Remove old generations of STORE, and the files that nothing names any more.

    The current generation stays, and so do those that have a tag, and those that runs below --runs learnt from.
    """
    from pipelines.gc import collect, retention, runs_of

    with holding(store) as storage:
        pinned = {int(facts["generation"]) for _, facts in runs_of(storage, runs)}
        newest, days = retention(storage)
        made = collect(storage, keep or newest, days if keep_days is None else keep_days, older_than, pinned, dry_run)
    if as_json:
        answer({"generations": made.generations, "files": made.files, "bytes": made.bytes, "dry_run": dry_run})
        return
    for name in made.files if dry_run else ():
        click.echo(name)
    gone = "would go" if dry_run else "are gone"
    say(f"{store}: {len(made.generations)} generations and {len(made.files)} files ({made.bytes:,} bytes) {gone}")


@click.command()
@store_argument
@click.option("--where", metavar="EXPR", help="The recordings to erase: \"speaker == 'theo'\".")
@runs_option
@dry_run_option
@json_option
def forget(store: str, where: str | None, runs: str | None, dry_run: bool, as_json: bool) -> None:
    """Erase recordings from every generation, index and report of STORE, for good, and keep them out.

    Other rows are copied, nothing is decoded. The keys are remembered as salted hashes, so that the next build
    leaves the recordings out even if the sources still have them. Training runs below --runs that heard them are
    listed: their weights stay as they are. Without --where, an erasure that was interrupted is completed.
    """
    from pipelines import forget as forgetting

    with holding(store) as storage:
        found = forgetting.find(storage, where, runs) if where else forgetting.Erased()
        for folder, words in found.runs.items():
            say(f"{folder}: {words}")
        if not dry_run:
            found = forgetting.forget(storage, found) if where else forgetting.finish(storage)
    if as_json:
        numbers = {"recordings": len(found.keys), "shards": found.shards, "examples_mixed": found.examples}
        files = len(found.removed.files)
        answer({**numbers, "generations": found.generations, "files_removed": files, "runs": found.runs})
        return
    if dry_run:
        for key in sorted(found.keys):
            click.echo(key)
    say(
        f"{store}: {len(found.keys)} recordings {'would be ' if dry_run else ''}forgotten; {found.shards} shards "
        f"written again, {len(found.removed.files)} files removed"
    )
    if found.examples:
        say(f"  {found.examples} examples that they were mixed into went too; the next build makes them anew")
