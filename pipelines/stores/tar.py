"""Tar shards in WebDataset's layout: key.json, key.<array>.npy, key.<array>.flac.

Times, owners and modes are fixed, so that equal examples give equal bytes. A sample's name is its key
with what WebDataset would split at (dots) and what a file system would stumble over percent-encoded; the
key itself stands in the JSON.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from urllib.parse import quote

import numpy as np

from manifests.spec import ArraySpec
from pipelines.stores.writer import Row, ShardWriter, Stored

END_OF_ARCHIVE = bytes(2 * tarfile.BLOCKSIZE)


class TarWriter(ShardWriter):
    def _add(self, row: Row, stored: Mapping[str, Stored]) -> None:
        name = sample_name(row["key"], row["copy"], row["part"])
        facts = {field: row[field] for field in ("key", "copy", "part", "speaker", "text", "seconds")}
        labels = json.loads(row["labels"])
        facts["labels"] = {label: labels.get(label) for label in self.labels}
        self._member(f"{name}.json", b"", json.dumps(facts, ensure_ascii=False, sort_keys=True).encode())
        for spec in self.arrays:
            array, suffix = stored[spec.name], "flac" if spec.encoding == "flac" else "npy"
            header = b"" if suffix == "flac" else _npy_header(spec, array)
            row[f"{spec.name}.offset"] = self._member(f"{name}.{spec.name}.{suffix}", header, array.raw)

    def finish(self) -> None:
        self.sink.write(END_OF_ARCHIVE)

    def _member(self, name: str, header: bytes, content: bytes | memoryview) -> int:
        """Writes a file of the archive; where its content, after the header, begins."""
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = len(header) + len(content), 0o644, 0
        info.uname = info.gname = "wavemill"
        self.sink.write(info.tobuf(tarfile.PAX_FORMAT) + header)
        begins = self.sink.size
        self.sink.write(content)
        self.sink.write(bytes(-info.size % tarfile.BLOCKSIZE))
        return begins


def sample_name(key: str, copy: int, part: int) -> str:
    """The name of an example in a tar, without dots.

    >>> sample_name("digits/recordings/0_theo_1.wav", 1, 0)
    'digits/recordings/0_theo_1%2Ewav@1'
    """
    name = quote(key, safe="/ _-").replace(".", "%2E").replace("~", "%7E")
    return name + (f"@{copy}" if copy or part else "") + (f"~{part}" if part else "")


def _npy_header(spec: ArraySpec, array: Stored) -> bytes:
    sink = io.BytesIO()
    shape = (array.length, array.width)
    np.lib.format.write_array_header_1_0(
        sink, {"descr": np.dtype(spec.encoding).newbyteorder("<").str, "fortran_order": False, "shape": shape}
    )
    return sink.getvalue()
