"""What is written for Kaldi, NeMo and spreadsheets, to the letter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from manifests.recording import Recording, Span
from pipelines.errors import LeavingError
from pipelines.neighbours import write
from tests.factories import tone, write_audio, write_lines
from tests.pipelines.neighbours.built import content
from tests.pipelines.neighbours.going import Going, corpus, rows


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


def test_kaldi(tmp_path: Path) -> None:
    """Sorted by bytes, speakers before the ids; an utterance without a speaker is its own."""
    root = corpus(tmp_path / "corpus")
    made = [
        Recording("b", Span("a.wav", 0.1, 0.2), None, "zoe", "B  be", {"mood": "very glad"}, "train"),
        Recording("a b", Span("a.wav"), None, "zoe", "A", {}, "train"),
        Recording("c", Span("deep/b c.flac", 0.25), None, None, None, {}, "train"),
        Recording("d", Span("a.wav"), split="test"),
    ]
    write("kaldi", Going(root, made), tmp_path / "out")
    assert files(tmp_path / "out") == {
        "train/wav.scp": f"c/a.wav {root}/a.wav\nc/deep/b%20c.flac {root}/deep/b c.flac\n",
        "train/segments": "c c/deep/b%20c.flac 0.25 -1\nzoe-a%20b c/a.wav 0 -1\nzoe-b c/a.wav 0.1 0.3\n",
        "train/text": "zoe-a%20b A\nzoe-b B be\n",
        "train/utt2spk": "c c\nzoe-a%20b zoe\nzoe-b zoe\n",
        "train/spk2utt": "c c\nzoe zoe-a%20b zoe-b\n",
        "train/utt2mood": "zoe-b very glad\n",
        "train/utt2wavemill": 'zoe-a%20b {"key": "a b"}\n'
        'zoe-b {"key": "b", "text": "B  be", "labels": {"mood": "very glad"}, "extra": {}}\n',
        "test/wav.scp": f"d {root}/a.wav\n",
        "test/utt2spk": "d d\n",
        "test/spk2utt": "d d\n",
    }
    assert rows("kaldi", root, tmp_path / "out") == sorted(made, key=lambda row: row.key)


def test_ids_of_kaldi_that_would_be_the_same_are_refused(tmp_path: Path) -> None:
    root = corpus(tmp_path / "corpus")
    made = [Recording(key, Span("a.wav"), None, "zoe") for key in ("zoe-a", "a")]
    with pytest.raises(LeavingError) as caught:
        write("kaldi", Going(root, made), tmp_path / "out")
    assert str(caught.value) == "a: two recordings would have the id 'zoe-a'; give them other keys"


def test_nemo(tmp_path: Path) -> None:
    root = corpus(tmp_path / "corpus")
    made = [
        Recording("a.wav", Span("a.wav"), None, "ann", "hi", {"command": "go"}, "train"),
        Recording("x", Span("deep/b c.flac", 0.25), text="ho", split="valid"),
    ]
    write("nemo", Going(root, made), tmp_path / "out")
    found = {name: json.loads(text) for name, text in files(tmp_path / "out").items()}
    first = {"audio_filepath": f"{root}/a.wav", "duration": 0.5, "text": "hi", "speaker": "ann", "command": "go"}
    assert found == {
        "train.json": first | {"wavemill": {"labels": ["command"]}},
        "valid.json": {
            "audio_filepath": f"{root}/deep/b c.flac",
            "offset": 0.25,
            "duration": 0.75,
            "text": "ho",
            "wavemill": {"key": "x", "seconds": None},
        },
    }


def test_csv(tmp_path: Path) -> None:
    root = corpus(tmp_path / "corpus")
    made = [
        Recording("a", Span("a.wav"), text='say "hi"', labels={"n": 1, "n:int": "x", "tags": ["a"]}, split="train"),
        Recording("b", Span("a.wav", 0.5), 0, labels={"n": 2}, split="test", extra={"page": 3}),
    ]
    write("csv", Going(root, made), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text("utf-8").splitlines() == [
        "key,path,start,channel,text,split,label.n:int,label.n:int:text,label.tags:list,extra",
        f'a,{root}/a.wav,,,"say ""hi""",train,1,x,"[""a""]",',
        f'b,{root}/a.wav,0.5,0,,test,2,,,"{{""page"": 3}}"',
    ]
    assert rows("manifest", root, tmp_path / "out.csv") == made


def test_a_manifest_of_nemo_builds_to_the_content_of_a_table(tmp_path: Path) -> None:
    """As its documentation has it, with spans."""
    write_audio(tmp_path / "audio" / "a.wav", tone(1.0, hz=300))
    said = [(f"u{number}", 0.25 * number, f"say {number}", f"s{number % 2}") for number in range(4)]
    table = [f"{key},a.wav,{start},0.25,{text},{speaker},train" for key, start, text, speaker in said]
    write_lines(tmp_path / "audio" / "rows.csv", "key,path,start,seconds,text,speaker,split", *table)
    lines = [
        {"audio_filepath": "a.wav", "offset": start, "duration": 0.25, "text": text, "speaker": speaker, "id": key}
        for key, start, text, speaker in said
    ]
    write_lines(tmp_path / "audio" / "train_manifest.json", *map(json.dumps, lines))
    root = str(tmp_path / "audio")
    found = content(tmp_path, "nemo", reader="nemo", root=root, path="train_manifest.json", columns={"key": "id"})
    assert found == content(tmp_path, "table", reader="table", root=root, path="rows.csv")
    assert len(found) == 4
