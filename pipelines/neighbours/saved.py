"""datasets: a DatasetDict of Hugging Face, as `save_to_disk` lays it out, with the audio inside, and a dataset card.

    README.md  dataset_dict.json  train/{data-00000.arrow, state.json, dataset_info.json}  validation/..  test/..

`datasets.load_from_disk(OUT)` and `load_dataset(OUT)` open it, and our reader `huggingface` reads it again. Labels
that are text with up to a thousand values are class labels. A recording that is a span, a channel or pieces of files
is cut out, so what it was cut from is no longer said. Rows are read twice, since the columns come first, and written
in blocks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import xxhash

from manifests.corpora.columns import NAMES
from manifests.corpora.layouts import own
from manifests.recording import Recording
from manifests.splits import VALID, standard_split
from pipelines.errors import LeavingError
from pipelines.labels import LabelTypes
from pipelines.neighbours.card import card
from pipelines.neighbours.embedded import embedded
from pipelines.neighbours.outgoing import Item, Outgoing, folder
from pipelines.stores.arrow import LABEL_TYPES, described_type

FILE_BYTES = 500 << 20
BLOCK_BYTES = 8 << 20
BLOCK_ROWS = 1000
CLASSES = 1000
"""Most values of a class label."""

_AUDIO = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_TEXTS = ("key", "speaker", "text", own.NAME)


def write(outgoing: Outgoing, out: Path) -> int:
    """Writes a folder, one below it for each split."""
    columns = _Columns(outgoing)
    splits: dict[str, _Split] = {}
    with folder(out) as made, ExitStack() as stack:
        for item in outgoing:
            name = name_of(item.recording.split)
            if name not in splits:
                splits[name] = stack.enter_context(_Split(made / name, columns))
            splits[name].add(columns.row(item), *embedded(outgoing, item))
        for split in splits.values():
            split.finish()
        (made / "dataset_dict.json").write_text(json.dumps({"splits": list(splits)}), "utf-8")
        counts = {name: split.rows for name, split in splits.items()}
        (made / "README.md").write_text(card(outgoing, counts), "utf-8")
    return sum(counts.values())


def name_of(split: str | None) -> str:
    """The name of a split as datasets spells it: `validation`, and no dashes."""
    return "validation" if split == VALID else re.sub(r"\W", "_", split or "none")


class _Columns:
    """Which columns there are, of all recordings."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._types = LabelTypes([])
        self.classes: dict[str, set[str]] = {}
        for item in outgoing:
            for name, value in item.recording.labels.items():
                if name in (*_TEXTS, *NAMES, "audio"):
                    raise LeavingError(f"{item.key}: the label {name!r} has the name of a column; call it otherwise")
                values = self.classes.setdefault(name, set())
                if isinstance(value, str) and len(values) <= CLASSES:
                    values.add(value)
            self._types.see(item.key, item.recording.labels)
        self.types = self._types.types()
        text = {name for name, kind in self.types.items() if kind == "string"}
        self.names = {n: sorted(found) for n, found in self.classes.items() if n in text and len(found) <= CLASSES}

    @property
    def schema(self) -> pa.Schema:
        kinds = {name: pa.int64() if name in self.names else LABEL_TYPES[kind] for name, kind in self.types.items()}
        fields = [("audio", _AUDIO), *((name, pa.string()) for name in _TEXTS), *kinds.items()]
        metadata = {"huggingface": json.dumps({"info": {"features": self.features}}, ensure_ascii=False)}
        return pa.schema([pa.field(name, kind) for name, kind in fields], metadata=metadata)

    @property
    def features(self) -> Mapping[str, Any]:
        """The columns as the datasets package describes them."""
        found: dict[str, Any] = {"audio": {"_type": "Audio"}, **{name: described_type(pa.string()) for name in _TEXTS}}
        for name, kind in self.types.items():
            classes = {"names": self.names.get(name), "_type": "ClassLabel"}
            found[name] = classes if name in self.names else described_type(LABEL_TYPES[kind])
        return found

    def row(self, item: Item) -> dict[str, Any]:
        """The values of a recording's columns but the audio."""
        recording = item.recording
        labels = {
            name: self.names[name].index(value) if name in self.names else value  # type: ignore[arg-type]
            for name, value in recording.labels.items()
        }
        said = {name: value for name, value in recording.labels.items() if value != ""}
        found = Recording(recording.key, recording.span, None, recording.speaker or None, recording.text or None, said)
        kept = own.kept(found, recording._replace(channel=None, split=None))
        if standard_split(name_of(recording.split)) != recording.split:
            kept["split"] = recording.split
        plain = [name for name in labels if name not in self.names]
        kept = {"labels": plain, **kept} if plain else kept
        rest = json.dumps(kept, ensure_ascii=False, allow_nan=False) if kept else None
        return {"key": recording.key, "speaker": recording.speaker, "text": recording.text, own.NAME: rest, **labels}


class _Split:
    """One split: Arrow files of up to half a gigabyte."""

    def __init__(self, path: Path, columns: _Columns) -> None:
        self._path, self._columns, self._schema = path, columns, columns.schema
        self.rows = 0
        self._files: list[str] = []
        self._sink: pa.ipc.RecordBatchStreamWriter | None = None
        self._waiting: list[dict[str, Any]] = []
        self._held = self._written = 0
        self._digest = xxhash.xxh3_64()
        path.mkdir()

    def __enter__(self) -> _Split:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._sink is not None:
            self._sink.close()

    def add(self, row: dict[str, Any], audio: bytes, extension: str) -> None:
        """A row, with its audio."""
        self._waiting.append({**row, "audio": {"bytes": audio, "path": f"{self.rows:08d}{extension}"}})
        self._digest.update(f"{row['key']}\x1f{xxhash.xxh3_64_hexdigest(audio)}\x1e".encode())
        self.rows += 1
        self._held += len(audio)
        if self._held >= BLOCK_BYTES or len(self._waiting) >= BLOCK_ROWS:
            self._flush()

    def finish(self) -> None:
        """Writes what is left, and what datasets asks for beside it."""
        self._flush()
        state: dict[str, Any] = {
            "_data_files": [{"filename": name} for name in self._files],
            "_fingerprint": self._digest.hexdigest(),
            "_format_columns": None,
            "_format_kwargs": {},
            "_format_type": None,
            "_output_all_columns": False,
            "_split": self._path.name,
        }
        info = {"citation": "", "description": "", "homepage": "", "license": "", "features": self._columns.features}
        for name, value in (("state.json", state), ("dataset_info.json", info)):
            (self._path / name).write_text(json.dumps(value, ensure_ascii=False, indent=1), "utf-8")

    def _flush(self) -> None:
        if self._sink is None or self._written >= FILE_BYTES:
            self.__exit__()
            self._files.append(f"data-{len(self._files):05d}.arrow")
            self._sink, self._written = pa.ipc.new_stream(self._path / self._files[-1], self._schema), 0
        if self._waiting:
            columns = [[row.get(field.name) for row in self._waiting] for field in self._schema]
            arrays = [pa.array(values, field.type) for values, field in zip(columns, self._schema, strict=True)]
            self._sink.write_batch(pa.record_batch(arrays, schema=self._schema))
            self._written += self._held
        self._waiting, self._held = [], 0
