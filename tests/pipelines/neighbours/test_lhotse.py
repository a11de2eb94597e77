"""lhotse itself: it opens what we write, and what it writes builds to the content of the same data in a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from pipelines.neighbours import write
from pipelines.neighbours.outgoing import Item
from tests.factories import tone, write_audio, write_lines
from tests.pipelines.neighbours.built import content
from tests.pipelines.neighbours.going import RIGHT, ROWS, Going, corpus, rows

lhotse = pytest.importorskip("lhotse")

SAID = (
    ("s0", "a.wav", 0.0, 0.5, "ann", 'one "two"', "yes"),
    ("s1", "a.wav", 0.5, 0.5, "bo", "drei  Äpfel", "no"),
    ("s2", "b.wav", 0.25, 0.35, "ann", "日本語 🎙", "yes"),
)
"""Utterances of two files: id, file, start, seconds, speaker, text, and a label."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number, name in enumerate(("a.wav", "b.wav")):
        write_audio(tmp_path / "audio" / name, tone(1.0, hz=300 + 200 * number))
    return tmp_path / "audio"


@pytest.fixture
def expected(root: Path, tmp_path: Path) -> dict[tuple[str, int, int], str]:
    """The content of a store that is built from a table."""
    rows = ["\t".join(map(str, (*row, "train"))) for row in SAID]
    write_lines(root / "rows.tsv", "key\tpath\tstart\tseconds\tspeaker\ttext\tanswer\tsplit", *rows)
    found = content(tmp_path, "table", reader="table", root=str(root), path="rows.tsv", quotes=False, labels=["answer"])
    assert len(found) == 3
    return found


def manifests(root: Path) -> tuple[Any, Any]:
    """The recordings and supervisions of lhotse for the same."""
    files = [root / "a.wav", root / "b.wav"]
    recordings = lhotse.RecordingSet.from_recordings(lhotse.Recording.from_file(file) for file in files)
    supervisions = lhotse.SupervisionSet.from_segments(
        lhotse.SupervisionSegment(
            id=key,
            recording_id=file.removesuffix(".wav"),
            start=start,
            duration=seconds,
            speaker=speaker,
            text=text,
            custom={"answer": answer},
        )
        for key, file, start, seconds, speaker, text, answer in SAID
    )
    return recordings, supervisions


def test_lhotse_opens_what_is_written_for_it(tmp_path: Path) -> None:
    root = corpus(tmp_path / "corpus")
    write("lhotse", Going(root, [*ROWS, RIGHT]), tmp_path / "out")
    opened = {cut.id: cut for file in (tmp_path / "out").iterdir() for cut in lhotse.CutSet.from_file(file)}
    assert opened.keys() == {row.key for row in (*ROWS, RIGHT)}
    for row in (*ROWS, RIGHT):
        cut, (supervision,) = opened[row.key], opened[row.key].supervisions
        samples, rate = soundfile.read(root / row.span.path, dtype="float32", always_2d=True)
        first = round(row.span.start * rate)
        last = len(samples) if row.span.seconds is None else round((row.span.start + row.span.seconds) * rate)
        wanted = samples[first:last].T if row.channel is None else samples[first:last, row.channel][None]
        np.testing.assert_array_equal(cut.load_audio(), wanted)
        assert (supervision.text, supervision.speaker) == (row.text, row.speaker)
        assert {name: supervision.custom[name] for name in row.labels} == row.labels
    assert (tmp_path / "out" / "cuts_valid.jsonl.gz").exists()


def test_cuts_of_lhotse_build_to_the_content_of_a_table(
    root: Path, tmp_path: Path, expected: dict[tuple[str, int, int], str]
) -> None:
    recordings, supervisions = manifests(root)
    for name in ("whole", "trimmed", "apart"):
        (tmp_path / name).mkdir()
    whole = lhotse.CutSet.from_manifests(recordings=recordings, supervisions=supervisions)
    whole.to_file(tmp_path / "whole" / "cuts_train.jsonl.gz")
    whole.trim_to_supervisions().to_file(tmp_path / "trimmed" / "libri_cuts_train-clean.jsonl")
    recordings.to_file(tmp_path / "apart" / "x_recordings_train.jsonl.gz")
    supervisions.to_file(tmp_path / "apart" / "x_supervisions_train.jsonl.gz")
    read = {"reader": "lhotse", "root": str(root), "labels": ["answer"]}
    for name, more in (("whole", {"each": "supervision"}), ("trimmed", {}), ("apart", {})):
        assert content(tmp_path, name, path=str(tmp_path / name), **read, **more) == expected


def test_cuts_that_lhotse_appends_are_heard_as_it_hears_them(root: Path, tmp_path: Path) -> None:
    recordings, supervisions = manifests(root)
    one, two, three = lhotse.CutSet.from_manifests(
        recordings=recordings, supervisions=supervisions
    ).trim_to_supervisions()
    made = one.append(three.pad(duration=0.75, direction="left")).append(two)
    lhotse.CutSet.from_cuts([made]).to_file(tmp_path / "cuts_train.jsonl.gz")
    (row,) = rows("lhotse", root, tmp_path)
    assert [piece.text for piece in row.pieces] == [SAID[0][5], SAID[2][5], SAID[1][5]]
    assert row.labels == {}
    np.testing.assert_array_equal(Going(root, [row]).decoded(Item(row, "c", str(root))).samples, made.load_audio())


def test_a_shar_of_lhotse_builds_to_the_content_of_a_table(
    root: Path, tmp_path: Path, expected: dict[tuple[str, int, int], str]
) -> None:
    recordings, supervisions = manifests(root)
    cuts = lhotse.CutSet.from_manifests(recordings=recordings, supervisions=supervisions).trim_to_supervisions()
    shar = tmp_path / "shar" / "train"
    shar.mkdir(parents=True)
    cuts.to_shar(shar, fields={"recording": "flac"}, shard_size=2)
    assert len(list(shar.glob("*.tar"))) == 2
    found = content(tmp_path, "shar", reader="lhotse", root=str(tmp_path / "shar"), labels=["answer"])
    assert found == expected


def test_a_kaldi_directory_of_lhotse_builds_to_the_content_of_a_table(
    root: Path, tmp_path: Path, expected: dict[tuple[str, int, int], str]
) -> None:
    recordings, supervisions = manifests(root)
    lhotse.kaldi.export_to_kaldi(recordings, supervisions, tmp_path / "kaldi" / "train")
    write_lines(tmp_path / "kaldi" / "train" / "utt2answer", *(f"{row[0]} {row[-1]}" for row in SAID))
    found = content(tmp_path, "kaldi", reader="kaldi", root=str(root), path=str(tmp_path / "kaldi"), labels=["answer"])
    assert found == expected


def test_lhotse_opens_what_is_written_for_kaldi(tmp_path: Path) -> None:
    root = corpus(tmp_path / "corpus")
    write("kaldi", Going(root, ROWS), tmp_path / "out")
    recordings, supervisions, _ = lhotse.kaldi.load_kaldi_data_dir(tmp_path / "out" / "train", 16000)
    (said,) = [one for one in supervisions if one.text == "one"]
    assert (said.start, said.duration) == (0.1, 0.2)
    assert recordings[said.recording_id].sources[0].source == str(root / "deep" / "b c.flac")
