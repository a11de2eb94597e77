"""Commit: the one step in which a build becomes what readers see."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import jinja2

from manifests import generation
from manifests.errors import ExistsError
from manifests.generation import Generation, ShardEntry
from manifests.storage import Storage
from pipelines.errors import LockedError
from pipelines.job import environment
from pipelines.small_files import write_spare
from pipelines.task import Job, digest

if TYPE_CHECKING:
    from pipelines.recipe import Recipe

CARD = jinja2.Template(
    """\
---
configs:
- config_name: default
  data_files:
{%- for split in splits %}
  - split: {{ split }}
    path:
{%- for entry in shards if entry.split == split %}
    - {{ entry.shard | tojson }}
{%- endfor %}
{%- endfor %}
---

# {{ recipe }}

{{ description }}

A feature store built by wavemill: generation {{ number }}, {{ examples }} examples of {{ recordings }} recordings,
{{ "%.2f" | format(seconds / 3600) }} hours of audio. `recipe.yaml` says how it was made, `generations/` what is
current, `index/` what became of each recording.

| split | shards | recordings | examples | hours |
|---|---|---|---|---|
{% for split in counted -%}
| {{ split.name }} | {{ split.shards }} | {{ split.recordings }} | {{ split.examples }} | {{ split.hours }} |
{% endfor %}
Read it with wavemill:

    for batch in wavemill.load("path/to/this/folder", split="{{ splits[0] }}", batch_size=32): ...

or with Hugging Face datasets, which reads the list at the top of this file:

    datasets.load_dataset("path/to/this/folder")
""",
    keep_trailing_newline=True,
)


def next_generation(
    recipe: Recipe, job: Job, shards: Sequence[ShardEntry], previous: Generation | None, reason: str = "built"
) -> Generation:
    """The generation that a build proposes."""
    return Generation(
        number=previous.number + 1 if previous else 1,
        recipe=recipe.name,
        format=job.format,
        chain=job.stages,
        seed=job.seed,
        fingerprint=job.fingerprint,
        probe=job.probe,
        identity=job.identity(),
        drift_of=job.drift_of,
        arrays=job.arrays,
        shards=in_store_order(shards),
        resources=job.resources,
        fitted=job.fitted,
        listings=job.listings,
        environment=environment(),
        created=now(),
        description=recipe.description,
        recipe_text=recipe.text,
        labels=job.labels,
        parent=previous.number if previous else None,
        reason=reason,
    )


def commit(storage: Storage, made: Generation) -> Generation:
    """Writes a generation; when this returns, readers see it. What is there already is not touched.

    LockedError when another build has written a generation of that number.
    """
    try:
        storage.put_if_absent(generation.name_of(made.number), made.encode())
    except ExistsError as error:
        first = generation.load(storage, made.number)
        raise LockedError(
            f"{storage.root}: another build committed generation {made.number} at {first.created} ({first.run}) while "
            "this one ran, which has changed nothing; build again: the shards that it finished are found"
        ) from error
    write_views(storage, made)
    return made


def keep_candidate(storage: Storage, proposed: Generation) -> str:
    """Writes a generation that a gate refused, where no reader sees it, and `publish` finds it; its short name."""
    content = digest(proposed.identity, [asdict(entry) for entry in proposed.shards])[:8]
    storage.replace(f"{generation.CANDIDATE}{content}.json", proposed.encode())
    return content


def now() -> str:
    """The time, as generations note it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def in_store_order(shards: Sequence[ShardEntry]) -> list[ShardEntry]:
    """Shards as a generation lists them."""
    return sorted(shards, key=lambda entry: (entry.split, entry.lineage, entry.index))


def write_views(storage: Storage, current: Generation) -> None:
    """README.md, recipe.yaml and the spare: what follows from the current generation, and can be written again."""
    shards = [entry for entry in current.shards if entry.shard]
    counted = []
    for split in current.splits():
        own = [entry for entry in current.shards if entry.split == split]
        counted.append(
            {
                "name": split,
                "shards": sum(entry.shard is not None for entry in own),
                "recordings": sum(entry.recordings for entry in own),
                "examples": sum(entry.examples for entry in own),
                "hours": f"{sum(entry.seconds for entry in own) / 3600:.2f}",
            }
        )
    card = CARD.render(
        recipe=current.recipe,
        description=current.description,
        number=current.number,
        splits=sorted({entry.split for entry in shards}) or ["train"],
        shards=shards,
        counted=counted,
        examples=current.count("examples"),
        recordings=current.count("recordings"),
        seconds=current.count("seconds"),
    )
    write_spare(storage, generation.name_of(current.number))
    for name, text in (("recipe.yaml", current.recipe_text), ("README.md", card)):
        if not storage.exists(name) or storage.read(name) != text.encode():
            storage.replace(name, text.encode())
