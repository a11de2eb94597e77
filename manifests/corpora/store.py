"""store: the examples of a wavemill store, whose kept audio becomes the source of another recipe.

So a second store is made without the original corpus: other features of the same audio, or a part of it. The
store must keep its audio as FLAC; each recording is read in place, out of its shard. Labels, texts, speakers and
splits come along; augmented copies do not. What the store says of its corpora's licences holds for the new one, too.
A recording's identity is the checksum of its row, so a shard that was rewritten around it costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from manifests.corpora.reader import Reader
from manifests.credit import Credit
from manifests.errors import CorpusError, StoreError
from manifests.index import PRODUCED
from manifests.recording import Recording, Span
from manifests.store import Store


class StoreReader(Reader):
    """A store of wavemill, read where it lies. Keys are those of the store."""

    name: ClassVar[str] = "store"

    array: str = Field("audio", description="Name of the kept audio.")

    def read(self) -> Iterator[Recording]:
        try:
            store = Store.open(self.root)
            spec = store.array(self.array)
        except StoreError as error:
            raise CorpusError(str(error)) from error
        if spec.encoding != "flac":
            raise CorpusError(f"keeps {self.array} as {spec.encoding}; only flac can be read again", self.root)
        columns = ["key", "copy", "part", "split", "fate", "speaker", "text", "labels", "extra", "checksum"]
        columns += [f"{self.array}.offset", f"{self.array}.bytes"]
        for entry in store.generation.shards:
            for row in store.index(entry, columns).to_pylist():
                if row["fate"] == PRODUCED and not row["copy"]:
                    place = {"offset": row[f"{self.array}.offset"], "size": row[f"{self.array}.bytes"]}
                    yield Recording(
                        key=row["key"] + (f"~{row['part']}" if row["part"] else ""),
                        span=Span(str(entry.shard), version=row["checksum"], **place),
                        speaker=row["speaker"],
                        text=row["text"],
                        labels=json.loads(row["labels"]),
                        split=row["split"],
                        extra=json.loads(row["extra"] or "{}"),
                        origin=f"{self.root}/{entry.index}",
                    )

    def credits(self) -> list[Credit]:
        """Those of the corpora that the store was made of."""
        try:
            found = Store.open(self.root).generation.corpora
        except StoreError as error:
            raise CorpusError(str(error)) from error
        return found or super().credits()
