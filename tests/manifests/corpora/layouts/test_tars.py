from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from manifests.corpora.layouts.tars import Member, content, expanded, members
from manifests.errors import CorpusError
from manifests.files import LocalFiles
from tests.factories import write_lines


def archive(*infos: tuple[tarfile.TarInfo, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=format) as opened:
        for info, data in infos:
            info.size = len(data)
            opened.addfile(info, io.BytesIO(data))
    return sink.getvalue()


def found(data: bytes) -> list[Member]:
    return list(members(io.BytesIO(data), "x.tar"))


def message_of(data: bytes) -> str:
    with pytest.raises(CorpusError) as caught:
        found(data)
    return str(caught.value)


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_lie_where_they_are_said_to(format: int) -> None:
    """Also behind headers of their own that long names have."""
    folder = tarfile.TarInfo("wavs")
    folder.type = tarfile.DIRTYPE
    names = ["./a.wav", "wavs/b.wav", *(["n" * 150 + "ä.wav"] if format != tarfile.USTAR_FORMAT else [])]
    contents = [name.encode() * 100 for name in names]
    data = archive((folder, b""), *zip(map(tarfile.TarInfo, names), contents, strict=True), format=format)
    listed = found(data)
    assert [member.name for member in listed] == ["a.wav", *names[1:]]
    assert [data[member.offset : member.offset + member.size] for member in listed] == contents
    with io.BytesIO(data) as opened:
        assert content(opened, listed[1], "x.tar") == contents[1]


def test_archives_that_cannot_be_read_in_place_are_refused() -> None:
    link = tarfile.TarInfo("b.wav")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    data = archive((tarfile.TarInfo("a.wav"), b"a" * 2000))
    assert message_of(archive((link, b""))) == (
        "x.tar: 'b.wav' is no plain file; write the archive again without links"
    )
    for broken in (gzip.compress(data), b"no archive" * 100):
        assert message_of(broken).endswith("; an archive must be a plain .tar, whole")
    assert message_of(data[:1500]).startswith("x.tar: cannot be read behind 'a.wav': ")


def test_patterns_name_archives(tmp_path: Path) -> None:
    for name in ("a-08.tar", "a-09.tar", "a-10.tar", "deep/b.tar", "c.txt"):
        write_lines(tmp_path / name)
    files = LocalFiles(tmp_path)
    assert expanded("a-{08..10}.tar", files) == ["a-08.tar", "a-09.tar", "a-10.tar"]
    assert expanded("{a-{08,10},deep/b}.tar", files) == ["a-08.tar", "deep/b.tar", "a-10.tar"]
    assert expanded("", files) == ["a-08.tar", "a-09.tar", "a-10.tar", "deep/b.tar"]
    assert expanded("deep", files) == ["deep/b.tar"]
    for pattern, problem in (
        ("a-{08..11}.tar", "/a-11.tar: no such file"),
        ("a-{8.tar", ": 'a-{8.tar' has a brace that is not closed; write a-{000..012}.tar"),
        ("a-{9..8}.tar", ": {9..8} is no range; write the lower number first"),
    ):
        with pytest.raises(CorpusError) as caught:
            expanded(pattern, files)
        assert str(caught.value) == f"{tmp_path}{problem}"
