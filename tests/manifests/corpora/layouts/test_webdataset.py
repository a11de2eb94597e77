from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from manifests.recording import Recording, Span
from tests.manifests.corpora.layouts.reading import message_of, rows


def archive(path: Path, **contents: bytes) -> Path:
    """A tar with these members, whose names have dots for double underscores."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as opened:
        for name, content in contents.items():
            info = tarfile.TarInfo(name.replace("__", "."))
            info.size = len(content)
            opened.addfile(info, io.BytesIO(content))
    return path


def said(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def audio_of(root: Path, row: Recording) -> bytes:
    assert row.span.offset is not None
    return (root / row.span.path).read_bytes()[row.span.offset :][: row.span.size]


def plain(rows: list[Recording]) -> list[Recording]:
    """Without where the audio lies, which `audio_of` looks at."""
    return [row._replace(span=row.span._replace(offset=None, size=None)) for row in rows]


def test_samples_are_members_of_one_name(tmp_path: Path) -> None:
    tar = archive(
        tmp_path / "train-000000.tar",
        readme=b"passed over",
        a__flac=b"AAAA" * 200,
        a__json=said(speaker="ann", mood="glad", snr=5),
        a__txt=b" hello\n",
        b__json=said(text="bee", speaker="bo"),
        b__WAV=b"BB",
        b__cls=b"3",
        b__pyd=b"never read",
    )
    archive(tmp_path / "dev" / "x-1.tar", c__mp3=b"C")
    found = rows("webdataset", tmp_path, labels=["mood"])
    assert plain(found) == [
        Recording("c", Span("dev/x-1.tar"), split="valid"),
        Recording("a", Span(tar.name), None, "ann", "hello", {"mood": "glad"}, "train", {"snr": 5}),
        Recording("b", Span(tar.name), None, "bo", "bee", {"cls": "3"}, "train"),
    ]
    assert [audio_of(tmp_path, row) for row in found] == [b"C", b"AAAA" * 200, b"BB"]
    assert found[1].origin == f"{tar}:a"
    assert rows("webdataset", tmp_path, path="train-{000000..000000}.tar", labels=["mood"]) == found[1:]


def test_names_and_spans_from_the_json(tmp_path: Path) -> None:
    archive(
        tmp_path / "x.tar", a__json=said(id="u1", begin=0.5, split="test"), a__clean__flac=b"C", a__noisy__flac=b"N"
    )
    read = {"columns": {"key": "id", "start": "begin"}, "audio": "noisy.flac"}
    (row,) = rows("webdataset", tmp_path, **read)
    assert plain([row]) == [Recording("u1", Span("x.tar", 0.5), split="test")]
    assert audio_of(tmp_path, row) == b"N"


@pytest.mark.parametrize(
    ("contents", "problem"),
    [
        ({"a__json": said(), "a__txt": b"x"}, "a has no audio; there are json, txt"),
        (
            {"a__x__flac": b"1", "a__y__flac": b"2"},
            "a has several audio files, x.flac, y.flac; name one: audio: ..",
        ),
        ({"a__flac": b"1", "a__json": b"[1]"}, "'a.json' is no JSON object {..}"),
        ({"a__flac": b"1", "a__FLAC": b"1"}, "'a.FLAC' is there twice, one behind the other"),
    ],
)
def test_broken_samples_are_named(tmp_path: Path, contents: dict[str, bytes], problem: str) -> None:
    tar = archive(tmp_path / "x.tar", **contents)
    assert message_of("webdataset", tmp_path) == f"{tar}: {problem}"


def test_broken_archives_are_named(tmp_path: Path) -> None:
    assert message_of("webdataset", tmp_path) == f"{tmp_path}: holds no .tar"
    tar = archive(tmp_path / "x.tar", a__flac=b"1" * 2000, a__json=b"{")
    assert message_of("webdataset", tmp_path).startswith(f"{tar}: 'a.json' is no json: ")
    tar.write_bytes(tar.read_bytes()[:1500])
    assert message_of("webdataset", tmp_path).startswith(f"{tar}: cannot be read behind 'a.flac': ")


def test_what_the_webdataset_package_writes_is_read(tmp_path: Path) -> None:
    """Two archives of its ShardWriter, which sets the members' order and headers itself."""
    import webdataset

    pattern = str(tmp_path / "test-%06d.tar")
    with webdataset.ShardWriter(pattern, maxcount=2, verbose=0) as sink:
        for number in range(3):
            sample = {"flac": b"x" * (600 + number), "json": {"speaker": f"s{number}"}, "txt": f"say {number}"}
            sink.write({"__key__": f"deep/{number:04d}", **sample})
    found = rows("webdataset", tmp_path, path="test-{000000..000001}.tar")
    assert [(row.key, row.speaker, row.text, row.split) for row in found] == [
        (f"deep/{number:04d}", f"s{number}", f"say {number}", "test") for number in range(3)
    ]
    assert [len(audio_of(tmp_path, row)) for row in found] == [600, 601, 602]
