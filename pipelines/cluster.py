"""Clusters: what --cluster may say, and the Dask client that comes of it.

Dask's wire is pickle: whoever reaches a scheduler runs code on its workers, and on those who ask it for results. So
a scheduler is on this machine, or its address is tls://, where both sides show a certificate; and what is started
here listens on this machine only.
"""

from __future__ import annotations

import ast
import ipaddress
import logging
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pipelines.errors import BuildError, ClusterError

if TYPE_CHECKING:
    from distributed import Client
    from distributed.deploy.cluster import Cluster

INLINE, LOCAL = "inline", "local"
CONNECT_SECONDS = 10
LOOPBACK = "127.0.0.1"
TLS_VARIABLES = tuple(f"DASK_DISTRIBUTED__COMM__TLS__{name}" for name in ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY"))
BOKEH = "distributed.scheduler.dashboard.bokeh-application"
_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9A-Fa-f:.]+\]|[^\s/:\[\]]+):\d{1,5}")
_CLASS = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DaskClass:
    """A class that starts a cluster, such as dask_jobqueue.SLURMCluster, and its keyword arguments."""

    path: str
    arguments: Mapping[str, Any]


Where = str | DaskClass
"""INLINE, LOCAL, the address of a scheduler, or a class that starts one."""


def read_cluster(text: str) -> Where:
    """What --cluster says; nothing is imported yet, and nothing evaluated. ClusterError.

    >>> read_cluster("dask_jobqueue.SLURMCluster(cores=8, security=True)")
    DaskClass(path='dask_jobqueue.SLURMCluster', arguments={'cores': 8, 'security': True})
    """
    text = text.strip()
    if text in (INLINE, LOCAL):
        return text
    if _ADDRESS.fullmatch(text):
        _check_address(text, "name its tls:// address, or forward its port to this machine")
        return text
    found = _call(text)
    if found is None:
        raise ClusterError(
            f"{text!r} is no cluster: inline, local, tcp://127.0.0.1:8786, tls://host:8786, or a dask class with "
            "keyword arguments, such as dask_jobqueue.SLURMCluster(cores=8, memory='32GB', security=True)"
        )
    return found


def _call(text: str) -> DaskClass | None:
    """The class and its arguments; None for what is no call of a dotted name with keywords alone."""
    try:
        call = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    if not isinstance(call, ast.Call) or call.args or not _CLASS.fullmatch(path := ast.unparse(call.func)):
        return None
    arguments: dict[str, Any] = {}
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in arguments:
            return None
        try:
            arguments[keyword.arg] = ast.literal_eval(keyword.value)
        except (ValueError, TypeError) as error:
            said = ast.unparse(keyword)
            raise ClusterError(f"--cluster: {said}: not a number, a quoted text, a list or the like") from error
    return DaskClass(path, arguments)


def _check_address(address: str, advice: str) -> None:
    """ClusterError for tcp:// beyond this machine."""
    scheme, _, rest = address.partition("://")
    if scheme == "tcp" and not is_loopback(rest.rpartition(":")[0].strip("[]")):
        raise ClusterError(f"{address}: whoever reaches it can run code, on this machine as well; {advice}")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, seen by nobody else.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback("scheduler")
    (True, True, False, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def connected(where: Where, workers: int, dashboard: bool = False) -> Iterator[Client]:
    """A client of a cluster; what is started for it ends with the context.

    `workers` are those that LOCAL starts, in this process, and that a DaskClass is scaled to unless it is 0. Without
    `dashboard`, what is started here serves no pages. ClusterError, and BuildError where no scheduler answers.
    """
    from distributed import Client

    if dashboard and find_spec("bokeh") is None:
        raise ClusterError("--dashboard needs bokeh: pip install 'wavemill[dashboard]'")
    if isinstance(where, DaskClass):
        with _started(where, workers, dashboard) as cluster, Client(cluster, set_as_default=False) as client:
            yield client
    elif where == LOCAL:
        with _local(workers, dashboard) as cluster, Client(cluster, set_as_default=False) as client:
            yield client
    else:
        with _client(where) as client:
            yield client


def _client(address: str) -> Client:
    """A client of a scheduler; certificates are those of Dask's own configuration."""
    from distributed import Client, Security

    security = Security()
    mine = security.get_tls_config_for_role("client")
    if address.startswith("tls://") and not (mine["ca_file"] and mine["cert"]):
        raise ClusterError(f"{address}: needs certificates; set {', '.join(TLS_VARIABLES)} to their files")
    try:
        return Client(address, security=security, timeout=CONNECT_SECONDS, set_as_default=False)
    except OSError as error:
        raise BuildError(f"no Dask scheduler answers at {address} ({error})") from error


@contextmanager
def _local(workers: int, dashboard: bool) -> Iterator[Cluster]:
    """A scheduler and its workers in this process, of one thread each. They hold nothing: builders are processes."""
    import dask.config
    from distributed import Scheduler, SpecCluster, Worker

    # `silence_logs` ends with the cluster, and what was still to be sent then is told of with a traceback
    logging.getLogger("distributed.batched").setLevel(logging.WARNING)
    port = _free_port() if dashboard else 0
    common = {"protocol": "inproc://", "dashboard_address": f"{LOOPBACK}:0"}
    worker = {"cls": Worker, "options": {**common, "dashboard": False, "nthreads": 1, "memory_limit": 0}}
    scheduler = {"protocol": "inproc://", "dashboard_address": f"{LOOPBACK}:{port}", "dashboard": dashboard}
    with (
        # pages of others in the same browser must not read along
        dask.config.set({f"{BOKEH}.allow_websocket_origin": [f"{LOOPBACK}:{port}"]}),
        SpecCluster(
            scheduler={"cls": Scheduler, "options": scheduler},
            workers=dict.fromkeys(range(workers), worker),
            silence_logs=logging.WARNING,
        ) as cluster,
    ):
        _serve_pages(cluster, dashboard)
        yield cluster


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def _started(asked: DaskClass, workers: int, dashboard: bool) -> Iterator[Cluster]:
    """The cluster of a class, scaled to the workers."""
    kind = _imported(asked.path)
    try:
        cluster = kind(**asked.arguments)
    except (TypeError, ValueError, OSError, RuntimeError, ImportError) as error:
        raise ClusterError(f"{asked.path}: {error}") from error
    with cluster:
        _check_address(cluster.scheduler_address, "let the class use TLS, which most do with security=True")
        _serve_pages(cluster, dashboard)
        if workers:
            cluster.scale(workers)
        yield cluster


def _imported(path: str) -> Any:
    from distributed.deploy.cluster import Cluster

    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name, None)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise ClusterError(f"{module} cannot be imported: {error}") from error
        package = module.partition(".")[0].replace("_", "-")
        raise ClusterError(f"{path}: there is no {error.name} here; try pip install {package}") from error
    if not (isinstance(found, type) and issubclass(found, Cluster)):
        raise ClusterError(f"{path} is no class of Dask clusters")
    return found


def _serve_pages(cluster: Any, dashboard: bool) -> None:
    """Takes away the pages that Dask serves from this process: all but the dashboard, where only this machine sees it.

    Every scheduler and worker serves some, and no setting turns them off.
    """
    from distributed import SpecCluster

    if not isinstance(cluster, SpecCluster):  # its scheduler is elsewhere
        if dashboard:
            _log.warning("dashboard: %s", cluster.dashboard_link)
        return
    serving = [node for node in (cluster.scheduler, *cluster.workers.values()) if hasattr(node, "http_server")]
    shown: Any = None
    if dashboard and cluster.scheduler in serving and is_loopback(serving[0].http_server.address):
        shown = serving[0]

    async def stop() -> None:
        for node in serving:
            if node is not shown:
                node.http_server.stop()

    cluster.sync(stop)
    if shown is not None:
        _log.warning("dashboard: http://%s:%d/status", LOOPBACK, shown.http_server.port)
    elif dashboard:
        _log.warning("no dashboard: this cluster would show it beyond %s; see the arguments of its class", LOOPBACK)
