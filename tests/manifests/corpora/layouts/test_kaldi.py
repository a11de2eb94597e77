from __future__ import annotations

from pathlib import Path

import pytest

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.layouts.reading import message_of, rows


def directory(folder: Path, **files: list[str]) -> Path:
    """A data directory; `wav_scp` stands for wav.scp."""
    for name, lines in files.items():
        write_lines(folder / name.replace("wav_scp", "wav.scp"), *lines)
    return folder


def long_recordings(root: Path) -> Path:
    """As AMI or TED-LIUM have it: two recordings, utterances out of them, not all with a text."""
    return directory(
        root / "data" / "train",
        wav_scp=[f"m1 {root}/audio/m 1.wav", "m2\taudio/m2.flac ", "unused audio/m3.wav"],
        segments=["ann-m1-1 m1 0.50 2.10", "ann-m1-2 m1 2.1 -1", "bo-m2-1 m2 0 1.25 1"],
        text=["bo-m2-1  WHAT A  DAY ", "ann-m1-1 hello", "ann-m1-2"],
        utt2spk=["ann-m1-1 ann", "ann-m1-2 ann", "bo-m2-1 bo-m2-1"],
        spk2gender=["ann f"],
        utt2lang=["ann-m1-1 de"],
    )


def test_utterances_are_spans_of_recordings(tmp_path: Path) -> None:
    folder = long_recordings(tmp_path)
    found = rows("kaldi", tmp_path, path="data")
    assert found == [
        Recording(
            "ann-m1-1",
            Span("audio/m 1.wav", 0.5, 1.6),
            speaker="ann",
            text="hello",
            split="train",
            extra={"lang": "de", "gender": "f"},
        ),
        Recording("ann-m1-2", Span("audio/m 1.wav", 2.1), speaker="ann", text="", split="train", extra={"gender": "f"}),
        Recording("bo-m2-1", Span("audio/m2.flac", 0.0, 1.25), 1, text="WHAT A  DAY", split="train"),
    ]
    assert [row.origin for row in found] == [f"{folder}/segments:{line}" for line in (1, 2, 3)]


def test_without_segments_recordings_are_utterances(tmp_path: Path) -> None:
    directory(tmp_path / "dev", wav_scp=["a a.wav", "b b.wav"], utt2spk=["a ann", "b bo"])
    directory(tmp_path / "test_other", wav_scp=["c c.wav"], text=["c see"])
    directory(tmp_path / "lab", wav_scp=["d d.wav"], utt2mood=["d glad"], spk2gender=[])
    assert rows("kaldi", tmp_path, path="dev") == [
        Recording("a", Span("a.wav"), speaker="ann", split="valid"),
        Recording("b", Span("b.wav"), speaker="bo", split="valid"),
    ]
    found = rows("kaldi", tmp_path)
    assert [(row.key, row.split) for row in found] == [("a", "valid"), ("b", "valid"), ("d", None), ("c", "test")]
    assert rows("kaldi", tmp_path, path="lab", labels=["mood"])[0].labels == {"mood": "glad"}


@pytest.mark.parametrize("command", ["sph2pipe -f wav a.sph |", "cat a.wav |", "sox a.mp3 -t wav - |"])
def test_commands_are_never_run(tmp_path: Path, command: str) -> None:
    folder = directory(tmp_path / "d", wav_scp=["a a.wav", f"b {command}"])
    assert message_of("kaldi", tmp_path) == (
        f"{folder}/wav.scp:2: is a command, which is never run: {command}; write its output to a file and name that"
    )


def test_broken_directories_are_named(tmp_path: Path) -> None:
    folder = directory(tmp_path / "d", wav_scp=["a wav.ark:42"])
    assert message_of("kaldi", tmp_path) == (
        f"{folder}/wav.scp:1: wav.ark:42 is a place in an archive; copy its audio to files (wav-copy) and name those"
    )
    directory(folder, wav_scp=["a ../../a.wav"])
    assert message_of("kaldi", tmp_path).startswith(f"{folder}/wav.scp:1: '../../a.wav' is no file below {tmp_path}")
    directory(folder, wav_scp=["a a.wav"], segments=["u b 0 1"])
    assert message_of("kaldi", tmp_path) == f"{folder}/segments:1: there is no recording 'b' in wav.scp"
    directory(folder, segments=["u a 0"])
    assert message_of("kaldi", tmp_path) == f"{folder}/segments:1: there should be: utterance recording start end"
    directory(folder, segments=["u a 0 1", "v a 2 1.5"])
    assert message_of("kaldi", tmp_path) == f"{folder}/segments:2: v: a span from 2 to 1.5"
    directory(folder, segments=["u a 0 one"])
    assert message_of("kaldi", tmp_path) == f"{folder}/segments:1: u: 0 and one are no times in seconds"
    directory(folder, segments=["u a 0 1"], text=["u hi", "v ho"])
    assert message_of("kaldi", tmp_path) == f"{folder}/text:2: there is no utterance 'v'"
    directory(folder, text=["u hi", "u ho"])
    assert message_of("kaldi", tmp_path) == f"{folder}/text:2: 'u' stands in line 1 already"
    directory(folder, text=["u hi"], utt2wavemill=['u {"speaker": 3}'])
    assert message_of("kaldi", tmp_path) == (
        f"{folder}/utt2wavemill:1: u: wavemill: speaker is 3, which is of the wrong type"
    )
    assert message_of("kaldi", tmp_path, labels=["mood"]) == (
        f"{folder}/: has neither utt2mood nor spk2mood, for the label 'mood'"
    )
    assert message_of("kaldi", tmp_path, path="e") == f"{tmp_path}/e: no such folder"
    (tmp_path / "e").mkdir()
    assert message_of("kaldi", tmp_path, path="e") == f"{tmp_path}/e: holds no wav.scp, and no folder that does"


def test_many_lines_need_no_order(tmp_path: Path) -> None:
    """Texts in another order than the utterances."""
    names = [f"u{number:05d}" for number in range(9000)]
    directory(
        tmp_path, wav_scp=[f"{name} a.wav" for name in names], text=[f"{name} t{name}" for name in reversed(names)]
    )
    assert all(row.text == f"t{row.key}" for row in rows("kaldi", tmp_path))


def test_espnet_reads_the_same_and_categories(tmp_path: Path) -> None:
    """As egs2 has it: dump/raw/train_nodev and train_dev, the latter for validation."""
    for name in ("train_nodev", "train_dev"):
        directory(
            tmp_path / "dump" / "raw" / name,
            wav_scp=[f"{name}-1 dump/raw/{name}/data/format.1/{name}-1.flac"],
            text=[f"{name}-1 hi"],
            utt2spk=[f"{name}-1 ann"],
            utt2category=[f"{name}-1 8kHz"],
            utt2num_samples=[f"{name}-1 8000"],
            feats_type=["raw"],
        )
    found = rows("espnet", tmp_path, path="dump/raw", labels=["category"])
    assert found == [
        Recording(
            f"{name}-1",
            Span(f"dump/raw/{name}/data/format.1/{name}-1.flac"),
            speaker="ann",
            text="hi",
            labels={"category": "8kHz"},
            split=split,
        )
        for name, split in (("train_dev", "valid"), ("train_nodev", "train"))
    ]
    assert rows("espnet", tmp_path, path="dump/raw")[0].extra == {"category": "8kHz"}
    assert rows("kaldi", tmp_path, path="dump/raw")[0].extra == {}
    folder = directory(tmp_path / "dump" / "raw" / "test", wav_scp=["t data.ark:7"])
    assert message_of("espnet", tmp_path, path="dump/raw").startswith(f"{folder}/wav.scp:1: data.ark:7 is a place in")
