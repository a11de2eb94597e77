"""Agreement: what a Dask worker must have in common with the driver before it builds.

The versions of what decides the bits, the plugins, and the same store and corpora under the same names. What both
say of themselves is compared word by word. Bits are compared where they are made: in the builder, by the probe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from manifests.address import join
from manifests.errors import ManifestError
from manifests.files import open_files
from manifests.storage import file_digest, open_storage
from pipelines.job import environment
from pipelines.task import Job, Row

Facts = dict[str, str]
"""What a machine says of itself, by what it is about."""

FOUND, MISSING = "found", "missing"
WAVEMILL = "wavemill"
SAME_VERSIONS = "Install the same versions everywhere."
SAME_PATHS = (
    "Store, corpora and plugins must be the same files under the same paths on every machine; "
    "store and corpora may also lie on s3://."
)


@dataclass(frozen=True)
class Needs:
    """What a build looks for on each machine.

    `beacon` names a file that the driver has just put into the store: a folder of the same path is not yet the same
    folder. `corpora` maps each corpus to its root and to one of its files, "" where any content will do.
    """

    store: str
    beacon: str
    plugins: list[str]
    corpora: dict[str, tuple[str, str]]

    @classmethod
    def of(cls, job: Job, rows: Iterable[Row], beacon: str) -> Needs:
        """Those of a job; `rows` are some that it will build."""
        paths = dict.fromkeys(job.roots, "")
        paths |= {row.corpus: row.recording.span.path for row in rows}
        paths |= {corpus: str(entries[0][2]) for corpus, entries in job.clips.items() if entries}
        corpora = {corpus: (job.roots[corpus], path) for corpus, path in paths.items()}
        return cls(job.store, beacon, job.plugins, corpora)

    def facts(self) -> Facts:
        """What this machine says."""
        found = environment()
        found["python"] = found["python"].rpartition(".")[0]  # bug fixes do not matter
        found |= {f"plugin {path}": _content(Path(path)) for path in self.plugins}
        found[f"store {self.store}"] = _ask(lambda: open_storage(self.store).exists(self.beacon))
        for corpus, (root, path) in self.corpora.items():
            found[f"corpus {corpus}, {join(root, path) if path else root}"] = _ask(partial(_is_there, root, path))
        return found


def disagreement(here: Facts, there: Mapping[str, Facts | Exception]) -> str:
    """What differs, by worker, and what to do about it; "" where all agree.

    `there` maps the address of a worker to its facts, or to the exception that it had instead.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for address, facts in there.items():
        if differing := tuple(_differences(here, facts)):
            groups.setdefault(differing, []).append(address)
    if not groups:
        return ""
    unfit = sum(map(len, groups.values()))
    lines = [f"{unfit} of {len(there)} Dask workers cannot take part in this build:"]
    for differing, addresses in groups.items():
        lines += [f"  {', '.join(addresses)}", *(f"    {line}" for line in differing)]
    rows = [line for differing in groups for line in differing]
    paths = [line for line in rows if line.startswith(("plugin ", "store ", "corpus "))]
    return "\n".join([*lines, *[SAME_VERSIONS] * (len(paths) < len(rows)), *[SAME_PATHS] * bool(paths)])


def _differences(here: Facts, there: Facts | Exception) -> list[str]:
    if isinstance(there, Exception):
        return [f"{WAVEMILL}: {here[WAVEMILL]} here, another one or none there ({there})"]
    return [
        f"{name}: {here.get(name, MISSING)} here, {there.get(name, MISSING)} there"
        for name in (*here, *(name for name in there if name not in here))
        if here.get(name) != there.get(name)
    ]


def _content(path: Path) -> str:
    try:
        return f"content {file_digest(path)[:8]}"
    except OSError as error:
        return MISSING if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"


def _is_there(root: str, path: str) -> bool:
    files = open_files(root)
    return files.has(path) if path else files.is_there()


def _ask(question: Callable[[], bool]) -> str:
    try:
        return FOUND if question() else MISSING
    except (OSError, ImportError, ManifestError) as error:
        return f"cannot be asked ({error})"
