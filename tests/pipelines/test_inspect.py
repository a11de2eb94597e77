"""`wavemill inspect`: what it says, draws and writes, and when."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
import soundfile
from click.testing import CliRunner, Result

from pipelines.build import build
from pipelines.showing.terminal import MARGIN
from tests.factories import tone
from tests.pipelines.corpora import Tones
from tests.pipelines.showing.screen import letters, pixels
from wavemill import cli

KEY = "tones/low/0001.wav"


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Tones:
    more = "  - gain: {gain_db: -3}\n"
    made = Tones(tmp_path_factory.mktemp("inspected"), 6, more=more, tail="copies: {train: 2}\n")
    made.write(made.root / "low" / "0001.wav", tone(0.5, 8000, 1000.0))
    made.write(made.root / "low" / "\x1b[2J.wav", tone(0.1, 8000))
    (made.root / "high" / "broken.wav").write_bytes(b"no audio")
    build(made.recipe(), "inline")
    return made


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLORTERM", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def inspect(tones: Tones, *words: str, key: str = KEY) -> Result:
    return CliRunner().invoke(cli, ["inspect", str(tones.store), key, *words])


def test_without_a_terminal_nothing_is_drawn(tones: Tones) -> None:
    done = inspect(tones)
    assert done.exit_code == 0, done.output
    assert "labels: {'label': 'low'}" in done.output
    assert f"{KEY} (copy 1)" in done.output
    assert "\x1b" not in done.output
    assert "┤" not in done.output


def test_what_is_drawn_has_the_tone_at_1_khz(tones: Tones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("COLORTERM", "truecolor")
    done = inspect(tones, "--draw", "--array", "log_mel")
    lines = done.stdout.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("log_mel (51, 32) at 100 frames/s"))
    rows = lines[start + 1 : start + 17]
    assert all(len(letters(row)) == 70 for row in rows)
    light = pixels([row[MARGIN:] for row in rows]).astype(int).sum(axis=(1, 2))
    assert rows[int(light.argmax()) // 2].startswith("   1 kHz┤")
    assert "audio (" not in done.stdout
    assert done.stdout.endswith(".. and 1 more; --copy and --part choose which is drawn\n")


def test_no_color_draws_shades(tones: Tones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    done = inspect(tones, "--draw", "--copy", "1")
    assert "\x1b" not in done.output
    assert "▓" in done.output
    assert "(copy 1)" in done.output
    assert ".. and" not in done.output
    assert all(len(line) <= 80 for line in done.output[done.output.index("audio (1, 4000)") :].splitlines())


def test_a_terminal_of_any_width_is_filled(tones: Tones) -> None:
    shown = on_terminal(tones, 57)
    rows = [letters(line) for line in shown.splitlines() if "┤" in line or "│" in line]
    assert {len(row) for row in rows} == {57}
    assert "\x1b[38;5;" in shown
    assert "┤" not in on_terminal(tones, 57, "--no-draw")


def on_terminal(tones: Tones, columns: int, *words: str) -> str:
    """What the command writes to a terminal of that many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    command = [sys.executable, "-m", "wavemill", "inspect", str(tones.store), KEY, "--copy", "0", *words]
    with subprocess.Popen(
        command, stdout=theirs, stdin=theirs, env={**os.environ, "PYTHONIOENCODING": "utf-8"}
    ) as running:
        os.close(theirs)
        found = b""
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # what Linux says at the end
                break
            if not piece:
                break
            found += piece
    os.close(ours)
    assert running.returncode == 0
    return found.decode()


def test_files_are_written_for_each_example(tones: Tones, tmp_path: Path) -> None:
    done = inspect(tones, "--out", str(tmp_path / "new" / "out"))
    assert done.exit_code == 0, done.output
    names = sorted(path.name for path in (tmp_path / "new" / "out").iterdir())
    stem = names[0].partition(".")[0]
    endings = ["audio.png", "audio.wav", "json", "log_mel.png"]
    assert names == sorted(f"{stem}.{copy}{ending}" for copy in ("", "copy1.") for ending in endings)
    assert done.stderr.count("wrote ") == 8
    source, _ = soundfile.read(tones.root / "low" / "0001.wav", dtype="int16")
    written, _ = soundfile.read(tmp_path / "new" / "out" / f"{stem}.audio.wav", dtype="int16")
    assert written.tolist() == source.tolist()
    told = json.loads((tmp_path / "new" / "out" / f"{stem}.copy1.json").read_text("utf-8"))
    assert (told["key"], told["copy"], told["labels"]) == (KEY, 1, {"label": "low"})


def test_json_is_one_object_whatever_is_asked(tones: Tones, tmp_path: Path) -> None:
    done = inspect(tones, "--json", "--draw", "--out", str(tmp_path), "--copy", "1")
    (found,) = json.loads(done.stdout)["examples"]
    assert (found["key"], found["copy"]) == (KEY, 1)
    assert len(list(tmp_path.iterdir())) == 4


def test_what_was_left_out_says_why(tones: Tones, tmp_path: Path) -> None:
    done = inspect(tones, "--draw", "--out", str(tmp_path), key="tones/high/broken.wav")
    assert done.exit_code == 0
    assert "fate: rejected" in done.output
    assert not list(tmp_path.iterdir())


def test_a_key_sends_the_terminal_no_commands(tones: Tones) -> None:
    done = inspect(tones, key="tones/low/\x1b[2J.wav")
    assert done.exit_code == 0, done.output
    assert "\x1b" not in done.output
    assert "tones/low/\\x1b[2J.wav" in done.output


@pytest.mark.parametrize(
    ("words", "key", "message"),
    [
        (["--array", "log_mell"], KEY, "no array 'log_mell'; did you mean log_mel?"),
        (["--copy", "2"], KEY, "has no copy 2; there: copy 0, part 0; copy 1, part 0"),
        ([], "nothing", "no recording 'nothing'; wavemill ls"),
    ],
)
def test_mistakes_are_told(tones: Tones, words: list[str], key: str, message: str) -> None:
    done = inspect(tones, *words, key=key)
    assert done.exit_code == 1
    assert message in str(done.exception)
