"""Units for cron, systemd and Kubernetes: read back by what will read them, and run where they can be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from manifests.storage import open_storage
from pipelines.runs import read_notes
from pipelines.schedule.render import cron, kubernetes, on_calendar, systemd
from pipelines.schedule.scheduled import ScheduledBuild
from tests.factories import write_lines
from tests.pipelines.corpora import Tones

SCHEDULE = 'cron: "*/15 2 * jan-mar mon-fri", timezone: Europe/Berlin, deadline: 6h'
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
needs_flock = pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not installed")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current directory whose name needs quoting everywhere."""
    folder = tmp_path / "my 100% $data"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def read(folder: Path, schedule: str = SCHEDULE, name: str = "Spoken_Digits", more: str = "", **given: Any) -> Any:
    path = write_lines(folder / "digits.yaml", f"name: {name}", f"schedule: {{{schedule}}}", more)
    return ScheduledBuild.read(path.name, **given)


def crontab_line(build: ScheduledBuild) -> tuple[str, str]:
    """The five fields and what sh is given, as crontab(5) says: a plain % would end the line, an escaped one is a %."""
    *_, line = cron(build)[f"{build.identifier}.crontab"].splitlines()
    fields, command = line.split(None, 5)[:5], line.split(None, 5)[5]
    assert not re.search(r"(?<!\\)%", command)
    return " ".join(fields), command.replace("\\%", "%")


def test_crontab_lines(folder: Path) -> None:
    build = read(folder, more="corpora: {x: {root: '${DATA}/x'}}", workers=4)
    lines = cron(build)["wavemill-spoken-digits.crontab"].splitlines()
    assert lines[1] == f"# {folder}/digits.env sets DATA, a line NAME=value for each."
    assert lines[-2] == "CRON_TZ=Europe/Berlin"
    assert crontab_line(build) == (
        "*/15 2 * 1-3 1-5",
        f"cd '{folder}' && {{ set -a; [ ! -f '{folder}/digits.env' ] || . '{folder}/digits.env'; set +a; "
        f"flock -n -o -E 11 '{folder}/digits.yaml' timeout --foreground --kill-after=40 21600 "
        f"{sys.executable} -P -m wavemill build '{folder}/digits.yaml' --workers 4; }} >> '{folder}/digits.log' 2>&1",
    )


def test_without_a_deadline_nothing_is_timed(folder: Path) -> None:
    build = read(folder, 'cron: "0 2 * * *"')
    assert "timeout" not in crontab_line(build)[1]
    assert "TimeoutStartSec=infinity" in systemd(build)["wavemill-spoken-digits.service"].splitlines()
    (text,) = kubernetes(build, "image").values()
    assert "activeDeadlineSeconds" not in text
    assert "CRON_TZ=UTC" in cron(build)["wavemill-spoken-digits.crontab"]


@needs_flock
def test_the_crontab_line_builds_with_its_environment_and_not_twice_at_once(folder: Path) -> None:
    tones = Tones(folder, 6, tail='schedule: {cron: "0 2 * * *", deadline: 10m}\n')
    tones.recipe()
    recipe = folder / "recipe.yaml"
    recipe.write_text(recipe.read_text("utf-8").replace(str(tones.root), "${CORPUS}"), "utf-8")
    write_lines(folder / "recipe.env", f"CORPUS='{tones.root}'")
    _, command = crontab_line(ScheduledBuild.read("recipe.yaml"))

    def at_the_time() -> int:
        """As cron does it: from another folder, with little environment."""
        return subprocess.run(["sh", "-c", command], cwd="/", env={"PATH": os.environ["PATH"]}, check=False).returncode

    with subprocess.Popen(["flock", "recipe.yaml", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(b"held\n")
        holder.stdin.flush()
        holder.stdout.readline()
        assert at_the_time() == 11
        assert not tones.store.exists()
        holder.stdin.close()
    assert at_the_time() == 0, (folder / "recipe.log").read_text("utf-8")
    (note,) = read_notes(open_storage(tones.store))
    assert (note["outcome"], note["cwd"], note["variables"]) == ("succeeded", str(folder), ["CORPUS"])


def test_systemd_units(folder: Path) -> None:
    units = systemd(read(folder))
    assert list(units) == ["wavemill-spoken-digits.service", "wavemill-spoken-digits.timer"]
    service, timer = (text.splitlines() for text in units.values())
    quoted = str(folder).replace("%", "%%")
    assert service[service.index("[Service]") :] == [
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={quoted}",
        f"EnvironmentFile=-{quoted}/digits.env",
        f'ExecStart={sys.executable} -P -m wavemill build "{quoted.replace("$", "$$")}/digits.yaml"',
        "TimeoutStartSec=21600",
        "KillSignal=SIGTERM",
        "KillMode=mixed",
        "TimeoutStopSec=40",
    ]
    assert timer[timer.index("[Timer]") :] == [
        "[Timer]",
        "OnCalendar=Mon,Tue,Wed,Thu,Fri *-01..03-* 02:00,15,30,45:00 Europe/Berlin",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]


@needs_systemd
def test_systemd_takes_the_units(folder: Path) -> None:
    for name, text in systemd(read(folder)).items():
        (folder / name).write_text(text, "utf-8")
    timer = folder / "wavemill-spoken-digits.timer"
    done = subprocess.run(["systemd-analyze", "verify", timer], capture_output=True, text=True, check=False)
    if "Failed to initialize manager" in done.stderr:
        pytest.skip("systemd-analyze cannot verify units here")
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize(
    "expression",
    [
        "0 2 * * *",
        "*/20 1,13-15 * * *",
        "5 0 1,15 * *",
        "30 4 * 2,6-8 sun",
        "0 0 13 * fri",
        "0 6 */10 * *",
        "1 1 29 2 *",
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_systemd_is_due_when_we_are(folder: Path, expression: str, zone: str) -> None:
    """Away from changes of clocks, where each scheduler has a rule of its own."""
    build = read(folder, f'cron: "{expression}", timezone: {zone}')
    base, count = datetime(2027, 4, 1, tzinfo=UTC), 5
    command = ["systemd-analyze", "calendar", f"--iterations={count}", f"--base-time={base:%Y-%m-%d %H:%M:%S} UTC"]
    theirs = set()
    for event in on_calendar(build):
        done = subprocess.run([*command, event], capture_output=True, text=True, check=True, env={"TZ": "UTC"})
        theirs |= set(re.findall(r"(?:Next elapse|Iter. #\d+): \w+ ([-\d]+ [\d:]+) UTC", done.stdout))
    ours, at = [], base
    for _ in range(count):
        at = build.next(at)
        ours.append(at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"))
    assert sorted(theirs)[:count] == ours


def test_a_cron_job_for_kubernetes(folder: Path) -> None:
    build = read(folder, more="limits: {memory: 2 GiB}\ncorpora: {x: {root: '${DATA}/x'}}", workers=4)
    (name, text), *rest = kubernetes(build, "registry.example/wavemill:1").items()
    assert (name, rest) == ("wavemill-spoken-digits.yaml", [])
    job = YAML(typ="safe").load(text)
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["metadata"] == {"name": "wavemill-spoken-digits"}
    spec = job["spec"]
    inner = spec.pop("jobTemplate")["spec"]
    assert spec == {
        "schedule": "*/15 2 * 1-3 1-5",
        "timeZone": "Europe/Berlin",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
    }
    pod = inner.pop("template")["spec"]
    assert inner == {"backoffLimit": 0, "activeDeadlineSeconds": 21_600}
    (container,) = pod.pop("containers")
    assert pod == {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 40,
        "volumes": [{"name": "work", "persistentVolumeClaim": {"claimName": "wavemill-spoken-digits"}}],
    }
    size = {"cpu": "4", "memory": "9216Mi"}
    assert container == {
        "name": "build",
        "image": "registry.example/wavemill:1",
        "command": ["wavemill", "build", "digits.yaml", "--workers", "4"],
        "workingDir": "/work",
        "envFrom": [{"secretRef": {"name": "wavemill-spoken-digits", "optional": True}}],
        "resources": {"requests": size, "limits": size},
        "volumeMounts": [{"name": "work", "mountPath": "/work"}],
    }
    assert "# digits.env sets DATA, a line NAME=value for each." in text.splitlines()
    assert "&" not in text, "no anchors, which people do not expect"


@pytest.mark.parametrize("name", ["A", "Very.Long_" * 9, "9_"])
def test_kubernetes_takes_every_name(folder: Path, name: str) -> None:
    identifier = read(folder, name=f'"{name}"').identifier
    assert re.fullmatch("[a-z0-9]([-a-z0-9]*[a-z0-9])?", identifier)
    assert len(identifier) <= 52
