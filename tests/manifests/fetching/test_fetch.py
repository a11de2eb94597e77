"""A corpus comes to its place: once, whole, and after whatever has stopped it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from manifests.errors import BusyError, FetchError, FullError, HostileError
from manifests.fetching import disk, fetch
from manifests.fetching.fetch import fetch_part, order
from manifests.fetching.place import Place
from manifests.fetching.source import Archive, Part, Source
from tests.chaos.full_disk import may_mount
from tests.manifests.fetching.archives import GOOD, split, tar, zipped
from tests.manifests.fetching.heard import Heard
from tests.manifests.fetching.server import Shelf

ARCHIVE = tar(GOOD)
MADE = {name.removeprefix("corpus/"): content for name, content in GOOD.items()}


def source(shelf: Shelf, *names: str, alternatives: bool = False, published: bool = True) -> Source:
    """A corpus of parts of one archive each, which the server has."""
    parts = []
    for name in names:
        content = shelf.files.setdefault(f"/{name}", ARCHIVE)
        size, digest = len(content), f"sha256:{hashlib.sha256(content).hexdigest()}"
        known = (size, digest) if published else (None, None)
        parts.append(Part(name, (Archive(f"{name}.tar.gz", (f"{shelf.url}/{name}",), *known),), "corpus"))
    return Source("tones", "https://example.org", tuple(parts), alternatives=alternatives)


def get(wanted: Source, place: Place, heard: Heard, *names: str) -> list[str]:
    """What the command does after the question; the parts that were missing."""
    missing = order(wanted, names, place).missing
    with place.alone():
        for part in missing:
            fetch_part(wanted, part, place, heard)
    return [part.name for part in missing]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "data/tones")


def test_a_corpus_is_there_once_and_leaves_only_its_notes(shelf: Shelf, place: Place, heard: Heard) -> None:
    wanted = source(shelf, "all")
    assert get(wanted, place, heard) == ["all"]
    assert files(place.target) == MADE
    assert sorted(path.name for path in place.work.iterdir()) == ["lock", "notes.json"]
    note = json.loads((place.work / "notes.json").read_text())["parts"]["all"]
    assert note["files"] == 3
    assert note["urls"] == [f"{shelf.url}/all"]
    assert note["archives"] == {"all.tar.gz": wanted.parts[0].archives[0].digest}
    assert get(wanted, place, heard) == []
    assert len(shelf.asked) == 1


def test_a_part_that_was_removed_is_missing_again(shelf: Shelf, place: Place, heard: Heard) -> None:
    wanted = source(shelf, "all")
    get(wanted, place, heard)
    for path in (place.target / "wavs").iterdir():
        path.unlink()
    (place.target / "wavs").rmdir()
    assert get(wanted, place, heard) == ["all"]
    assert files(place.target) == MADE


def test_parts_are_chosen_by_name(shelf: Shelf, place: Place, heard: Heard) -> None:
    shelf.files["/dev"] = tar({"corpus/dev/a": b"1"})
    shelf.files["/test"] = tar({"corpus/test/a": b"2"})
    wanted = source(shelf, "dev", "test")
    assert get(wanted, place, heard, "test") == ["test"]
    assert files(place.target) == {"test/a": b"2"}
    assert get(wanted, place, heard) == ["dev"]
    assert files(place.target) == {"dev/a": b"1", "test/a": b"2"}
    with pytest.raises(FetchError, match="tones has no part 'train'; there are dev, test"):
        order(wanted, ["train"], place)


def test_versions_do_not_share_a_folder(shelf: Shelf, place: Place, heard: Heard) -> None:
    wanted = source(shelf, "v1", "v2", alternatives=True)._replace(default=("v2",))
    get(wanted, place, heard, "v1")
    assert get(wanted, place, heard) == [], "what is there is what is meant"
    with pytest.raises(FetchError, match=f"{place.target} would hold v1 and v2; give each a folder, with --to"):
        order(wanted, ["v2"], place)


def test_an_order_counts_what_is_to_come(shelf: Shelf, place: Place) -> None:
    wanted = source(shelf, "one", "two")
    found = order(wanted, (), place)
    assert found.download == 2 * len(ARCHIVE)
    assert found.room == found.download + 2 * int(len(ARCHIVE) * fetch.UNPACKED)
    place.work.mkdir(parents=True)
    (place.work / "one.tar.gz.part").write_bytes(ARCHIVE[:50])
    assert order(wanted, (), place).download == 2 * len(ARCHIVE) - 50
    assert order(source(shelf, "one", published=False), (), place).download is None


def test_a_download_that_breaks_off_goes_on(shelf: Shelf, place: Place, heard: Heard) -> None:
    shelf.cuts = [0, 0, 0, 0, 40]
    wanted = source(shelf, "all")
    with pytest.raises(FetchError, match="40 bytes of it are kept"):
        get(wanted, place, heard)
    assert not place.target.exists()
    get(wanted, place, heard)
    assert files(place.target) == MADE
    assert shelf.asked[-1].range == "bytes=40-"


@pytest.mark.parametrize("step", ["extract", "install"])
def test_a_crash_in_any_step_leaves_the_download_and_no_half_corpus(
    shelf: Shelf, place: Place, heard: Heard, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = source(shelf, "all")
    with monkeypatch.context() as patch:
        patch.setattr(fetch, step, lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            get(wanted, place, heard)
    assert not place.target.exists()
    (place.work / "all.unpacked").mkdir(exist_ok=True)
    (place.work / "all.unpacked/half").write_text("of a process that was killed")
    get(wanted, place, heard)
    assert files(place.target) == MADE
    assert len(shelf.asked) == 1


def test_a_full_disk_is_told_and_the_rest_comes_when_there_is_room(
    shelf: Shelf, place: Place, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later and later; `tests.chaos.full_fetch` fills a real disk."""
    wanted = source(shelf, "all")
    for budget in range(0, sum(len(content) for content in GOOD.values()), 100):
        with monkeypatch.context() as patch:
            patch.setattr(disk.os, "write", Budget(budget))
            with pytest.raises(FullError) as caught:
                get(wanted, place, heard)
        told = "No space left on device: free some space there and run this again; what is finished is kept"
        assert str(caught.value).endswith(told)
        assert str(place.work) in str(caught.value)
        assert not place.target.exists()
        assert not (place.work / "all.unpacked").exists()
    get(wanted, place, heard)
    assert files(place.target) == MADE
    assert [one.range for one in shelf.asked] == [None, None, "bytes=100-", "bytes=300-"]


class Budget:
    """os.write on a disk that has so many bytes left."""

    def __init__(self, left: int) -> None:
        self.left, self._write = left, os.write

    def __call__(self, handle: int, block: memoryview) -> int:
        if not self.left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self._write(handle, block[: self.left])
        self.left -= written
        return written


def test_a_hostile_archive_goes_with_all_that_was_in_it(shelf: Shelf, place: Place, heard: Heard) -> None:
    shelf.files["/all"] = tar(GOOD | {"../../evil": b"x"})
    with pytest.raises(HostileError) as caught:
        get(source(shelf, "all"), place, heard)
    told = "all.tar.gz holds a member called '../../evil', which leads out of the folder"
    assert str(caught.value) == f"{told}; it was removed, and nothing of it is left"
    assert not place.target.exists()
    assert [path.name for path in place.work.iterdir()] == ["lock"]
    assert not (place.target.parent.parent / "evil").exists()


def test_a_damaged_archive_without_a_digest_is_fetched_again(shelf: Shelf, place: Place, heard: Heard) -> None:
    shelf.files["/all"] = ARCHIVE[:-20]
    wanted = source(shelf, "all", published=False)
    with pytest.raises(FetchError, match=r"all\.tar\.gz is damaged: .*; it was removed"):
        get(wanted, place, heard)
    shelf.files["/all"] = ARCHIVE
    get(wanted, place, heard)
    assert files(place.target) == MADE


def test_a_digest_that_nobody_published_is_told_and_held_against_the_next_one(
    shelf: Shelf, place: Place, heard: Heard
) -> None:
    wanted = source(shelf, "all", published=False)
    get(wanted, place, heard)
    digest = f"sha256:{hashlib.sha256(ARCHIVE).hexdigest()}"
    assert heard.said == [f"all.tar.gz: nobody has published its digest; it is {digest}, noted for the next time"]
    os.rename(place.target, place.target.with_name("old"))
    shelf.files["/all"] = tar(GOOD | {"corpus/new": b"another edition"})
    with pytest.raises(FetchError, match=f"should be {digest}; removed; nobody has published its digest; remove the"):
        get(wanted, place, heard)
    shelf.files["/all"] = ARCHIVE
    assert get(wanted, place, heard) == ["all"]


def test_the_volumes_of_a_split_zip_come_together(shelf: Shelf, place: Place, heard: Heard) -> None:
    names = ("a.z01", "a.z02", "a.zip")
    content = {"corpus/a.wav": os.urandom(3000), "corpus/b.wav": os.urandom(4000)}
    whole = zipped(content)
    for name, volume in zip(names, split(whole, len(whole) // 3 + 8), strict=True):
        shelf.files[f"/{name}"] = volume
    part = Part("audio", tuple(Archive(name, (f"{shelf.url}/{name}",)) for name in names), "corpus")
    get(Source("tones", "", (part,)), place, heard)
    assert files(place.target) == {"a.wav": content["corpus/a.wav"], "b.wav": content["corpus/b.wav"]}


def test_two_do_not_fetch_to_one_folder(place: Place) -> None:
    other = Place(place.target).alone()
    with place.alone(), pytest.raises(BusyError, match="another process is fetching to there") as caught:
        other.__enter__()
    assert caught.value.exit_code == 11
    with place.alone():
        pass


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"s3://bucket/x: a corpus is fetched to a folder; copy it from there"):
        Place("s3://bucket/x")
    (tmp_path / "file").write_text("")
    with pytest.raises(FetchError, match="file is no folder"):
        Place(tmp_path / "file")


def test_notes_that_are_damaged_are_told(place: Place) -> None:
    place.work.mkdir(parents=True)
    (place.work / "notes.json").write_text("{")
    with pytest.raises(FetchError, match=r"notes\.json is damaged: .*; remove it"):
        place.parts()


def test_disks_that_are_really_full() -> None:
    points = 5
    if not may_mount():
        pytest.skip("this system gives us no mount namespace")
    command = [sys.executable, "-m", "tests.chaos.full_fetch", "--points", str(points)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{points} fetches ran out of room, said so, and were completed" in done.stdout
