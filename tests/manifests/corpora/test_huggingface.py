from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile

from manifests.corpora.huggingface import HuggingFace
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from tests.factories import folder_corpus, tone, write_audio, write_lines


def rows(root: Path, **parameters: Any) -> list[Recording]:
    return list(HuggingFace.model_validate({"root": str(root), **parameters}).rows())


def message_of(root: Path, **parameters: Any) -> str:
    with pytest.raises(CorpusError) as caught:
        rows(root, **parameters)
    return str(caught.value)


def encoded(hz: float, form: str = "WAV") -> bytes:
    sink = io.BytesIO()
    soundfile.write(sink, tone(0.05, hz=hz).T, 8000, format=form)
    return sink.getvalue()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    import datasets

    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def dataset(audio: list[dict[str, Any] | None], **columns: Any) -> Any:
    """A dataset with an Audio feature, written by the `datasets` package."""
    import datasets

    struct = {"bytes": datasets.Value("binary"), "path": datasets.Value("string")}
    known = {
        "label": datasets.ClassLabel(names=["no", "yes"]),
        "tags": datasets.List(datasets.ClassLabel(names=["loud", "far"])),
        "speaker": datasets.Value("string"),
        "score": datasets.Value("float32"),
        "id": datasets.Value("string"),
    }
    features = datasets.Features({"audio": struct, **{name: known[name] for name in columns}})
    made = datasets.Dataset.from_dict({"audio": audio, **columns}, features=features)
    return made.cast_column("audio", datasets.Audio(decode=False))


def span_bytes(root: Path, span: Span) -> bytes:
    assert span.offset is not None
    assert span.size is not None
    with open(root / span.path, "rb") as source:
        source.seek(span.offset)
        return source.read(span.size)


def test_embedded_audio_is_found_in_the_file_to_the_byte(tmp_path: Path) -> None:
    contents = [encoded(200 + index, "FLAC" if index % 2 else "WAV") for index in range(25)]
    audio: list[dict[str, Any] | None] = [
        {"bytes": content, "path": f"{index}.wav"} for index, content in enumerate(contents)
    ]
    made = dataset(audio, label=[index % 2 for index in range(25)], score=[0.5] * 24 + [float("nan")])
    made.save_to_disk(tmp_path, num_shards=3)
    found = rows(tmp_path)
    assert [span_bytes(tmp_path, row.span) for row in found] == contents
    assert [row.key for row in found] == [f"{index}.wav" for index in range(25)]
    assert len({row.span.path for row in found}) == 3
    assert [row.labels for row in found[:2]] == [{"label": "no"}, {"label": "yes"}]
    assert (found[0].extra, found[24].extra) == ({"score": 0.5}, {})
    assert found[1].origin == f"{tmp_path}/data-00000-of-00003.arrow:2"
    samples, _ = soundfile.read(io.BytesIO(span_bytes(tmp_path, found[3].span)), dtype="float32")
    np.testing.assert_allclose(samples, tone(0.05, hz=203)[0], atol=1 / 32768)


def test_many_batches(tmp_path: Path) -> None:
    """Arrow files come in batches of at most a thousand rows; each has buffers of its own."""
    contents = [f"clip {index}".encode() for index in range(2500)]
    dataset([{"bytes": content, "path": None} for content in contents]).save_to_disk(tmp_path)
    with pa.memory_map(str(tmp_path / "data-00000-of-00001.arrow")) as source:
        assert sum(1 for _ in pa.ipc.open_stream(source)) > 1
    found = rows(tmp_path)
    assert [span_bytes(tmp_path, row.span) for row in found] == contents
    assert [row.key for row in found] == [f"{index:08d}" for index in range(2500)]


def test_rows_without_a_name_are_numbered_across_files(tmp_path: Path) -> None:
    made = dataset([{"bytes": b"x", "path": None}] * 6, id=list("abcdef"))
    made.save_to_disk(tmp_path, num_shards=2)
    assert [row.key for row in rows(tmp_path)] == [f"{index:08d}" for index in range(6)]
    assert [row.key for row in rows(tmp_path, columns={"key": "id"})] == list("abcdef")


def test_a_dataset_dict_has_splits(tmp_path: Path) -> None:
    import datasets

    parts = {
        name: dataset([{"bytes": name.encode(), "path": "/tmp/a.wav"}], speaker=["theo"], tags=[[1, 0]])
        for name in ("train", "validation", "extra")
    }
    datasets.DatasetDict(parts).save_to_disk(tmp_path)
    found = rows(tmp_path)
    assert [(row.key, row.split) for row in found] == [
        ("train/a.wav", "train"),
        ("validation/a.wav", "valid"),
        ("extra/a.wav", "extra"),
    ]
    assert [span_bytes(tmp_path, row.span) for row in found] == [b"train", b"validation", b"extra"]
    assert all(row.speaker == "theo" and row.labels == {"tags": ["far", "loud"]} for row in found)


def write_arrow(folder: Path, table: pa.Table, **options: Any) -> Path:
    """A saved dataset made by hand, for what `datasets` itself would not write."""
    features: dict[str, Any] = {name: {"_type": "Value"} for name in table.column_names}
    features |= {"audio": {"_type": "Audio"}}
    if "label" in features:
        features["label"] = {"_type": "ClassLabel", "names": ["no", "yes"]}
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    folder.mkdir(parents=True, exist_ok=True)
    with pa.ipc.new_stream(folder / "data.arrow", table.schema, options=pa.ipc.IpcWriteOptions(**options)) as sink:
        sink.write_table(table)
    write_lines(folder / "state.json", json.dumps({"_data_files": [{"filename": "data.arrow"}]}))
    return folder


def audio_table(values: list[Any], content: pa.DataType | None = None) -> pa.Table:
    kind = pa.struct([("bytes", content or pa.binary()), ("path", pa.string())])
    return pa.table({"audio": pa.array(values, kind)})


def test_audio_that_is_not_embedded_is_a_path(tmp_path: Path) -> None:
    file = write_audio(tmp_path / "wavs" / "a.wav")
    paths = [
        {"bytes": None, "path": str(file)},
        {"bytes": b"x", "path": "b.wav"},
        {"bytes": None, "path": "wavs/c.wav"},
    ]
    found = rows(write_arrow(tmp_path, audio_table(paths)))
    assert [(row.key, row.span.path, row.span.size) for row in found] == [
        ("wavs/a.wav", "wavs/a.wav", None),
        ("b.wav", "data.arrow", 1),
        ("wavs/c.wav", "wavs/c.wav", None),
    ]
    write_arrow(tmp_path, audio_table([{"bytes": None, "path": "/etc/passwd"}]))
    assert message_of(tmp_path).startswith(f"{tmp_path}/data.arrow:1: '/etc/passwd' is no file below")


def test_large_and_empty_binaries(tmp_path: Path) -> None:
    values = [{"bytes": content, "path": None} for content in (b"one", b"", b"three")]
    folder = write_arrow(tmp_path, audio_table(values, pa.large_binary()))
    assert [span_bytes(folder, row.span) for row in rows(folder)] == [b"one", b"", b"three"]
    folder = write_arrow(tmp_path, audio_table(values[1:2]))
    assert [span_bytes(folder, row.span) for row in rows(folder)] == [b""]


@pytest.mark.parametrize("value", [None, {"bytes": None, "path": None}])
def test_a_row_without_audio_is_named(tmp_path: Path, value: Any) -> None:
    folder = write_arrow(tmp_path, audio_table([{"bytes": b"x", "path": "a"}, value]))
    assert message_of(folder) == f"{folder}/data.arrow:2: has neither audio nor a path to it"


def test_compressed_buffers_are_refused(tmp_path: Path) -> None:
    folder = write_arrow(tmp_path, audio_table([{"bytes": b"x" * 5000, "path": "a"}]), compression="zstd")
    assert message_of(folder) == (
        f"{folder}/data.arrow: its buffers are compressed; save the dataset again with save_to_disk"
    )


def test_damaged_files_are_named(tmp_path: Path) -> None:
    folder = write_arrow(tmp_path, audio_table([{"bytes": b"x" * 5000, "path": "a"}]))
    file = folder / "data.arrow"
    content = file.read_bytes()
    file.write_bytes(content[:3000])
    assert message_of(folder).startswith(f"{file}:1: cannot be read as Arrow: ")
    file.write_bytes(b"PK\3\4" + content)
    assert message_of(folder).startswith(f"{file}: not an Arrow stream: ")
    file.write_bytes(b"")
    assert message_of(folder).startswith(f"{file}: ")
    file.unlink()
    assert message_of(folder).startswith(f"{file}: cannot be read: ")
    write_lines(folder / "state.json", "{")
    assert message_of(folder).startswith(f"{folder}/state.json: cannot be read: ")
    write_lines(folder / "state.json", '{"_data_files": [{"filename": "../x.arrow"}]}')
    assert message_of(folder) == f"{folder}/state.json: '../x.arrow' is no name in this folder"
    write_lines(folder / "state.json", "{}")
    assert message_of(folder) == f"{folder}/state.json: lists no data files; was this written by save_to_disk?"
    write_lines(folder / "dataset_dict.json", '{"splits": [".."]}')
    assert message_of(folder) == f"{folder}/dataset_dict.json: '..' is no name in this folder"


def test_a_column_that_is_no_audio_is_named(tmp_path: Path) -> None:
    table = audio_table([{"bytes": b"x", "path": "a"}]).append_column("text", pa.array(["hi"]))
    folder = write_arrow(tmp_path, table)
    assert message_of(folder, columns={"path": "text"}) == (
        f"{folder}/data.arrow: column 'text' is string, which is no audio"
    )
    assert message_of(folder, labels=["txt"]) == (
        f"{folder}/data.arrow: no column 'txt'; there are audio, text; did you mean text?"
    )


def test_class_labels_come_by_name(tmp_path: Path) -> None:
    audio = audio_table([{"bytes": b"x", "path": str(index)} for index in range(3)])
    folder = write_arrow(tmp_path, audio.append_column("label", pa.array([1, -1, None])))
    assert [row.labels for row in rows(folder)] == [{"label": "yes"}, {}, {}]
    folder = write_arrow(tmp_path, audio.append_column("label", pa.array([1, 2, 0])))
    assert message_of(folder) == f"{folder}/data.arrow:2: a class label is beyond the names of its classes"


def test_reading_needs_no_datasets_package(tmp_path: Path) -> None:
    folder = write_arrow(tmp_path, audio_table([{"bytes": b"x", "path": "a"}]))
    script = (
        "import sys; sys.modules['datasets'] = None\n"
        "from manifests.corpora.huggingface import HuggingFace\n"
        f"print(len(list(HuggingFace(root={str(folder)!r}).rows())))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "1\n"


def test_an_audiofolder_labelled_by_folders(tmp_path: Path) -> None:
    names = ["test/cat/c.wav", "train/cat/a.wav", "train/dog/b.wav", "train/x.wav", "validation/dog/d.wav"]
    folder_corpus(tmp_path, names)
    found = [(row.key, row.span.path, row.split, row.labels) for row in rows(tmp_path)]
    assert found == [
        (names[0], names[0], "test", {"label": "cat"}),
        (names[1], names[1], "train", {"label": "cat"}),
        (names[2], names[2], "train", {"label": "dog"}),
        (names[3], names[3], "train", {}),
        (names[4], names[4], "valid", {"label": "dog"}),
    ]


def test_an_audiofolder_without_splits(tmp_path: Path) -> None:
    folder_corpus(tmp_path, ["cat/a.wav", "dog/b.wav"])
    assert [(row.key, row.split, row.labels["label"]) for row in rows(tmp_path)] == [
        ("cat/a.wav", None, "cat"),
        ("dog/b.wav", None, "dog"),
    ]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_an_audiofolder_described_by_a_table(tmp_path: Path, suffix: str) -> None:
    lines = {
        "csv": ("file_name,transcription,mood", "train/a.wav,hello,glad", "b.wav,bye,"),
        "jsonl": (
            '{"file_name": "train/a.wav", "transcription": "hello", "mood": "glad"}',
            '{"file_name": "b.wav", "transcription": "bye"}',
        ),
    }[suffix]
    path = write_lines(tmp_path / f"metadata.{suffix}", *lines)
    found = rows(tmp_path, columns={"text": "transcription"}, labels=["mood"])
    assert found == [
        Recording("train/a.wav", Span("train/a.wav"), text="hello", labels={"mood": "glad"}, split="train"),
        Recording("b.wav", Span("b.wav"), text="bye"),
    ]
    assert found[1].origin == f"{path}:{3 if suffix == 'csv' else 2}"
    assert "did you mean transcription?" in message_of(tmp_path, columns={"text": "transcript"})


def test_each_split_may_have_its_own_table(tmp_path: Path) -> None:
    for split in ("train", "dev"):
        write_lines(tmp_path / split / "metadata.csv", "file_name,text", "clips/a.wav,hello")
    assert [(row.key, row.split, row.text) for row in rows(tmp_path)] == [
        ("dev/clips/a.wav", "valid", "hello"),
        ("train/clips/a.wav", "train", "hello"),
    ]
    table = write_lines(tmp_path / "dev" / "metadata.csv", "file_name,text", "../../x.wav,hello")
    assert message_of(tmp_path).startswith(f"{table}:2: '../../x.wav' is no file below {tmp_path}")
    table = write_lines(tmp_path / "dev" / "metadata.csv", "filename,text", "x.wav,hello")
    assert message_of(tmp_path).startswith(f"{table}:2: no column file_name; there are filename, text")
    write_lines(tmp_path / "dev" / "metadata.jsonl", "{}")
    assert message_of(tmp_path) == f"{tmp_path}/dev: has both metadata.csv and metadata.jsonl; keep one"


def test_a_folder_without_audio_is_an_error(tmp_path: Path) -> None:
    assert message_of(tmp_path).startswith(f"{tmp_path}: holds no file that ends in")
    assert message_of(tmp_path / "nowhere") == f"{tmp_path}/nowhere: no such folder"


def test_parquet_of_the_hub_is_refused_with_what_to_do(tmp_path: Path) -> None:
    import datasets

    dataset([{"bytes": encoded(300), "path": "a.wav"}]).to_parquet(tmp_path / "hub" / "data" / "train-0-of-1.parquet")
    assert message_of(tmp_path / "hub") == (
        f"{tmp_path}/hub/data/train-0-of-1.parquet: Parquet compresses the audio inside it, so that it cannot be read "
        "in place; save the dataset first: datasets.load_dataset(FOLDER).save_to_disk(OTHER)"
    )
    cache = str(tmp_path / "cache")
    datasets.load_dataset(str(tmp_path / "hub"), cache_dir=cache).save_to_disk(tmp_path / "saved")
    (row,) = rows(tmp_path / "saved")
    assert span_bytes(tmp_path / "saved", row.span) == encoded(300)
