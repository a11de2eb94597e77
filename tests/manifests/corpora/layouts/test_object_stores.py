"""Layouts on an object store: the same recordings, their audio named by address or inside archives."""

from __future__ import annotations

from pathlib import Path

from manifests.corpora import reader_class
from manifests.files import open_files
from manifests.recording import Recording, Span
from tests.manifests.corpora.layouts.test_webdataset import archive, said
from tests.s3 import Proxy


def put(s3: Proxy, name: str, content: str | bytes) -> None:
    s3.send("PUT", f"/{s3.bucket}/corpus/{name}", content.encode() if isinstance(content, str) else content)


def rows(s3: Proxy, reader: str, **parameters: str) -> list[Recording]:
    return list(reader_class(reader).model_validate({"root": f"s3://{s3.bucket}/corpus", **parameters}).rows())


def test_kaldi(s3: Proxy) -> None:
    put(s3, "data/dev/wav.scp", f"r s3://{s3.bucket}/corpus/audio/r.flac\nq audio/q.wav\n")
    put(s3, "data/dev/segments", "u r 0.5 1.5\nv q 0 -1\n")
    put(s3, "data/dev/text", "u hello\n")
    assert rows(s3, "kaldi", path="data") == [
        Recording("u", Span("audio/r.flac", 0.5, 1.0), text="hello", split="valid"),
        Recording("v", Span("audio/q.wav"), split="valid"),
    ]


def test_members_of_archives(tmp_path: Path, s3: Proxy) -> None:
    tar = archive(tmp_path / "x.tar", a__flac=b"A" * 700, a__json=said(speaker="ann"))
    put(s3, "train-0.tar", tar.read_bytes())
    (row,) = rows(s3, "webdataset")
    assert (row.key, row.speaker, row.split) == ("a", "ann", "train")
    files = open_files(f"s3://{s3.bucket}/corpus")
    assert files.read(row.span.path, row.span.offset, row.span.size) == b"A" * 700
    put(s3, "m.json", '{"audio_filepath": "a.flac", "duration": 1.0, "text": "hi"}\n')
    (tarred,) = rows(s3, "nemo", path="m.json", tars="train-0.tar")
    assert tarred == Recording("a.flac", row.span, text="hi")
