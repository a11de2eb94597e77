"""Real `dask scheduler` and `dask worker` processes, each in a process group of its own, over TCP or mutual TLS."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from distributed import Client


class Cluster:
    """A scheduler with its workers. A context: whoever still lives at its end is killed.

    `tls` are the variables that `certificates` gives; `variables` are those of every process besides. Without a
    `nanny`, Dask's process above each worker, workers start sooner.
    """

    def __init__(
        self, folder: Path, tls: Mapping[str, str] = {}, variables: Mapping[str, str] = {}, nanny: bool = False
    ) -> None:
        self.folder, self.environment = folder, {**tls, **variables}
        self.nanny = nanny
        self.scheme = "tls" if tls else "tcp"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._started = 0
        self.scheduler, log = self._run("scheduler", "--host", f"{self.scheme}://127.0.0.1", "--port", "0")
        self.address = wait_for(log, rf"Scheduler at:\s+({self.scheme}://\S+)")

    def add(self, nthreads: int = 1, under: Sequence[str] = (), **variables: str) -> subprocess.Popen[bytes]:
        """Starts a worker, `under` another command if need be; it may take seconds until the scheduler has it."""
        options = ["--nthreads", str(nthreads), "--host", f"{self.scheme}://127.0.0.1", "--memory-limit", "0"]
        options += [] if self.nanny else ["--no-nanny"]
        worker, _ = self._run("worker", self.address, *options, under=under, variables=variables)
        self.workers.append(worker)
        return worker

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Its whole process group at once, builders as well."""
        if process in self.workers:
            self.workers.remove(process)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def await_workers(self, count: int) -> None:
        """Waits until the scheduler has so many workers; over TLS this process needs a certificate itself."""
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=60)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *problem: object) -> None:
        for process in (*self.workers, self.scheduler):
            self.kill(process)

    def _run(
        self, kind: str, *options: str, under: Sequence[str] = (), variables: Mapping[str, str] = {}
    ) -> tuple[subprocess.Popen[bytes], Path]:
        """A process and its log."""
        self._started += 1
        log = self.folder / f"dask-{kind}-{self._started}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [
                    *under,
                    sys.executable,
                    "-m",
                    "dask",
                    kind,
                    *options,
                    "--no-dashboard",
                    "--dashboard-address",
                    "127.0.0.1:0",
                ],
                cwd=self.folder,
                env={**os.environ, **self.environment, **variables},
                start_new_session=True,
                stdout=sink,
                stderr=sink,
            )
        return process, log


def wait_for(log: Path, pattern: str, seconds: float = 60) -> str:
    """The first group of what a log comes to say."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := re.search(pattern, log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def certificates(folder: Path) -> dict[str, str]:
    """Writes an authority and one certificate by it for everybody; the variables that make Dask use them."""
    folder.mkdir(parents=True)
    authority, mine = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = {authority: _name("wavemill tests"), mine: _name("dask")}
    now = datetime.now(UTC)
    for key, file in ((authority, "ca"), (mine, "dask")):
        certificate = (
            x509.CertificateBuilder()
            .subject_name(names[key])
            .issuer_name(names[authority])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=key is authority, path_length=None), critical=True)
            .sign(authority, hashes.SHA256())
        )
        (folder / f"{file}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "dask.key").write_bytes(mine.private_bytes(serialization.Encoding.PEM, kind, plain))
    prefix, roles = "DASK_DISTRIBUTED__COMM__TLS__", ("SCHEDULER", "WORKER", "CLIENT")
    return {
        f"{prefix}CA_FILE": str(folder / "ca.pem"),
        **{f"{prefix}{role}__CERT": str(folder / "dask.pem") for role in roles},
        **{f"{prefix}{role}__KEY": str(folder / "dask.key") for role in roles},
    }


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
