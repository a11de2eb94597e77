"""Build: scan, plan, run, commit. The driver sees rows and results, never audio."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from manifests import failpoints, generation
from manifests.errors import FullError
from manifests.generation import Generation, ShardEntry
from manifests.provenance import counted
from manifests.storage import Storage, open_storage
from manifests.store import Store
from pipelines import executor
from pipelines.cluster import read_cluster
from pipelines.commit import commit, next_generation, write_views
from pipelines.credits import credits_of, same_credits
from pipelines.early import ahead
from pipelines.errors import BuildError, GateError
from pipelines.fitting import fitted
from pipelines.forget import finish as finish_forgetting
from pipelines.forgotten import read_forgotten
from pipelines.gates.before import check_plan
from pipelines.gates.checking import check, same_gates
from pipelines.job import make_job
from pipelines.labels import LabelTypes
from pipelines.lock import locked
from pipelines.plan import Plan, Wishes
from pipelines.planner import Planner
from pipelines.report.writing import is_about, write_report
from pipelines.runs import Run
from pipelines.scan import scan
from pipelines.spill import Spill, place_of
from pipelines.statistics import statistics, to_take
from pipelines.task import Job, Result, Row

if TYPE_CHECKING:
    from pipelines.recipe import Recipe

NONE = Wishes()
COUNTED = ("recordings", "produced", "filtered", "rejected", "examples")
DECISIVE = ("shards", "identity", "statistics")
"""What makes a generation another one, besides what is said of its corpora."""

Watch = Callable[[Plan], Callable[[Result], None]]
"""Called with the plan; what it answers is called with each result: a progress bar, or nothing."""

Phase = Callable[[str], AbstractContextManager[None]]
"""A context around each phase, by its name; see Run.phase."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build did. Counts of recordings are of the whole store; `decoded` was counted by the builders.

    `run` names the note in the store that says more.
    """

    store: str
    generation: int
    recordings: int
    produced: int
    filtered: int
    rejected: int
    examples: int
    audio_seconds: float
    decoded: int
    copied: int
    shards_built: int
    shards_kept: int
    shards_dropped: int
    wall_seconds: float
    run: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def untimed(phase: str) -> AbstractContextManager[None]:
    return nullcontext()


@contextmanager
def planning(
    recipe: Recipe, wishes: Wishes = NONE, phase: Phase = untimed, storage: Storage | None = None
) -> Iterator[Plan]:
    """The plan of a recipe over its store as it is now; its rows wait in a folder that goes with the context."""
    limit, storage = wishes.limit, storage or open_storage(recipe.store.path)
    previous = generation.current(storage)
    if limit is not None and previous and previous.count("recordings") > limit:
        raise BuildError(f"{recipe.store.path} holds more than {limit} recordings; try --limit with another --out")
    with TemporaryDirectory(prefix="wavemill-plan-") as place, ExitStack() as stack:
        stack.enter_context(_no_cycles())
        labels, rows = LabelTypes(recipe.arrays()), Spill(Path(place), "rows")
        forgotten = read_forgotten(storage)
        with phase("scan"):
            listed = scan(recipe, labels)
            rows.extend((place_of(row.key, recipe.seed), *row) for row in listed if row.key not in forgotten)
        if limit is not None:
            everything, rows = rows, Spill(Path(place), "limited")
            rows.extend(islice(chain.from_iterable(everything.parts()), limit))
        with phase("plan"):
            learned = fitted(recipe.chain(), partial(_all, rows), previous, wishes.refit)
            known = None if wishes.checksum else previous
            job = make_job(recipe, recipe.store.path, labels.types(), known, learned)
            if previous and not wishes.rebuild:
                job = _drifted(job, previous, wishes.accept_drift)
            made = Planner(job, storage, rows, previous, Path(place), wishes).plan(int(recipe.store.shard_bytes))
            made.statistics = to_take(recipe, job, previous, wishes.refit)
            made.credits = bool(previous and not same_credits(credits_of(recipe, job.mixed), previous.corpora))
        stack.close()
        yield made


def build(
    recipe: Recipe,
    cluster: str | None = None,
    workers: int | None = None,
    wishes: Wishes = NONE,
    watch: Watch = lambda plan: lambda result: None,
    dashboard: bool = False,
) -> Summary:
    """Brings the store of a recipe up to date, and says what it took.

    `cluster` is what pipelines.cluster.read_cluster reads, `workers` and `dashboard` are those of pipelines.executor.

    BuildError, LockedError, GateError and the errors of corpora and recipes; whatever is raised, the store
    is as it was, and finished shards are found again by the next build.
    """
    began = time.monotonic()
    failpoints.wanted()  # a wrong one is told before anything is touched
    where = read_cluster(cluster) if cluster else None
    storage = open_storage(recipe.store.path)
    with Run(storage, recipe) as run, locked(recipe.store.path):
        finish_forgetting(storage)
        previous = generation.current(storage)
        run.begin(previous.number if previous else None)
        with planning(recipe, wishes, run.phase, storage) as made:
            run.planned(made)
            check_plan(made, recipe.gates.max_dropped, wishes.max_rebuild)
            heard = watch(made)
            results = []
            work = executor.run(made.job, made.build, where, workers, dashboard)
            with run.phase("build"), closing(work):
                if made.build:
                    ahead("pandas", "pyarrow.parquet", "jinja2")  # Arrow imports pandas where it is installed
                for result in work:
                    results.append(result)
                    run.built(result)
                    heard(result)
            shards = [*made.kept, *made.found, *(result.entry for result in results)]
            _check_counts(made, shards)
            current = _commit(storage, recipe, made, shards, previous, run)
        summary = Summary(
            store=str(recipe.store.path),
            generation=current.number,
            **{name: sum(getattr(entry, name) for entry in shards) for name in COUNTED},
            audio_seconds=round(sum(entry.seconds for entry in shards), 3),
            decoded=run.note.decoded,
            copied=run.note.copied,
            shards_built=len(results),
            shards_kept=len(made.kept) + len(made.found),
            shards_dropped=made.dropped_shards,
            wall_seconds=round(time.monotonic() - began, 3),
            run=run.name,
        )
        run.committed(summary)
    return summary


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Rows refer to no rows: looking for cycles among them would take a tenth of a plan's time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _all(rows: Spill) -> Iterator[Row]:
    return (Row._make(item[1:]) for part in rows.parts() for item in part)


def _commit(
    storage: Storage, recipe: Recipe, made: Plan, shards: list[ShardEntry], previous: Generation | None, run: Run
) -> Generation:
    """The generation of these shards, with its report; what a gate refuses has one as well."""
    try:
        with run.phase("commit"):
            current = _bring_up_to_date(storage, recipe, made, shards, previous, run.name)
    except GateError as refused:
        if refused.candidate is not None:
            with run.phase("report"), suppress(FullError):
                write_report(storage, refused.candidate, run.as_it_stands())
        raise
    name = generation.name_of(current.number)
    with run.phase("report"):
        if current is not previous or not is_about(storage, name):
            write_report(storage, name, run.as_it_stands())
    return current


def _bring_up_to_date(
    storage: Storage, recipe: Recipe, made: Plan, shards: list[ShardEntry], previous: Generation | None, run: str
) -> Generation:
    """The generation of these shards: a new one, or the previous one where nothing about it has changed."""
    proposed = replace(next_generation(recipe, made.job, shards, previous), run=run)
    taken = statistics(Store(storage, proposed), recipe.store.statistics, made.statistics, previous)
    proposed = replace(proposed, statistics=taken)
    same = previous and all(getattr(proposed, name) == getattr(previous, name) for name in DECISIVE)
    if previous and same and same_credits(proposed.corpora, previous.corpora):
        proposed = replace(proposed, corpora=previous.corpora)
    else:
        same, proposed = False, replace(proposed, corpora=counted(proposed.corpora, Store(storage, proposed)))
    if not (previous and same and same_gates(recipe.text, previous.recipe_text)):  # it was accepted as it is
        check(recipe.gates.of_generation(), storage, proposed)
    if previous and same:
        write_views(storage, previous)
        return previous
    return commit(storage, proposed)


def _drifted(job: Job, previous: Generation, accepted: bool) -> Job:
    """The job, over the bits that the store was built with where a drift from them was accepted."""
    if previous.fingerprint != job.fingerprint:
        return job
    if previous.probe != job.probe and not accepted:
        then = ", ".join(f"{name} {number}" for name, number in previous.environment.items())
        raise BuildError(
            f"{job.store}: the same chain gives other bits here than when the store was built, with {then}; "
            "build with those, build everything again with --rebuild, or mix the two with --accept-drift"
        )
    drifted = previous.drift_of or (previous.probe if previous.probe != job.probe else "")
    return replace(job, drift_of=drifted)


def _check_counts(made: Plan, shards: list[Any]) -> None:
    """Every recording has one fate."""
    fates = sum(entry.produced + entry.filtered + entry.rejected for entry in shards)
    if not fates == sum(entry.recordings for entry in shards) == made.recordings:
        raise BuildError(f"{made.recordings} recordings were planned and {fates} have a fate; please report this")
