"""`wavemill fetch`: asked, told, fetched, read."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from manifests.corpora import reader_class
from manifests.fetching.source import Source, single
from manifests.fetching.sources import SOURCES
from pipelines.commands import fetching
from tests.factories import folder_corpus
from tests.manifests.fetching.archives import tar
from tests.manifests.fetching.server import Shelf, serving
from wavemill import cli


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """A server with a small fsdd, which the command takes for the real one; the test's folder is the current one."""
    made = folder_corpus(tmp_path / "made", [f"{digit}_theo_{index}.wav" for digit in (3, 7) for index in (0, 9)])
    content = tar({f"fsdd-1/recordings/{path.name}": path.read_bytes() for path in sorted(made.iterdir())})
    with serving(Shelf({"/fsdd.tar.gz": content})) as shelf:
        monkeypatch.setitem(SOURCES, "fsdd", source(shelf))
        monkeypatch.chdir(tmp_path)
        yield shelf


def source(shelf: Shelf) -> Source:
    content = shelf.files["/fsdd.tar.gz"]
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    part = single("all", "fsdd.tar.gz", f"{shelf.url}/fsdd.tar.gz", size=len(content), digest=digest, inside="fsdd-1")
    return Source("fsdd", "https://example.org", (part,), note="four clips")


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(cli, ["fetch", *arguments], input=answer)


def test_a_corpus_is_introduced_fetched_and_read(shelf: Shelf, tmp_path: Path) -> None:
    done = run("fsdd", "--to", "data/digits", "--yes")
    assert done.exit_code == 0, done.output
    root, size = tmp_path / "data/digits", len(shelf.files["/fsdd.tar.gz"])
    lines = done.stderr.splitlines()
    assert lines[0] == (
        "Free Spoken Digit Dataset: English digits by six speakers, 3,000 clips "
        "(https://github.com/Jakobovski/free-spoken-digit-dataset)"
    )
    assert lines[1:4] == [
        "licence: CC BY-SA 4.0 https://creativecommons.org/licenses/by-sa/4.0/; its publishers ask to be named and "
        "that what you make of it is shared alike",
        "attribution: Zohar Jackson et al., Free Spoken Digit Dataset",
        "note: four clips",
    ]
    assert lines[4] == f"  all: {size / 1000:.1f} kB"
    assert lines[5].startswith(f"to download: {size / 1000:.1f} kB; then unpacked to {root}, where ")
    assert lines[6:] == [
        f"{root}: all is there, 4 files",
        f"in a recipe: corpora: {{fsdd: {{reader: fsdd, root: {root}}}}}",
    ]
    rows = list(reader_class("fsdd")(root=str(root)).rows())
    assert [row.key for row in rows] == [
        f"recordings/{name}.wav" for name in ("3_theo_0", "3_theo_9", "7_theo_0", "7_theo_9")
    ]
    again = run("fsdd", "--to", "data/digits")
    assert (again.exit_code, again.stderr) == (0, f"{root}: all of fsdd is there already; nothing to do\n")
    assert len(shelf.asked) == 1


def test_json_says_what_is_there_and_what_has_come(shelf: Shelf, tmp_path: Path) -> None:
    first, second = run("fsdd", "--yes", "--json"), run("fsdd", "--json")
    found = json.loads(first.stdout)
    assert found["folder"] == str(tmp_path / "fsdd")
    assert found["fetched"] == ["all"]
    assert found["parts"]["all"]["files"] == 4
    assert json.loads(second.stdout) == found | {"fetched": []}


def test_nothing_is_asked_of_a_server_before_the_answer(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = run("fsdd")
    assert isinstance(silent.exception, ValueError)
    assert str(silent.exception) == "nothing is fetched without being asked; say --yes"
    monkeypatch.setattr(fetching, "_is_terminal", lambda: True)
    for answer in ("n\n", "\n"):
        refused = run("fsdd", answer=answer)
        assert refused.exit_code == 1
        assert (
            refused.stderr.endswith("Fetch it? [y/N]: nothing was fetched\n") or "nothing was fetched" in refused.stderr
        )
    assert shelf.asked == []
    assert not Path("fsdd").exists()
    assert not Path(".fsdd.fetch").exists()
    assert run("fsdd", answer="y\n").exit_code == 0
    assert Path("fsdd/recordings/3_theo_0.wav").exists()


def test_too_little_room_is_told_before_anything_comes(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(shelf.files["/fsdd.tar.gz"])
    monkeypatch.setattr("manifests.fetching.disk.free_bytes", lambda folder: size - 1)
    done = run("fsdd", "--yes")
    assert "too little room even for the download; free some, or choose a disk with --to" in str(done.exception)
    assert shelf.asked == []
    monkeypatch.setattr("manifests.fetching.disk.free_bytes", lambda folder: size + 1)
    done = run("fsdd", "--yes")
    assert done.exit_code == 0, "an estimate only warns"
    assert "that may be too little: about" in done.stderr


def test_corpora_that_cannot_be_fetched_say_why(shelf: Shelf) -> None:
    asked = str(run("common_voice").exception)
    assert asked.startswith("common_voice cannot be fetched; its publishers want to be asked. At https://")
    assert str(run("fsd").exception) == "no source is known for 'fsd'; did you mean fsdd?"
    assert str(run("fsdd", "--part", "some", "--yes").exception) == "fsdd has no part 'some'; there are all"


def test_without_a_name_the_corpora_are_listed(shelf: Shelf) -> None:
    lines = run().stdout.splitlines()
    assert [line.split()[0] for line in lines[: len(SOURCES)]] == list(SOURCES)
    assert "librispeech      dev-clean (337.9 MB), dev-other (314.3 MB)" in run().stdout
    assert lines[-1].split() == ["common_voice,", "gigaspeech,", "voxceleb"]
    found = json.loads(run("--json").stdout)
    assert found["corpora"]["fsdd"]["parts"] == {"all": len(shelf.files["/fsdd.tar.gz"])}
    assert shelf.asked == []


def test_what_the_system_refuses_is_an_error_for_people(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied", "/data/fsdd")

    monkeypatch.setattr("manifests.fetching.fetch.install", refuse)
    assert str(run("fsdd", "--yes").exception) == "/data/fsdd: Permission denied"


SCRIPT = """
import sys
from manifests.fetching.source import Source, single
from manifests.fetching.sources import SOURCES
url, digest = sys.argv[1:3]
part = single("all", "fsdd.tar.gz", url, digest=digest, inside="fsdd-1")
SOURCES["fsdd"] = Source("fsdd", "https://example.org", (part,))
sys.argv[1:] = ["fetch", "fsdd", "--yes"]
import wavemill
wavemill.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_fetch_that_is_stopped_goes_on_where_it_was(shelf: Shelf, tmp_path: Path, number: signal.Signals) -> None:
    shelf.etags["/fsdd.tar.gz"], shelf.pause = '"v1"', 1000
    digest = str(source(shelf).parts[0].archives[0].digest)
    command = [sys.executable, "-c", SCRIPT, f"{shelf.url}/fsdd.tar.gz", digest]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as stopped:
        assert shelf.paused.wait(60)
        part = tmp_path / ".fsdd.fetch/fsdd.tar.gz.part"
        while not part.exists() or part.stat().st_size < 1000:
            assert stopped.poll() is None
        time.sleep(0.2)  # between the write and the next wait, Python would hear of a signal only after the wait
        stopped.send_signal(number)
        told = stopped.communicate(timeout=60)[1]
    if number == signal.SIGKILL:
        assert stopped.returncode == -number
    else:
        assert stopped.returncode == 128 + number
        assert told.endswith("stopped; the same command goes on where it was\n")
    assert not (tmp_path / "fsdd").exists()
    again = subprocess.run(command, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    assert again.returncode == 0, again.stderr
    assert [(one.range, one.if_range, one.status) for one in shelf.asked] == [
        (None, None, 200),
        ("bytes=1000-", '"v1"', 206),
    ]
    assert len(list((tmp_path / "fsdd/recordings").iterdir())) == 4
