"""Reader: the base of every corpus reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from manifests.recording import Recording


class Reader(BaseModel):
    """A corpus on disk. Subclasses set `name` and implement `rows`; the docstring of their module tells the
    corpus's story: what it is, its layout, its licence, its traps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str]

    root: str = Field(description="The folder that holds the corpus; keys and paths are relative to it.")

    def rows(self) -> Iterator[Recording]:
        """The recordings, as a stream, in any order that is the same each time.

        CorpusError, with the file and the line, for a missing file, a duplicate key, or a broken row.
        """
        raise NotImplementedError
