from __future__ import annotations

import random
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from manifests.errors import FetchError, HostileError
from manifests.fetching.extract import extract
from manifests.fetching.source import Archive, Part
from tests.manifests.fetching.archives import GOOD, header, split, tar, zipped
from tests.manifests.fetching.heard import Heard

LINK, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE
STORED = zipfile.ZIP_STORED


class Bench:
    """A folder with an archive in it, and one beside that must stay as it is."""

    def __init__(self, folder: Path) -> None:
        self.inside, self.safe = folder / "work", folder / "safe"
        self.made = self.inside / "made"
        self.inside.mkdir()
        self.safe.write_text("untouched")
        self.heard = Heard()

    def extract(self, *volumes: bytes, inside: str = "", unpacked: int | None = None) -> int:
        paths = [self.inside / f"a.{number}" for number in range(len(volumes))]
        for path, content in zip(paths, volumes, strict=True):
            path.write_bytes(content)
        part = Part("part", (Archive("a", ()),), inside, unpacked)
        try:
            return extract(paths, part, self.made, self.heard)
        finally:
            for path in paths:
                path.unlink()

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.made.rglob("*") if path.is_file())
        return {path.relative_to(self.made).as_posix(): path.read_bytes() for path in found}

    def nothing_is_left(self) -> bool:
        beside = sorted(path.name for path in self.inside.parent.iterdir())
        return not [*self.inside.iterdir()] and beside == ["safe", "work"] and self.safe.read_text() == "untouched"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    "archive",
    [
        tar(GOOD),
        tar(GOOD, packing="bz2"),
        tar(GOOD, packing=""),
        zipped(GOOD),
        zipped(GOOD, packing=STORED),
    ],
    ids=["gz", "bz2", "tar", "zip", "stored"],
)
def test_the_files_come_out_as_they_went_in(bench: Bench, archive: bytes) -> None:
    assert bench.extract(archive) == 3
    assert bench.files() == GOOD
    assert bench.heard.done["unpacking a.0"]


def test_the_content_of_a_folder_becomes_that_of_the_corpus(bench: Bench) -> None:
    bench.extract(tar({f"./{name}": content for name, content in GOOD.items()} | {"notes": b"x"}), inside="corpus")
    assert sorted(bench.files()) == ["README", "notes", "wavs/a.wav", "wavs/b.wav"]


def test_an_archive_without_that_folder_is_told(bench: Bench) -> None:
    with pytest.raises(FetchError, match=r"^a\.0 has no folder LibriSpeech: its publishers have changed it"):
        bench.extract(tar(GOOD), inside="LibriSpeech")
    assert bench.nothing_is_left()


@pytest.mark.parametrize("size", [1000, 3000, 10_000])
def test_a_split_zip_is_read_as_one(bench: Bench, size: int) -> None:
    draw = random.Random(3)
    files = {f"corpus/{number}.wav": draw.randbytes(draw.randrange(3000)) for number in range(20)}
    volumes = split(zipped(files), size)
    assert len(volumes) > 2
    assert bench.extract(*volumes, inside="corpus") == 20
    assert bench.files() == {name.removeprefix("corpus/"): content for name, content in files.items()}


def test_a_split_zip_with_a_volume_too_few_is_told(bench: Bench) -> None:
    files = {f"{number}.wav": random.Random(number).randbytes(2000) for number in range(9)}
    volumes: Sequence[bytes] = split(zipped(files), 4000)
    with pytest.raises(FetchError, match=r"a\.\d is damaged"):
        bench.extract(*volumes[:1], *volumes[2:])
    assert bench.nothing_is_left()


NAMES = ["\udcff", "../x", "/x", "a/../../x", "//x", "a\\..\\x", "C:x", "a\nb", "a/\x1b[2J", "a/" + "n" * 300]
"""The first one can be in no zip."""


@pytest.mark.parametrize(
    ("packed", "name"), [*(("tar", name) for name in NAMES), *(("zip", name) for name in NAMES[1:])]
)
def test_names_that_are_none_below_a_folder_are_refused(bench: Bench, name: str, packed: str) -> None:
    files = GOOD | {name: b"evil"}
    with pytest.raises(HostileError, match=r"^a\.0 holds a (member called|name that)"):
        bench.extract(tar(files) if packed == "tar" else zipped(files))
    assert bench.nothing_is_left()


@pytest.mark.parametrize(
    "member",
    [
        header("x", LINK, "/etc/passwd"),
        header("x", LINK, "../safe"),
        header("corpus/x", LINK, "../../../safe"),
        header("x", HARD, "../safe"),
        header("x", HARD, "/etc/passwd"),
        header("x", LINK, "nothing"),
        header("x", LINK, "x"),
        header("x", LINK, "."),
        header("corpus/x", LINK, "../corpus"),
        header("x", tarfile.FIFOTYPE),
        header("x", tarfile.CHRTYPE, devmajor=1, devminor=5),
        header("x", tarfile.BLKTYPE, devmajor=8, devminor=0),
        header("corpus", LINK, "."),
        header("corpus/README/x", tarfile.DIRTYPE),
        header("x", tarfile.GNUTYPE_SPARSE),
    ],
    ids=lambda member: f"{member.type.decode()} {member.name} {member.linkname}",
)
def test_links_out_and_whatever_is_no_file_are_refused(bench: Bench, member: tarfile.TarInfo) -> None:
    with pytest.raises(HostileError, match=r"^a\.0 holds "):
        bench.extract(tar(GOOD, member))
    assert bench.nothing_is_left()


@pytest.mark.parametrize("target", ["..", "corpus", "/tmp"])
def test_nothing_is_written_through_a_link(bench: Bench, target: str) -> None:
    """The link comes first, then files that would go where it leads."""
    link = tar({}, header("x", LINK, target), packing="")[:512]
    with pytest.raises(HostileError):
        bench.extract(link + tar({"x/safe": b"evil", "corpus/a": b"a"}, packing=""))
    assert bench.nothing_is_left()


def test_links_within_become_second_names(bench: Bench) -> None:
    members = header("b", LINK, "c"), header("c", LINK, "corpus/wavs/a.wav"), header("corpus/d", HARD, "corpus/README")
    bench.extract(tar(GOOD, *members))
    files = bench.files()
    assert files["b"] == files["c"] == GOOD["corpus/wavs/a.wav"]
    assert files["corpus/d"] == GOOD["corpus/README"]
    assert not [path for path in bench.made.rglob("*") if path.is_symlink()]


def test_a_link_to_a_folder_becomes_a_folder_of_second_names(bench: Bench) -> None:
    """As TED-LIUM has them; the folder has links itself, which come later."""
    members = header("legacy", LINK, "corpus"), header("corpus/wavs/c.wav", LINK, "a.wav")
    assert bench.extract(tar(GOOD, *members)) == 8
    files = bench.files()
    assert {name.removeprefix("legacy/") for name in files if name.startswith("legacy/")} == {
        "README",
        "wavs/a.wav",
        "wavs/b.wav",
        "wavs/c.wav",
    }
    assert files["legacy/wavs/c.wav"] == GOOD["corpus/wavs/a.wav"]


def test_links_in_zips_are_held_to_the_same_rules(bench: Bench) -> None:
    modes = {"x": stat.S_IFLNK | 0o777}
    with pytest.raises(HostileError, match=r"holds a link 'x' to '\.\./safe', outside of the folder"):
        bench.extract(zipped(GOOD | {"x": b"../safe"}, modes))
    with pytest.raises(HostileError, match="neither file, folder nor link"):
        bench.extract(zipped(GOOD | {"x": b""}, {"x": stat.S_IFIFO | 0o644}))
    assert bench.nothing_is_left()
    bench.extract(zipped(GOOD | {"x": b"corpus/README"}, modes))
    assert bench.files()["x"] == GOOD["corpus/README"]


@pytest.mark.parametrize("mode", [0o6777, 0o4755, 0o000, 0o2700])
def test_modes_are_not_taken_over(bench: Bench, mode: int) -> None:
    bench.extract(tar(GOOD, header("dir", tarfile.DIRTYPE, mode=0o1000), mode=mode))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in bench.made.rglob("*") if path.is_file()}
    assert modes == {stat.S_IMODE(bench.safe.stat().st_mode)}, "as files of this process are"
    assert (bench.made / "dir").stat().st_mode & 0o7700 == 0o700


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test reaches in no time."""
    monkeypatch.setattr("manifests.fetching.members.SMALL", 50_000)
    monkeypatch.setattr("manifests.fetching.members.MEMBERS", 50)


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("make", [tar, zipped], ids=["tar", "zip"])
def test_bombs_stop_at_their_limit(bench: Bench, make: object) -> None:
    assert callable(make)
    with pytest.raises(HostileError, match=r"holds more than the [\d,]+ bytes that an archive like this one may"):
        bench.extract(make({"zeros": bytes(3_000_000)}))
    with pytest.raises(HostileError, match="holds more than 50 members"):
        bench.extract(make({f"{number}": b"" for number in range(51)}))
    noise = random.Random(1).randbytes(200_000)
    with pytest.raises(HostileError, match="holds more than the 110,000 bytes"):
        bench.extract(make({"noise": noise}), unpacked=100_000)
    assert bench.nothing_is_left()
    assert bench.extract(make({"noise": noise}), unpacked=190_000) == 1


@pytest.mark.usefixtures("strict")
def test_links_that_double_each_other_stop_at_their_limit(bench: Bench) -> None:
    doubling = [header(f"{n}/{side}", LINK, f"../{n - 1}") for n in range(1, 9) for side in ("a", "b")]
    with pytest.raises(HostileError, match="holds more than 50 members"):
        bench.extract(tar({"0/file": b"x"}, *doubling))
    assert bench.nothing_is_left()


@pytest.mark.usefixtures("strict")
def test_a_zip_whose_list_declares_too_much_is_refused_before_a_byte_is_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("manifests.fetching.extract._write_file", lambda *arguments: pytest.fail("wrote"))
    with pytest.raises(HostileError, match="holds more than the"):
        bench.extract(zipped({"a": b"small", "zeros": bytes(3_000_000)}))


def test_a_header_of_megabytes_is_refused_before_it_is_read(bench: Bench) -> None:
    with pytest.raises(HostileError, match=r"a\.0 holds a header of [\d,]+ bytes"):
        bench.extract(tar({"n" * 5_000_000: b""}))
    assert bench.nothing_is_left()


def test_damage_is_told_and_leaves_nothing(bench: Bench) -> None:
    draw = random.Random(5)
    noise = {"a": draw.randbytes(20_000), "b": draw.randbytes(20_000)}
    plain = bytearray(tar(noise, packing=""))
    plain[512 + 20_480 + 150] ^= 0xFF  # in the checksum of the second header: tarfile alone would call that the end
    flipped = bytearray(zipped(noise, packing=STORED))
    flipped[10_000] ^= 1
    locked = bytearray(zipped(noise))
    locked[locked.rfind(b"PK\x01\x02") + 8] |= 1
    cases = {
        "cut": tar(noise)[:30_000],
        "header": bytes(plain),
        "crc": bytes(flipped),
        "encrypted": bytes(locked),
        "page": b"<html>please log in</html>" * 99,
        "trailer": tar(noise)[:-8] + bytes(8),
        "empty": b"",
        "no list": zipped(noise)[:-30],
    }
    for name, content in cases.items():
        with pytest.raises(FetchError, match=r"^a\.0 is (damaged|encrypted)"):
            bench.extract(content)
        assert bench.nothing_is_left(), name


@pytest.mark.parametrize("make", [tar, zipped], ids=["tar", "zip"])
def test_any_damage_gives_files_or_an_error_and_nothing_elsewhere(bench: Bench, make: object) -> None:
    assert callable(make)
    draw, good = random.Random(11), make(GOOD)
    kept = 0
    for _ in range(150):
        broken = bytearray(good)
        for _ in range(draw.randrange(1, 4)):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        try:
            bench.extract(bytes(broken))
            kept += 1
            assert {path for path in bench.made.rglob("*") if path.is_symlink()} == set()
            shutil.rmtree(bench.made)
        except FetchError:
            pass
        assert bench.nothing_is_left()
    assert kept < 150
