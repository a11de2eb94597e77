"""Builds on schedulers and workers that are processes of their own: over TLS, with those that do not fit, and leave."""

from __future__ import annotations

import os
import random
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path

import dask
import psutil
import pytest

from manifests.store import Store
from pipelines.build import build
from pipelines.errors import BuildError
from pipelines.plan import Plan
from pipelines.task import Result
from pipelines.verify import damages
from tests.chaos.cluster import SMALL_SHARDS, corpus, disturb
from tests.clusters import Cluster, certificates
from tests.factories import write_lines
from tests.pipelines.corpora import Tones

DEADLY = """\
import os, signal, time
from features.stage import Transform

class Deadly(Transform):
    name = "deadly"

    def transform(self, value, draws):
        if "DEATHS" in os.environ:
            with open(os.environ["DEATHS"], "a") as sink:
                sink.write(".")
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        return value
"""
EMPTY_FOLDER = 'mount --bind "$EMPTY" "$CORPUS" && exec "$@"'
UNSHARE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", EMPTY_FOLDER, "sh")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Tones:
    """Recordings for four shards, and an undisturbed store of them in `expected`."""
    return corpus(tmp_path_factory.mktemp("shared"), 8)


@pytest.fixture
def tones(shared: Tones, tmp_path: Path) -> Tones:
    """The same, with a store of the test's own."""
    mine = copy(shared)
    mine.store = tmp_path / "store"
    return mine


def expected(tones: Tones) -> dict[str, str]:
    found = tones.digests(tones.folder / "expected")
    assert len(found) > 3
    return found


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster behind mutual TLS, with one worker; this process has a certificate as well."""
    folder = tmp_path_factory.mktemp("secured")
    tls = certificates(folder / "tls")
    with dask.config.set(config(tls)), Cluster(folder, tls, slowly(folder), nanny=True) as cluster:
        cluster.add()
        yield cluster


def config(variables: dict[str, str]) -> dict[str, str]:
    """The same as Dask's configuration has it once it is loaded."""
    return {name.removeprefix("DASK_").lower().replace("__", "."): value for name, value in variables.items()}


def test_a_build_over_tls_gives_the_same_bytes(tones: Tones, secured: Cluster) -> None:
    recipe = str(tones.recipe(SMALL_SHARDS).path)
    command = [sys.executable, "-m", "wavemill", "build", recipe, "--cluster", secured.address, "--set", SMALL_SHARDS]
    subprocess.run(command, env=os.environ | secured.environment, check=True, capture_output=True)
    assert tones.digests() == expected(tones)
    assert not list(tones.store.glob(".tmp-*")), "what workers looked for is gone"


def test_two_builds_of_one_recipe_at_once_keep_apart(tones: Tones, secured: Cluster) -> None:
    stores = [tones.store.with_name(name) for name in ("one", "two")]
    recipes = [tones.recipe(SMALL_SHARDS, f"store.path={store}") for store in stores]
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda recipe: build(recipe, secured.address), recipes))
    for store in stores:
        assert tones.digests(store) == expected(tones)
        assert list(damages(Store.open(store))) == []


def test_a_worker_that_joins_and_does_not_fit_is_left_out(
    tones: Tones, secured: Cluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    joined = []

    def join() -> None:
        joined.append(secured.add(PYTHONPATH=other_version(tmp_path / "other")))
        secured.await_workers(2)

    build(tones.recipe(SMALL_SHARDS), secured.address, watch=once(join))
    secured.kill(*joined)
    assert tones.digests() == expected(tones)
    (said,) = (r.getMessage() for r in caplog.records if "soxr" in r.getMessage())
    assert said.startswith("1 of 1 Dask workers cannot take part in this build:\n")
    assert said.endswith("\nThe build goes on without.")


def test_a_worker_that_is_asked_to_leave_takes_nothing_along(tones: Tones, secured: Cluster) -> None:
    leaver = secured.add()
    secured.await_workers(2)
    made = build(tones.recipe(SMALL_SHARDS), secured.address, watch=once(lambda: leaver.send_signal(signal.SIGTERM)))
    assert leaver.wait(timeout=30) == 0
    secured.kill(leaver)
    assert (made.recordings, made.produced) == (8, 8)
    assert tones.digests() == expected(tones)


def test_who_has_no_certificate_or_a_strange_one_is_refused(
    tones: Tones, secured: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, port = secured.address.removeprefix("tls://").split(":")
    context = ssl.create_default_context(cafile=secured.environment["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"])
    context.check_hostname = False
    with (
        pytest.raises(ssl.SSLError, match=r"(?i)certificate.required"),
        socket.create_connection((host, int(port)), timeout=10) as plain,
        context.wrap_socket(plain) as connection,
    ):
        connection.recv(1)
    monkeypatch.setattr("pipelines.cluster.CONNECT_SECONDS", 1)
    strange = certificates(tones.store.with_name("strange"))
    with dask.config.set(config(strange)), pytest.raises(BuildError, match="no Dask scheduler answers at tls://"):
        build(tones.recipe(), secured.address)
    with pytest.raises(BuildError, match="no Dask scheduler answers at tcp://"):
        build(tones.recipe(), secured.address.replace("tls", "tcp"))


def test_workers_that_do_not_fit_are_told_in_one_table_before_anything_is_built(tones: Tones, tmp_path: Path) -> None:
    write_lines(tmp_path / "none" / "pipelines" / "__init__.py", "raise ImportError('no wavemill')")
    (tmp_path / "empty").mkdir()
    view = {"EMPTY": str(tmp_path / "empty"), "CORPUS": str(tones.root)}
    apart = subprocess.run([*UNSHARE, "true"], env=os.environ | view, check=False, capture_output=True).returncode == 0
    with Cluster(tmp_path) as cluster:
        cluster.add(PYTHONPATH=other_version(tmp_path / "other"))
        cluster.add(PYTHONPATH=str(tmp_path / "none"))
        if apart:
            cluster.add(under=UNSHARE, **view)
        cluster.await_workers(2 + apart)
        with pytest.raises(BuildError) as refused:
            build(tones.recipe(), cluster.address)
    said = str(refused.value)
    assert said.startswith(f"{2 + apart} of {2 + apart} Dask workers cannot take part in this build:\n")
    assert " here, 0.0.1 there\n" in said
    assert " here, another one or none there (ImportError('no wavemill'))\n" in said
    assert not apart or f" corpus tones, {tones.root}/high/" in said
    assert not (tones.store / "tasks").exists()


def test_a_scheduler_that_is_gone_ends_the_build_and_the_next_one_goes_on(
    tones: Tones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.cluster.CONNECT_SECONDS", 2)
    with Cluster(tmp_path, variables=slowly(tmp_path)) as cluster:
        cluster.add()
        cluster.await_workers(1)
        vanish = once(lambda: cluster.kill(cluster.scheduler))
        with pytest.raises(BuildError, match="the connection to the Dask scheduler is lost; finished shards are kept"):
            build(tones.recipe(SMALL_SHARDS), cluster.address, watch=vanish)
    made = build(tones.recipe(SMALL_SHARDS), "inline")
    assert made.shards_kept >= 1
    assert tones.digests() == expected(tones)


def test_recordings_that_take_their_workers_along_end_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.dask_executor.LOSSES", 2)
    write_lines(tmp_path / "deadly.py", DEADLY)
    tones = Tones(tmp_path, 8, more="  - deadly: {}\n", tail="plugins: [deadly.py]\n")
    deaths = tmp_path / "deaths"
    once_is_too_often = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0", "DEATHS": str(deaths)}
    with Cluster(tmp_path, variables=once_is_too_often, nanny=True) as cluster:
        cluster.add()
        with pytest.raises(
            BuildError, match=r"workers die while they build the \d recordings from tones/.* on; the last"
        ):
            build(tones.recipe(), cluster.address)
    assert len(deaths.read_text()) >= 2


def test_a_dask_class_is_started_scaled_and_closed(tones: Tones) -> None:
    """It serves its pages everywhere, as Dask's classes do unless told otherwise; they are taken away."""
    before = children()
    builders: list[int] = []

    def look(plan: Plan) -> Callable[[Result], None]:
        def heard(result: Result) -> None:
            started = children() - before
            builders.append(sum("pipelines.process" in child.cmdline() for child in started))
            connections = [found for child in (psutil.Process(), *started) for found in child.net_connections()]
            assert {found.laddr.ip for found in connections if found.status == psutil.CONN_LISTEN} == {"127.0.0.1"}

        return heard

    asked = "distributed.LocalCluster(n_workers=1, threads_per_worker=1, memory_limit=0, dashboard_address=':0')"
    build(tones.recipe(SMALL_SHARDS), asked, workers=2, watch=look)
    assert max(builders) == 2
    assert tones.digests() == expected(tones)
    assert not [child for child in children() - before if "spawn_main" in " ".join(child.cmdline())]


def test_workers_that_are_killed_and_join_lose_nothing(tmp_path: Path) -> None:
    lost = disturb(corpus(tmp_path, 14), every=0.8, slow=0.4, rng=random.Random(1), most=2, nanny=False)
    assert (lost.killed, lost.joined) == (2, 3)
    assert lost.again > 0, "a worker was killed while it built"


def children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def slowly(folder: Path) -> dict[str, str]:
    """Makes builders wait with each recording, so that there is time for things to happen."""
    return {"TAKEN_UP": str(folder / "taken-up"), "SLOW": "0.2"}


def other_version(folder: Path) -> str:
    """A folder that makes a process believe in another version of soxr."""
    write_lines(folder / "soxr-0.0.1.dist-info" / "METADATA", "Metadata-Version: 2.1", "Name: soxr", "Version: 0.0.1")
    return str(folder)


def once(happens: Callable[[], object]) -> Callable[[Plan], Callable[[Result], None]]:
    """Does something when the first shard is done."""
    waiting = [happens]

    def heard(result: Result) -> None:
        if waiting:
            waiting.pop()()

    return lambda plan: heard
