"""Datasets saved by Hugging Face's `save_to_disk`, read with pyarrow alone.

A saved dataset is a folder of Arrow IPC streams that state.json lists; the schema's metadata holds the
features. Audio is a struct of `bytes` and `path`. The bytes lie uncompressed in the file, so where they
lie is found from the addresses of the mapped buffers, and no audio is read or copied.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from manifests.errors import CorpusError
from manifests.tables import holds_bytes, plain

Place = tuple[int, int] | tuple[None, None]


@dataclass(frozen=True, slots=True)
class SavedRow:
    """A row of a saved dataset: its number in `file` (from 1), and its values without the audio.

    `offset` and `size` say where the encoded audio lies in `file`; they are None where it was not
    embedded. `path` is what the dataset calls the audio, or where it is.
    """

    file: Path
    number: int
    values: dict[str, Any]
    path: str | None
    offset: int | None
    size: int | None


def data_files(folder: Path) -> list[Path]:
    """The Arrow files of a saved dataset, in order."""
    state = read_json(folder / "state.json")
    try:
        names = [item["filename"] for item in state["_data_files"]]
    except (KeyError, TypeError) as error:
        raise CorpusError(
            "lists no data files; was this written by save_to_disk?", str(folder / "state.json")
        ) from error
    return [folder / plain_name(name, folder / "state.json") for name in names]


def split_names(folder: Path) -> list[str]:
    """The splits of a saved DatasetDict, each a folder of its own."""
    path = folder / "dataset_dict.json"
    names = read_json(path).get("splits")
    if not isinstance(names, list):
        raise CorpusError("lists no splits; was this written by save_to_disk?", str(path))
    return [plain_name(name, path) for name in names]


def plain_name(name: Any, path: Path) -> str:
    """The name, which leads to nowhere but the folder of `path`."""
    if not isinstance(name, str) or name in ("", ".", "..") or "/" in name:
        raise CorpusError(f"{name!r} is no name in this folder", str(path))
    return name


def read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CorpusError(f"cannot be read: {error}", str(path)) from error
    if not isinstance(found, dict):
        raise CorpusError("not a JSON object", str(path))
    return found


def features(path: Path) -> dict[str, Any]:
    """The features of a saved Arrow file by column, as `datasets` describes them."""
    with _mapped(path) as source:
        metadata = _stream(source, path).schema.metadata or {}
    try:
        info: dict[str, Any] = json.loads(metadata.get(b"huggingface", b"{}"))
    except ValueError as error:
        raise CorpusError(f"its description of the features is not JSON: {error}", str(path)) from error
    found: dict[str, Any] = info.get("info", {}).get("features", {})
    return found


def saved_rows(path: Path, audio: str, described: dict[str, Any]) -> Iterator[SavedRow]:
    """The rows of one Arrow file; class labels come by name, columns that hold bytes are left out."""
    names = {name: feature for name, feature in described.items() if class_names(feature)}
    number = 0
    try:
        with _mapped(path) as source:
            base, end = source.read_buffer().address, source.size()
            source.seek(0)
            stream = _stream(source, path)
            _check_audio(stream.schema.field(audio), path)
            kept = [field.name for field in stream.schema if not holds_bytes(field.type) and field.name != audio]
            for batch in stream:
                content, paths = _fields(batch.column(audio))
                places = _places(content, base, end, path)
                for values, place, name in zip(batch.select(kept).to_pylist(), places, paths.to_pylist(), strict=True):
                    number += 1
                    values = {key: _named(plain(value), names.get(key)) for key, value in values.items()}
                    yield SavedRow(path, number, values, name, *place)
    except IndexError as error:
        raise CorpusError("a class label is beyond the names of its classes", str(path), number) from error
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(f"cannot be read as Arrow: {error}", str(path), number + 1) from error


def class_names(feature: Any) -> list[str] | None:
    """The names of a class label, or of the class labels in a list; None for another feature."""
    if not isinstance(feature, dict):
        return None
    if feature.get("_type") == "ClassLabel":
        return feature.get("names")
    return class_names(feature.get("feature")) if feature.get("_type") in ("List", "LargeList", "Sequence") else None


def _named(value: Any, feature: Any) -> Any:
    """A class label's number as its name; -1, the unknown class, as None."""
    names = class_names(feature)
    if not names or value is None:
        return value
    if isinstance(value, list):
        return [names[item] for item in value if item is not None and item >= 0]
    return names[value] if value >= 0 else None


def _check_audio(field: pa.Field, path: Path) -> None:
    names = [field.type.field(index).name for index in range(field.type.num_fields)]
    if not {"bytes", "path"} <= set(names):
        raise CorpusError(f"column {field.name!r} is {field.type}, which is no audio", str(path))


def _fields(audio: pa.StructArray) -> tuple[pa.Array, pa.Array]:
    """Bytes and path; null in both where the struct is null."""
    names = [audio.type.field(index).name for index in range(audio.type.num_fields)]
    fields = dict(zip(names, audio.flatten(), strict=True))
    return fields["bytes"], fields["path"]


def _places(content: pa.Array, base: int, end: int, path: Path) -> list[Place]:
    """Where each value of a binary array lies in the file that was mapped from `base` on, `end` bytes long."""
    if content.null_count == len(content):
        return [(None, None)] * len(content)
    _, offsets, data = content.buffers()
    start = data.address - base if data.size else 0
    if not 0 <= start <= end - data.size:
        raise CorpusError("its buffers are compressed; save the dataset again with save_to_disk", str(path))
    width = np.int64 if pa.types.is_large_binary(content.type) else np.int32
    bounds = np.frombuffer(offsets, width)[content.offset : content.offset + len(content) + 1].tolist()
    there = content.is_valid().to_pylist()
    return [
        (start + first, last - first) if valid else (None, None)
        for first, last, valid in zip(bounds[:-1], bounds[1:], there, strict=True)
    ]


def _mapped(path: Path) -> pa.MemoryMappedFile:
    try:
        return pa.memory_map(str(path))
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(f"cannot be read: {error}", str(path)) from error


def _stream(source: pa.MemoryMappedFile, path: Path) -> pa.RecordBatchStreamReader:
    try:
        return pa.ipc.open_stream(source)
    except pa.ArrowException as error:
        raise CorpusError(f"not an Arrow stream: {error}", str(path)) from error
