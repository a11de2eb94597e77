from __future__ import annotations

import copy
import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies

from manifests.corpora.layouts import cuts
from manifests.corpora.paths import BrokenRow
from manifests.recording import Piece, Recording, Span
from manifests.rows import problem
from tests.factories import write_lines
from tests.manifests.corpora.layouts.reading import message_of, rows

Row = dict[str, Any]
SAVE = "make files of it with lhotse's save_audios"


def manifest(path: Path, *lines: dict[str, Any]) -> Path:
    """JSON Lines, gzipped where the name says so."""
    if path.suffix != ".gz":
        return write_lines(path, *map(json.dumps, lines))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(f"{json.dumps(line)}\n" for line in lines).encode()))
    return path


def recording(name: str = "r", source: str = "wavs/r.wav", channels: int = 1, **more: Any) -> dict[str, Any]:
    sources = [{"type": "file", "channels": list(range(channels)), "source": source}]
    there = {"sampling_rate": 8000, "num_samples": 16000, "duration": 2.0, "channel_ids": list(range(channels))}
    return {"id": name, "sources": sources, **there, **more}


def supervision(name: str = "s", start: float = 0.0, duration: float = 2.0, **more: Any) -> dict[str, Any]:
    return {"id": name, "recording_id": "r", "start": start, "duration": duration, "channel": 0, **more}


def cut(
    name: str = "c", start: float = 0.0, duration: float = 2.0, *said: dict[str, Any], **more: Any
) -> dict[str, Any]:
    row = {"id": name, "start": start, "duration": duration, "channel": 0, "supervisions": list(said)}
    return {**row, "recording": recording(), "type": "MonoCut", **more}


PADDING = {"id": "p", "duration": 0.5, "type": "PaddingCut"}


def mixed(*tracks: tuple[Row, float]) -> Row:
    """Cuts, each with the time at which it begins."""
    return {"id": "m", "tracks": [{"cut": one, "offset": at} for one, at in tracks], "type": "MixedCut"}


def test_cuts_behind_each_other_are_composed(tmp_path: Path) -> None:
    """Appended, with half a second of padding between them."""
    one = cut("a", 0.0, 2.0, supervision(text="hi", speaker="ann", custom={"mood": "glad", "n": 1}))
    two = cut("b", 0.5, 0.25, supervision(text="ho", speaker="bo", custom={"mood": "glad"}))
    manifest(tmp_path / "cuts_test.jsonl", mixed((two, 2.5), (PADDING, 2.0), (one, 0.0)))
    pieces = [
        Piece(Span("wavs/r.wav"), 0.0, None, "ann", "hi"),
        Piece(Span("wavs/r.wav", 0.5, 0.25), 0.5, None, "bo", "ho"),
    ]
    extra = {"pieces": [{"mood": "glad", "n": 1}, {"mood": "glad"}]}
    about = {"text": "hi ho", "labels": {"mood": "glad"}, "split": "test", "extra": extra}
    assert rows("lhotse", tmp_path, labels=["mood"]) == [Recording.composed("m", pieces, **about)]


def test_cuts_are_recordings(tmp_path: Path) -> None:
    table = manifest(
        tmp_path / "fbank" / "libri_cuts_dev-clean.jsonl.gz",
        cut("whole", 0.0, 2.0, supervision(text="hi", speaker="ann", gender="F", custom={"mood": "glad", "n": None})),
        cut("span", 0.1, 0.3),
        cut("right", 0.0, 2.0, channel=1, recording=recording(channels=2)),
        cut("both", 0.5, 1.0, type="MultiCut", channel=[0, 1], recording=recording(channels=2)),
        cut("url", recording=recording(source=f"{tmp_path}/wavs/u.wav"), custom={"snr": 5}),
    )
    found = rows("lhotse", tmp_path, path="fbank", labels=["mood"])
    valid = {"split": "valid"}
    assert found == [
        Recording("whole", Span("wavs/r.wav"), None, "ann", "hi", {"mood": "glad"}, "valid", {"gender": "F"}),
        Recording("span", Span("wavs/r.wav", 0.1, 0.3), **valid),
        Recording("right", Span("wavs/r.wav"), 1, **valid),
        Recording("both", Span("wavs/r.wav", 0.5, 1.0), **valid),
        Recording("url", Span("wavs/u.wav"), extra={"snr": 5}, **valid),
    ]
    assert found[1].origin == f"{table}:2"
    assert rows("lhotse", tmp_path, path="fbank/libri_cuts_dev-clean.jsonl.gz", labels=["mood"]) == found


def test_each_supervision_of_a_cut(tmp_path: Path) -> None:
    table = manifest(
        tmp_path / "cuts.jsonl", cut("c", 0.1, 1.5, supervision("s1", 0.2, 0.4), supervision("s2", 1.0, 0.3))
    )
    assert rows("lhotse", tmp_path, each="supervision") == [
        Recording("s1", Span("wavs/r.wav", 0.3, 0.4)),
        Recording("s2", Span("wavs/r.wav", 1.1, 0.3)),
    ]
    assert message_of("lhotse", tmp_path) == f"{table}:1: cut 'c' has 2 supervisions; say `each: supervision`"
    manifest(table, cut("c", 0.1, 1.5, supervision("s1", -0.2, 0.4)))
    assert message_of("lhotse", tmp_path, each="supervision") == (
        f"{table}:1: supervision 's1' begins before its recording; trim the cuts"
    )


def test_recordings_and_supervisions_are_joined(tmp_path: Path) -> None:
    """As recipes write them; recordings whose supervisions are elsewhere stand for themselves."""
    manifest(tmp_path / "x_recordings_train.jsonl.gz", recording("q", "q.wav"), recording(), recording("t", "t.wav"))
    said = manifest(
        tmp_path / "x_supervisions_train.jsonl.gz",
        supervision("s1", 0.0, 2.0, text="all", language="German"),
        supervision("s2", 0.5, 0.5, recording_id="q", speaker="bo"),
    )
    manifest(tmp_path / "noise_recordings_all.jsonl", recording("n", "n.wav"))
    expected = [
        Recording("s1", Span("wavs/r.wav"), text="all", split="train", extra={"language": "German"}),
        Recording("s2", Span("q.wav", 0.5, 0.5), speaker="bo", split="train"),
    ]
    assert rows("lhotse", tmp_path) == [Recording("n", Span("n.wav")), *expected]
    assert rows("lhotse", tmp_path, path=said.name.replace("supervisions", "recordings")) == expected
    manifest(said, supervision(recording_id="z"))
    assert message_of("lhotse", tmp_path) == f"{said}:1: there is no recording 'z' in x_recordings_train.jsonl.gz"
    (tmp_path / "x_recordings_train.jsonl.gz").unlink()
    assert message_of("lhotse", tmp_path) == f"{said}: there are no recordings of the same name beside it"


def test_a_recording_with_a_file_for_each_channel(tmp_path: Path) -> None:
    sources = [{"type": "file", "channels": [number], "source": f"{number}.wav"} for number in (0, 1)]
    apart = recording(channels=2) | {"sources": sources}
    table = manifest(tmp_path / "cuts.jsonl", cut(channel=1, recording=apart))
    assert rows("lhotse", tmp_path) == [Recording("c", Span("1.wav"))]
    manifest(table, cut(channel=[0, 1], type="MultiCut", recording=apart))
    assert message_of("lhotse", tmp_path) == f"{table}:1: recording 'r' has 2 sources; {SAVE}"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (mixed((cut(), 0.0), (cut(), 1.0)), f"cut 'm' is a mixture of tracks that sound together; {SAVE}"),
        (mixed((cut(), 0.0), (PADDING, 2.0)), f"cut 'm' ends in padding; take it off, or {SAVE}"),
        (mixed(), f"cut 'm' is padding only, or has transforms that are not yet applied; {SAVE}"),
        (cut(type="PaddingCut"), f"cut 'c' is a PaddingCut, a mixture or padding; {SAVE}"),
        (recording(), "is no cut: its type is None; there are MonoCut and MultiCut"),
        (cut(recording=None), f"'c' has no recording, features at most; {SAVE}"),
        (cut(duration=0), "'c' begins at 0.0 and lasts 0 seconds"),
        (cut(duration="2"), "'2' is no time in seconds"),
        (
            cut(recording=recording(transforms=[{"name": "Speed"}])),
            f"recording 'r' has transforms that are not yet applied; {SAVE}",
        ),
        (
            cut(recording=recording(sources=[{"type": "command", "channels": [0], "source": "rm -r / |"}])),
            f"the source of recording 'r' is a command, which is never run; {SAVE}",
        ),
        (
            cut(recording=recording(channels=4), channel=[1, 2]),
            f"channels [1, 2] of [0, 1, 2, 3], which is neither one nor all; {SAVE}",
        ),
        (cut(id=""), "id is '', which is no text"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, row: dict[str, Any], problem: str) -> None:
    table = manifest(tmp_path / "cuts.jsonl", cut("first"), row)
    assert message_of("lhotse", tmp_path) == f"{table}:2: {problem}"


def test_folders_without_manifests_are_named(tmp_path: Path) -> None:
    assert message_of("lhotse", tmp_path) == (
        f"{tmp_path}: holds no cuts*.jsonl, and no recordings*.jsonl (nor .jsonl.gz)"
    )
    assert message_of("lhotse", tmp_path, path="cuts.jsonl") == f"{tmp_path}/cuts.jsonl: no such file"


def shar(folder: Path, **contents: bytes) -> Path:
    """An archive as lhotse writes it: audio and manifest of each cut, in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / "recording.000000.tar", "w") as opened:
        for name, content in contents.items():
            for member, data in ((f"{name}.flac", content), (f"{name}.json", b"{}")):
                info = tarfile.TarInfo(member)
                info.size = len(data)
                opened.addfile(info, io.BytesIO(data))
    return folder / "recording.000000.tar"


def test_shar_is_read_in_place(tmp_path: Path) -> None:
    inside = recording(source="", sources=[{"type": "shar", "channels": [0], "source": ""}])
    contents = {"c1": b"one" * 300, "c2": b"two"}
    tar = shar(tmp_path / "train", **contents)
    table = manifest(tmp_path / "train" / "cuts.000000.jsonl.gz", *(cut(name, recording=inside) for name in contents))
    found = rows("lhotse", tmp_path)
    assert [(row.key, row.split, row.span.path) for row in found] == [
        (name, "train", "train/recording.000000.tar") for name in contents
    ]
    for row, content in zip(found, contents.values(), strict=True):
        assert row.span.offset is not None
        assert row.span.size == len(content)
        assert tar.read_bytes()[row.span.offset :][: len(content)] == content
    shar(tmp_path / "train", c1=b"one", c3=b"three")
    assert message_of("lhotse", tmp_path) == (
        f"{table}:2: cut 'c2' has no audio at its place in the archive: there is that of 'c3'"
    )
    shar(tmp_path / "train", c1=b"one")
    assert message_of("lhotse", tmp_path).endswith("there is nothing more")
    tar.unlink()
    assert message_of("lhotse", tmp_path) == f"{tar}: no such file, and there are cuts for it"


VALUES: strategies.SearchStrategy[Any] = strategies.sampled_from(
    [None, "", "x", 3, -1, 0.5, True, [], {}, [3], [None], {"a": 1}, [{}], "a" * 9, [[0]], 1e300]
)


def places(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value inside another one."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in ((*before, key), *places(inner, (*before, key)))]


FULL = cut(
    "c", 0.1, 0.5, supervision(text="hi", speaker="ann", custom={"wavemill": {"labels": ["a"], "key": "k"}, "a": "b"})
)


@settings(max_examples=200, deadline=None)
@given(strategies.sampled_from(places(FULL)), VALUES, strategies.sampled_from(["cut", "supervision"]))
def test_a_cut_with_any_value_is_read_or_refused(place: tuple[Any, ...], value: Any, each: Any) -> None:
    row = copy.deepcopy(FULL)
    inner: Any = row
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    try:
        found = list(cuts.recordings(row, "/corpus", each, []))
    except BrokenRow:
        return
    for one in found:
        assert problem(one.to_json()) is None, "what is read is a recording"
