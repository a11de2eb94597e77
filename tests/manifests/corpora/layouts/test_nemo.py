from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.layouts.reading import message_of, rows


def manifest(path: Path, *lines: dict[str, Any]) -> Path:
    return write_lines(path, *(json.dumps(line, ensure_ascii=False) for line in lines))


def archive(path: Path, **contents: bytes) -> Path:
    """A tar of members `NAME.wav`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as opened:
        for name, content in contents.items():
            info = tarfile.TarInfo(f"{name}.wav")
            info.size = len(content)
            opened.addfile(info, io.BytesIO(content))
    return path


def test_lines_are_files_or_spans_of_them(tmp_path: Path) -> None:
    table = manifest(
        tmp_path / "lists" / "train_manifest.json",
        {"audio_filepath": f"{tmp_path}/wavs/a.wav", "duration": 1.5, "text": "hello", "speaker": "ann", "lang": "de"},
        {"audio_filepath": "wavs/b.wav", "duration": 2.0, "offset": 0.5, "text": "", "command": "go", "id": "x7"},
    )
    found = rows("nemo", tmp_path, path="lists/train_manifest.json", labels=["command"])
    assert found == [
        Recording("wavs/a.wav", Span("wavs/a.wav"), None, "ann", "hello", split="train", extra={"lang": "de"}),
        Recording(
            "lists/wavs/b.wav@0.5",
            Span("lists/wavs/b.wav", 0.5, 2.0),
            labels={"command": "go"},
            split="train",
            extra={"id": "x7"},
        ),
    ]
    assert found[1].origin == f"{table}:2"
    manifest(tmp_path / "lists" / "dev_clean.json", {"audio_filepath": "c.wav", "duration": 1.0, "id": "c"})
    manifest(tmp_path / "lists" / "numbers.json", {"audio_filepath": "d.wav", "duration": 1.0, "id": "d"})
    found = rows("nemo", tmp_path, path="lists", columns={"key": "id"})
    assert [(row.key, row.split) for row in found[:2]] == [("c", "valid"), ("d", None)]


def test_broken_lines_are_named(tmp_path: Path) -> None:
    table = manifest(tmp_path / "m.json", {"audio_filepath": "a.wav"}, {"text": "b"})
    assert message_of("nemo", tmp_path, path="m.json") == (
        f"{table}:2: no column audio_filepath or audio_file; there are text; name it: columns: {{path: ..}}"
    )
    manifest(table, {"audio_filepath": "a.wav", "offset": 1.0, "duration": -1})
    assert message_of("nemo", tmp_path) == f"{table}:1: duration is -1, which is no number of 0 or more"
    manifest(table, {"audio_filepath": "a.wav", "wavemill": {"labels": "digit"}})
    assert message_of("nemo", tmp_path) == f'{table}:1: wavemill: labels is "digit", which is of the wrong type'
    manifest(table, {"audio_filepath": "a.wav"})
    assert message_of("nemo", tmp_path, labels=["digit"]).startswith(f"{table}: no row has 'digit'")
    assert message_of("nemo", tmp_path, path="x.json") == f"{tmp_path}/x.json: no such file"
    table.unlink()
    assert message_of("nemo", tmp_path) == f"{tmp_path}/: holds no manifest, .json or .jsonl"


def test_tarred_audio_is_read_in_place(tmp_path: Path) -> None:
    """Names as convert_to_tarred_audio_dataset gives them; several spans of a member are -sub1, -sub2."""
    tars = [archive(tmp_path / "audio_0.tar", a=b"aaaa", b=b"bb"), archive(tmp_path / "audio_1.tar", c=b"c" * 700)]
    table = manifest(
        tmp_path / "tarred_audio_manifest.json",
        {"audio_filepath": "a.wav", "duration": 1.0, "text": "ay", "shard_id": 0},
        {"audio_filepath": "c-sub1.wav", "duration": 1.0, "offset": 0.5, "text": "sea", "shard_id": 1},
        {"audio_filepath": "b.wav", "duration": 1.0, "text": "bee", "shard_id": 0},
    )
    found = rows("nemo", tmp_path, path=table.name, tars="audio_{0..1}.tar")
    assert [(row.key, row.text, row.span.start, row.span.seconds) for row in found] == [
        ("a.wav", "ay", 0.0, None),
        ("c-sub1.wav@0.5", "sea", 0.5, 1.0),
        ("b.wav", "bee", 0.0, None),
    ]
    for row, tar, content in zip(found, (tars[0], tars[1], tars[0]), (b"aaaa", b"c" * 700, b"bb"), strict=True):
        assert row.span.path == tar.name
        assert row.span.offset is not None
        assert row.span.size == len(content)
        assert tar.read_bytes()[row.span.offset :][: len(content)] == content
    assert rows("nemo", tmp_path, path=table.name, tars="") == found
    manifest(table, {"audio_filepath": "d.wav", "duration": 1.0})
    assert message_of("nemo", tmp_path, tars="audio_{0..1}.tar") == f"{table}:1: no archive has a member 'd.wav'"
    assert message_of("nemo", tmp_path, tars="audio_{0..2}.tar") == f"{tmp_path}/audio_2.tar: no such file"


def test_shards_with_members_of_one_name_are_told_by_their_numbers(tmp_path: Path) -> None:
    tars = [archive(tmp_path / f"audio_{number}.tar", a=bytes([65 + number]) * 9) for number in range(2)]
    lines = [{"audio_filepath": "a.wav", "duration": 1.0, "shard_id": number, "id": str(number)} for number in (1, 0)]
    table = manifest(tmp_path / "m.json", *lines)
    found = rows("nemo", tmp_path, tars="audio_{0..1}.tar", columns={"key": "id"})
    assert [(row.key, row.span.path) for row in found] == [("1", tars[1].name), ("0", tars[0].name)]
    manifest(table, {"audio_filepath": "a.wav", "duration": 1.0})
    assert message_of("nemo", tmp_path, tars="audio_{0..1}.tar") == (
        f"{tmp_path}: there are several 'a.wav'; lines need a shard_id"
    )
