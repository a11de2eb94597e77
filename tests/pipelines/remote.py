"""A corpus of tones on an object store, and a store there, beside those in a folder that they must agree with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from manifests.storage import Storage, open_storage
from pipelines.build import Summary, build
from pipelines.lock import locked
from pipelines.recipe import Recipe
from tests.pipelines.corpora import Tones
from tests.s3 import Proxy


class Remote:
    """The corpus of `tones` on an object store, and a store there."""

    def __init__(self, tones: Tones, s3: Proxy) -> None:
        self.tones, self.s3 = tones, s3
        self.root, self.store = f"s3://{s3.bucket}/corpus", f"s3://{s3.bucket}/stores/tones"
        for path in sorted(tones.root.rglob("*.wav")):
            self.upload(path)

    @property
    def storage(self) -> Storage:
        return open_storage(self.store)

    def upload(self, path: Path) -> None:
        self.s3.send("PUT", self._name(path), path.read_bytes())

    def remove(self, path: Path) -> None:
        self.s3.send("DELETE", self._name(path))

    def copy_store(self) -> None:
        """Puts a copy of the local store there."""
        for path in (path for path in self.tones.store.rglob("*") if path.is_file()):
            name = path.relative_to(self.tones.store).as_posix()
            self.s3.send("PUT", f"/{self.s3.bucket}/stores/tones/{name}", path.read_bytes())

    def recipe(self, *overrides: str) -> Recipe:
        return self.tones.recipe(f"corpora.tones.root={self.root}", f"store.path={self.store}", *overrides)

    def build(self, *overrides: str) -> Summary:
        return build(self.recipe(*overrides), "inline")

    @contextmanager
    def lock(self) -> Iterator[Storage]:
        with locked(self.store, alone=True):
            yield self.storage

    def asked(self, method: str, folder: str) -> list[str]:
        """The paths below a folder of the bucket that requests of a method were about."""
        start = f"/{self.s3.bucket}/{folder}"
        return [path for asked, path in self.s3.asked if asked == method and path.startswith(start)]

    def _name(self, path: Path) -> str:
        return f"/{self.s3.bucket}/corpus/{path.relative_to(self.tones.root).as_posix()}"
