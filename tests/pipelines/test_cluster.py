"""What --cluster says, and what listens while Dask is used."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from pipelines.build import build
from pipelines.cluster import DaskClass, read_cluster
from pipelines.errors import ClusterError
from pipelines.plan import Plan
from pipelines.task import Result
from tests.pipelines.corpora import Tones

SLURM = "dask_jobqueue.SLURMCluster"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("local", "local"),
        (" inline ", "inline"),
        ("tcp://127.0.0.1:8786", "tcp://127.0.0.1:8786"),
        ("tcp://127.8.9.1:8786", "tcp://127.8.9.1:8786"),
        ("tcp://localhost:1", "tcp://localhost:1"),
        ("tcp://[::1]:8786", "tcp://[::1]:8786"),
        ("tls://scheduler.example.org:8786", "tls://scheduler.example.org:8786"),
        ("tls://[2001:db8::7]:8786", "tls://[2001:db8::7]:8786"),
        (f"{SLURM}()", DaskClass(SLURM, {})),
        (
            f"{SLURM}(cores=8, memory='32GB', options=['-p', 'cpu'], more={{'a': (1, -2.5, None, True)}})",
            DaskClass(
                SLURM,
                {"cores": 8, "memory": "32GB", "options": ["-p", "cpu"], "more": {"a": (1, -2.5, None, True)}},
            ),
        ),
        ("a.b.c.D(x=1)", DaskClass("a.b.c.D", {"x": 1})),
    ],
)
def test_what_a_cluster_may_be(text: str, expected: object) -> None:
    assert read_cluster(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lokal",
        "127.0.0.1:8786",
        "tcp://127.0.0.1",
        "tls://host",
        "tls://user@host:1/x",
        "ucx://127.0.0.1:1",
        "inproc://127.0.0.1/1/1",
        "SLURMCluster(cores=8)",
        SLURM,
        f"{SLURM}(8)",
        f"{SLURM}(**{{'cores': 8}})",
        f"{SLURM}(cores=8, cores=9)",
        f"{SLURM}(cores=8).scale(3)",
        "__import__('os').system(a=1)",
        "(lambda: a)().b(c=1)",
        "a.b(c=1) or a.b(c=1)",
        "a.b(c=1",
        "(" * 10_000,
        "a.b(c=1)\0",
    ],
)
def test_what_it_may_not_be(text: str) -> None:
    with pytest.raises(ClusterError, match=r"is no cluster: inline, local, .*dask_jobqueue\.SLURMCluster\(cores=8"):
        read_cluster(text)


@pytest.mark.parametrize("value", ["cpu", "__import__('os').getcwd()", "[x for x in (1, 2)]", "1 + x", "f'{1}'"])
def test_arguments_are_values_and_never_evaluated(value: str) -> None:
    with pytest.raises(ClusterError, match=r"queue=.*: not a number, a quoted text"):
        read_cluster(f"{SLURM}(cores=8, queue={value})")


@pytest.mark.parametrize("host", ["10.0.0.7", "0.0.0.0", "scheduler", "[::]", "localhost.example.org", "128.0.0.1"])
def test_plain_tcp_beyond_this_machine_is_refused(host: str) -> None:
    with pytest.raises(ClusterError, match=r"whoever reaches it can run code.* tls:// address, or forward its port"):
        read_cluster(f"tcp://{host}:8786")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "dask_no_such_thing.SomeCluster(cores=8)",
            "there is no dask_no_such_thing here; try pip install dask-no-such-",
        ),
        ("distributed.no_such_thing.Cluster(a=1)", "there is no distributed.no_such_thing here"),
        ("distributed.Client(a=1)", "distributed.Client is no class of Dask clusters"),
        ("distributed.NoSuchCluster(a=1)", "distributed.NoSuchCluster is no class of Dask clusters"),
        ("distributed.SpecCluster(no_such_argument=1)", "no_such_argument"),
        ("tls://127.0.0.1:8786", "needs certificates; set DASK_DISTRIBUTED__COMM__TLS__CA_FILE, .*__CLIENT__KEY"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_told_and_nothing_is_built(tmp_path: Path, text: str, complaint: str) -> None:
    tones = Tones(tmp_path, 8)
    with pytest.raises(ClusterError, match=complaint):
        build(tones.recipe(), text)
    assert not (tones.store / "generations").exists()


def test_a_module_of_the_class_that_needs_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_a_cluster.py").write_text("import no_such_module_at_all\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(
        ClusterError, match="half_a_cluster cannot be imported: No module named 'no_such_module_at_all'"
    ):
        build(Tones(tmp_path, 8).recipe(), "half_a_cluster.Cluster(a=1)")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--cluster", "tcp://10.0.0.7:8786"], "wavemill: tcp://10.0.0.7:8786: whoever reaches it can run code"),
        (["--cluster", "inline", "--dashboard"], "Error: --dashboard shows Dask, which --cluster inline does without"),
    ],
)
def test_the_command_exits_with_2_before_anything_is_touched(
    tmp_path: Path, options: list[str], complaint: str
) -> None:
    tones = Tones(tmp_path, 8)
    command = [sys.executable, "-m", "wavemill", "build", str(tones.recipe().path), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert not tones.store.exists()


def listening() -> list[tuple[str, int]]:
    """Where this process and those below it wait for connections."""
    me = psutil.Process()
    found = [c for process in (me, *me.children(recursive=True)) for c in process.net_connections("all")]
    return [tuple(c.laddr) for c in found if c.status == psutil.CONN_LISTEN]


def beside(before: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """What listens now and did not: servers of other tests may run in this process."""
    return [place for place in listening() if place not in before]


def watching(seen: list[list[tuple[str, int]]]) -> Callable[[Plan], Callable[[Result], None]]:
    """Looks at what listens whenever a shard is done."""
    before = listening()
    return lambda plan: lambda result: seen.append(beside(before))


def test_nothing_listens_while_a_local_dask_builds(tmp_path: Path) -> None:
    seen: list[list[tuple[str, int]]] = []
    build(Tones(tmp_path).recipe(), "local", 2, watch=watching(seen))
    assert seen == [[], []]


def test_the_dashboard_is_for_this_machine_and_says_where(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[tuple[list[tuple[str, int]], list[int]]] = []
    before = listening()

    def look(plan: Plan) -> Callable[[Result], None]:
        def heard(result: Result) -> None:
            (said,) = (r.getMessage() for r in caplog.records if r.name == "pipelines.cluster")
            port = int(re.fullmatch(r"dashboard: http://127\.0\.0\.1:(\d+)/status", said)[1])
            answers = [status(port, "/status"), status(port, "/status/ws", f"http://127.0.0.1:{port}")]
            seen.append((beside(before), [port, *answers, status(port, "/status/ws", "http://example.org")]))

        return heard

    build(Tones(tmp_path).recipe(), None, 2, watch=look, dashboard=True)
    assert len(seen) == 2
    for found, (port, page, mine, others) in seen:
        assert found == [("127.0.0.1", port)]
        assert (page, mine, others) == (200, 101, 403)


def status(port: int, path: str, origin: str | None = None) -> int:
    """The status of an answer; with `origin` a page from there asks for a WebSocket, as a browser would."""
    asked = {"Origin": origin, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers = asked | {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="} if origin else {}
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status


def test_the_dashboard_needs_bokeh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.cluster.find_spec", lambda name: None)
    with pytest.raises(ClusterError, match=r"--dashboard needs bokeh: pip install 'wavemill\[dashboard\]'"):
        build(Tones(tmp_path, 8).recipe(), "local", dashboard=True)
