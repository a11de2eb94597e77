from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from manifests.corpora.sounds.audioset import AudioSet
from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

HEAD = (
    "# Segments csv created Sun Mar  5 10:54:31 2017",
    "# num_ytids=2, num_segs=2, num_unique_labels=3, num_positive_labels=4",
    "# YTID, start_seconds, end_seconds, positive_labels",
)
STRONG = (
    "segment_id\tstart_time_seconds\tend_time_seconds\tlabel",
    "b0RF_bpFJA_30000\t0.000\t10.000\t/m/03m9d0z",
    "b0RF_bpFJA_30000\t4.753\t5.720\t/m/05zppz",
    "b0RF_bpFJA_30000\t6.1\t6.2\t/m/05zppz",
)


def corpus(root: Path) -> Path:
    write_lines(
        root / "balanced_train_segments.csv",
        *HEAD,
        '--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/t/dd00088"',
        '-0RWZT-miFs, 420.000, 430.000, "/m/0k4j"',
    )
    write_lines(root / "eval_segments.csv", *HEAD, 'abcdefghijk, 0.000, 10.000, "/m/09x0r"')
    write_lines(root / "audioset_train_strong.tsv", *STRONG)
    write_lines(
        root / "class_labels_indices.csv",
        "index,mid,display_name",
        '0,/m/09x0r,"Speech"',
        '1,/t/dd00088,"Gush"',
        '2,/m/0k4j,"Car passing by, hum"',
    )
    write_lines(root / "mid_to_display_name.tsv", "/m/03m9d0z\tWind", '/m/05zppz\tMale speech, "man" speaking')
    names = ("balanced_train_segments/--PJHxphWEs", "balanced_train_segments/-0RWZT-miFs")
    more = ("eval_segments/abcdefghijk", "audioset_train_strong/b0RF_bpFJA")
    folder_corpus(root / "audio", [f"{name}.wav" for name in (*names, *more)])
    return root


def test_tags_have_the_names_of_their_classes(tmp_path: Path) -> None:
    rows = read("audioset", corpus(tmp_path))
    assert rows[0] == Recording(
        "--PJHxphWEs_30000",
        Span("audio/balanced_train_segments/--PJHxphWEs.wav"),
        labels={"tags": ["Speech", "Gush"]},
        split="train",
        extra={
            "mids": ["/m/09x0r", "/t/dd00088"],
            "source": "https://www.youtube.com/watch?v=--PJHxphWEs&t=30s",
        },
    )
    assert rows[0].origin == f"{tmp_path}/balanced_train_segments.csv:4"
    assert [(row.key, row.labels["tags"], row.split) for row in rows[1:]] == [
        ("-0RWZT-miFs_420000", ["Car passing by, hum"], "train"),
        ("abcdefghijk_0", ["Speech"], "test"),
    ]


def test_strong_lists_have_events(tmp_path: Path) -> None:
    name = 'Male speech, "man" speaking'
    assert read("audioset", corpus(tmp_path), parts=["strong_train"]) == [
        Recording(
            "strong/b0RF_bpFJA_30000",
            Span("audio/audioset_train_strong/b0RF_bpFJA.wav"),
            labels={"events": ["0 10 Wind", f"4.753 5.72 {name}", f"6.1 6.2 {name}"], "tags": ["Wind", name]},
            split="train",
            extra={"source": "https://www.youtube.com/watch?v=b0RF_bpFJA&t=30s"},
        )
    ]


def test_clips_lie_where_the_template_says(tmp_path: Path) -> None:
    root = corpus(tmp_path)
    folder_corpus(root, ["clips/YabcdefghijkX0-0.flac"])
    rows = read("audioset", root, parts=["eval"], audio="clips/Y{id}X{start}-{start_ms}.flac")
    assert rows[0].span.path == "clips/YabcdefghijkX0-0.flac"
    for wrong in ("{id.real}.wav", "{video}.wav", "a.wav"):
        with pytest.raises(ValidationError):
            AudioSet(root=str(root), audio=wrong)


def test_missing_clips_are_handed_on_or_left_out(tmp_path: Path) -> None:
    root = corpus(tmp_path)
    (root / "audio/balanced_train_segments/--PJHxphWEs.wav").unlink()
    named = [row.key for row in AudioSet(root=str(root), parts=("balanced",)).rows()]
    assert named == ["--PJHxphWEs_30000", "-0RWZT-miFs_420000"]
    assert [row.key for row in read("audioset", root, parts=["balanced"], missing="skip")] == ["-0RWZT-miFs_420000"]
    expected = f"{root}: no clip is there; the first would be a/--PJHxphWEs.wav"
    assert message_of("audioset", root, missing="skip", audio="a/{id}.wav") == expected


def test_broken_lines_are_named(tmp_path: Path) -> None:
    table = corpus(tmp_path) / "eval_segments.csv"
    write_lines(table, *HEAD, "abcdefghijk, 0.000, 10.000")
    assert message_of("audioset", tmp_path, parts=["eval"]) == f'{table}:4: is not written as id, start, end, "mid,mid"'
    write_lines(table, *HEAD, 'abcdefghijk, 0.000, 10.000, "/m/x"')
    assert message_of("audioset", tmp_path, parts=["eval"]) == f"{table}:4: '/m/x' is the mid of no class"
    strong = write_lines(tmp_path / "audioset_eval_strong.tsv", STRONG[0], "b0RFKhbpFJA\t0\t1\t/m/03m9d0z")
    expected = f"{strong}:2: segment_id is 'b0RFKhbpFJA', which is not id_millisecond"
    assert message_of("audioset", tmp_path, parts=["strong_eval"]) == expected
