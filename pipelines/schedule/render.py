"""Render: a recipe's schedule as units for cron, systemd and Kubernetes, which a person then installs.

All three start no build while the last one runs, stop one that is beyond the deadline with SIGTERM first, and
take the environment from one file of NAME=value lines that lies beside the recipe.
"""

from __future__ import annotations

import io
import shlex
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipelines.errors import LockedError
from pipelines.schedule.cron import Field
from pipelines.schedule.scheduled import ScheduledBuild

STOP_SECONDS = 40
"""From SIGTERM to SIGKILL: a build ends within 30 s."""

LATE_SECONDS = 3600
DRIVER_BYTES = 1 << 30
WORK_FOLDER = "/work"
DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def cron(build: ScheduledBuild) -> dict[str, str]:
    """Lines for a crontab."""
    names = build.recipe.with_suffix(".env"), build.recipe.with_suffix(".log"), build.folder, build.recipe
    environment, log, folder, recipe = (shlex.quote(str(name)) for name in names)
    deadline = build.schedule.deadline
    # --foreground: the build alone gets the signal, and stops its builders itself
    limit = f"timeout --foreground --kill-after={STOP_SECONDS} {deadline} " if deadline else ""
    work = (
        f"cd {folder} && {{ set -a; [ ! -f {environment} ] || . {environment}; set +a; "
        f"flock -n -o -E {LockedError.exit_code} {recipe} {limit}{shlex.join(build.command())}; }} >> {log} 2>&1"
    )
    lines = [
        f"# {build.name}: add these lines with `crontab -e`.",
        *_variables(build, build.recipe.with_suffix(".env")),
        "# cronie reads CRON_TZ; a cron that does not goes by the time zone of the machine.",
        f"CRON_TZ={build.schedule.timezone}",
        f"{build.cron.text} {work.replace('%', chr(92) + '%')}",
    ]
    return {f"{build.identifier}.crontab": "\n".join(lines) + "\n"}


def systemd(build: ScheduledBuild) -> dict[str, str]:
    """A service and its timer. systemd starts no service that is still running."""
    environment = build.recipe.with_suffix(".env")
    service = [
        f"# {build.name}: put it into ~/.config/systemd/user (or /etc/systemd/system, with a User=) beside its timer,",
        f"# then `systemctl --user enable --now {build.identifier}.timer`.",
        *_variables(build, environment),
        "[Unit]",
        f"Description=wavemill builds {_percent(build.name)}",
        "",
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={_percent(str(build.folder))}",
        f"EnvironmentFile=-{_percent(str(environment))}",
        f"ExecStart={' '.join(map(_argument, build.command()))}",
        f"TimeoutStartSec={build.schedule.deadline or 'infinity'}",
        "KillSignal=SIGTERM",
        "KillMode=mixed",
        f"TimeoutStopSec={STOP_SECONDS}",
    ]
    timer = [
        "[Unit]",
        f"Description=when wavemill builds {_percent(build.name)}",
        "",
        "[Timer]",
        *(f"OnCalendar={when}" for when in on_calendar(build)),
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    units = {"service": service, "timer": timer}
    return {f"{build.identifier}.{kind}": "\n".join(lines) + "\n" for kind, lines in units.items()}


def on_calendar(build: ScheduledBuild) -> list[str]:
    """The schedule as systemd.time(7) writes it: two events where either of two days is enough.

    systemd wants weekday and date both, so each of them is restricted in an event of its own.
    """
    cron = build.cron
    time = f"{_list(cron.hour, 24)}:{_list(cron.minute, 60)}:00 {build.schedule.timezone}"
    month, day, any_day = _list(cron.month, 12), _list(cron.day, 31), "*"
    weekday = "" if cron.weekday.star and len(cron.weekday.values) == 7 else _weekdays(cron.weekday)
    if cron.either_day:
        return [f"*-{month}-{day} {time}", f"{weekday}*-{month}-{any_day} {time}"]
    return [f"{weekday}*-{month}-{day} {time}"]


def kubernetes(build: ScheduledBuild, image: str) -> dict[str, str]:
    """A CronJob. Each builder may use one core and what limits.memory allows; the driver has a GiB besides."""
    workers = build.workers or 1
    recipe = build.recipe.relative_to(build.folder) if build.recipe.is_relative_to(build.folder) else build.recipe
    memory = f"{(workers * build.memory_bytes + DRIVER_BYTES) >> 20}Mi"
    size = {"cpu": str(workers), "memory": memory}
    container = {
        "name": "build",
        "image": image,
        "command": ["wavemill", *build.arguments(recipe)],
        "workingDir": WORK_FOLDER,
        "envFrom": [{"secretRef": {"name": build.identifier, "optional": True}}],
        "resources": {"requests": size, "limits": dict(size)},
        "volumeMounts": [{"name": "work", "mountPath": WORK_FOLDER}],
    }
    pod = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": STOP_SECONDS,
        "containers": [container],
        "volumes": [{"name": "work", "persistentVolumeClaim": {"claimName": build.identifier}}],
    }
    deadline = {"activeDeadlineSeconds": build.schedule.deadline} if build.schedule.deadline else {}
    job = {"backoffLimit": 0, **deadline, "template": {"spec": pod}}
    cron_job = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": build.identifier},
        "spec": {
            "schedule": build.cron.text,
            "timeZone": build.schedule.timezone,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": LATE_SECONDS,
            "jobTemplate": {"spec": job},
        },
    }
    environment = build.recipe.with_suffix(".env").name
    head = [
        f"# {build.name}: the volume claim {build.identifier} holds recipe, sources and store; paths in the",
        f"# recipe start at {WORK_FOLDER}. Variables come from a secret:",
        f"# kubectl create secret generic {build.identifier} --from-env-file={environment}",
        *_variables(build, environment),
    ]
    return {f"{build.identifier}.yaml": "\n".join(head) + "\n" + _yaml(cron_job)}


def _variables(build: ScheduledBuild, environment: str | Path) -> list[str]:
    """What the environment file must say, as a comment; no values, since they may be secret."""
    return (
        [f"# {environment} sets {', '.join(build.variables)}, a line NAME=value for each."] if build.variables else []
    )


def _yaml(value: Any) -> str:
    sink = io.StringIO()
    YAML().dump(value, sink)
    return sink.getvalue()


def _list(field: Field, count: int) -> str:
    """Numbers as systemd lists them; * where they are all there are.

    >>> _list(Field.parse("1-3,9", "hour", 0, 23), 24)
    '01..03,09'
    """
    if len(field.values) == count:
        return "*"
    return ",".join(f"{a:02d}" if a == b else f"{a:02d}..{b:02d}" for a, b in _runs(field.values))


def _weekdays(field: Field) -> str:
    """Days of the week, with the blank that follows them. systemd's week begins on Monday, so none are joined."""
    return ",".join(DAYS[value] for value in field.values) + " "


def _runs(values: tuple[int, ...]) -> list[tuple[int, int]]:
    """Ascending numbers as runs without a gap."""
    runs: list[tuple[int, int]] = []
    for value in values:
        if runs and runs[-1][1] == value - 1:
            runs[-1] = (runs[-1][0], value)
        else:
            runs.append((value, value))
    return runs


def _percent(text: str) -> str:
    """Text in a unit file, where % opens a specifier."""
    return text.replace("%", "%%")


def _argument(text: str) -> str:
    """One argument of ExecStart, quoted as systemd.service(5) says."""
    quoted = _percent(text).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return quoted if quoted == text and not set(text) & set(" \t';") else f'"{quoted}"'
