"""A command hears how a build ended; what becomes of the command is no affair of the build."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.notify import notify
from pipelines.recipe import Notify


@pytest.mark.parametrize("success", [True, False])
@pytest.mark.parametrize("on", [["success"], ["failure"], ["success", "failure"]])
def test_it_hears_what_it_asked_for_on_its_standard_input(tmp_path: Path, success: bool, on: list[str]) -> None:
    heard = tmp_path / "heard"
    notify(Notify.model_validate({"command": ["tee", str(heard)], "on": on}), success, b'{"outcome": "any"}')
    assert heard.exists() == (("success" if success else "failure") in on)
    assert not heard.exists() or heard.read_bytes() == b'{"outcome": "any"}'


def test_what_it_prints_is_no_part_of_the_answer(capfd: pytest.CaptureFixture[str]) -> None:
    notify(Notify(command=["echo", "sent"]), True, b"")
    assert capfd.readouterr() == ("", "sent\n")


def test_it_may_leave_its_input_unread(capfd: pytest.CaptureFixture[str]) -> None:
    notify(Notify(command=["sh", "-c", "echo read nothing"]), True, b"x" * (1 << 20))
    assert capfd.readouterr() == ("", "read nothing\n")


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (["wavemill-no-such-program"], "wavemill-no-such-program cannot be run: No such file or directory"),
        (["sh", "-c", "exit 7"], "sh exited with 7"),
        (["sh", "-c", "kill -9 $$"], "sh exited with -9"),
        (["sleep", "60"], "sleep took more than 0.3 s and was stopped"),
    ],
)
def test_its_failure_is_a_warning(
    command: list[str], complaint: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.notify.SECONDS", 0.3 if command[0] == "sleep" else 15)
    notify(Notify(command=command), True, b"{}")
    assert caplog.messages == [f"notify: {complaint}"]


def test_no_shell_reads_it(tmp_path: Path) -> None:
    made = tmp_path / "made"
    notify(Notify(command=["echo", f"hi; touch {made}", f"$(touch {made})"]), True, b"")
    assert not made.exists()
