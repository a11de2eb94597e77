from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

SYNTHETIC = "train/synthetic21_train/soundscapes"
LISTS = {
    "train/weak": ("filename\tevent_labels", "Yab_30_40.wav\tDog,Speech", "Y-cd_0_10.wav\tBlender"),
    SYNTHETIC: (
        "filename\tonset\toffset\tevent_label",
        "0.wav\t1.25\t3.5\tDog",
        "0.wav\t0.0\t10.0\tAlarm_bell_ringing",
        "1.wav\t\t\t",
    ),
    "validation/validation": ("filename\tonset\toffset\tevent_label", "Yxy_1_11.wav\t0.5\t0.75\tCat"),
    "validation/durations": ("filename\tduration", "Yxy_1_11.wav\t10.0"),
}


def corpus(root: Path) -> Path:
    for name, lines in LISTS.items():
        write_lines(root / "metadata" / f"{name}.tsv", *lines)
        if name != "validation/durations":
            folder_corpus(root / "audio" / name, sorted({line.partition("\t")[0] for line in lines[1:]}))
    folder_corpus(root / "audio", ["train/unlabel_in_domain/Yu_0_10.wav"])
    return root


def test_lists_say_tags_or_events_of_the_clips_in_their_folders(tmp_path: Path) -> None:
    rows = read("desed", corpus(tmp_path))
    assert rows == [
        Recording(
            f"{SYNTHETIC}/0",
            Span(f"audio/{SYNTHETIC}/0.wav"),
            labels={"events": ["1.25 3.5 Dog", "0 10 Alarm_bell_ringing"], "tags": ["Alarm_bell_ringing", "Dog"]},
            split="train",
        ),
        Recording(f"{SYNTHETIC}/1", Span(f"audio/{SYNTHETIC}/1.wav"), labels={"events": [], "tags": []}, split="train"),
        Recording(
            "train/weak/Yab_30_40",
            Span("audio/train/weak/Yab_30_40.wav"),
            labels={"tags": ["Dog", "Speech"]},
            split="train",
        ),
        Recording(
            "train/weak/Y-cd_0_10",
            Span("audio/train/weak/Y-cd_0_10.wav"),
            labels={"tags": ["Blender"]},
            split="train",
        ),
        Recording(
            "validation/validation/Yxy_1_11",
            Span("audio/validation/validation/Yxy_1_11.wav"),
            labels={"events": ["0.5 0.75 Cat"], "tags": ["Cat"]},
            split="valid",
        ),
    ]
    assert rows[1].origin == f"{tmp_path}/metadata/{SYNTHETIC}.tsv:4"


def test_lists_are_chosen_and_clips_without_labels_asked_for(tmp_path: Path) -> None:
    rows = read("desed", corpus(tmp_path), lists=["train/weak"], unlabelled=True)
    assert [(row.key, row.labels) for row in rows[2:]] == [("train/unlabel_in_domain/Yu_0_10", {})]


def test_folders_are_found_whose_lists_are_called_otherwise(tmp_path: Path) -> None:
    header = LISTS["validation/validation"][0]
    for name in ("train/synhtetic21_train/soundscapes", "train/audioset_strong", "validation/snthetic20_validation/a"):
        write_lines(tmp_path / "metadata" / f"{name}.tsv", header, "1.wav\t0\t1\tDog")
    write_lines(tmp_path / "metadata" / "train" / "weak.tsv", "filename\tevent_labels", "1.wav\tDog")
    folders = ("train/strong_label_real", "train/synthetic21_train/soundscapes", "train/weak_16k")
    folder_corpus(
        tmp_path / "audio", [f"{folder}/1.wav" for folder in (*folders, "validation/synthetic20_validation/a")]
    )
    rows = read("desed", tmp_path, folders={"train/weak": "train/weak_16k"})
    assert [(row.key, row.span.path) for row in rows] == [
        ("train/strong_label_real/1", "audio/train/strong_label_real/1.wav"),
        ("train/synthetic21_train/soundscapes/1", "audio/train/synthetic21_train/soundscapes/1.wav"),
        ("train/weak/1", "audio/train/weak_16k/1.wav"),
        ("validation/synthetic20_validation/a/1", "audio/validation/synthetic20_validation/a/1.wav"),
    ]


def test_clips_that_are_gone_may_be_left_out(tmp_path: Path) -> None:
    (corpus(tmp_path) / "audio/train/weak/Yab_30_40.wav").unlink()
    rows = read("desed", tmp_path, lists=["train/weak"], missing="skip")
    assert [row.key for row in rows] == ["train/weak/Y-cd_0_10"]


def test_broken_lists_are_named(tmp_path: Path) -> None:
    table = corpus(tmp_path) / "metadata" / "validation" / "validation.tsv"
    header = LISTS["validation/validation"][0]
    for row, problem in (
        ("a.wav\t0.5\t\tCat", "offset is '', which is no number of 0 or more"),
        ("a.wav\t0.5\t0.6\t", "event_label is empty"),
    ):
        write_lines(table, header, row)
        assert message_of("desed", tmp_path, lists=["validation/validation"]) == f"{table}:2: {problem}"
    assert (
        message_of("desed", tmp_path, lists=["train/strong"]) == f"{tmp_path}/metadata/train/strong.tsv: no such file"
    )


def test_a_folder_without_lists_is_an_error(tmp_path: Path) -> None:
    write_lines(tmp_path / "metadata" / "train" / "weak.tsv", "filename")
    expected = "has no .tsv whose clips lie in audio, in a folder of the same name"
    assert message_of("desed", tmp_path) == f"{tmp_path}/metadata: {expected}"
