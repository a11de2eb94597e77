"""Reader: the base of every corpus reader."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from manifests.address import scheme_of
from manifests.corpora.about import About
from manifests.credit import Credit
from manifests.errors import CorpusError
from manifests.files import Files, open_files
from manifests.recording import Recording


class Reader(BaseModel):
    """A corpus on disk. Subclasses set `name` and implement `read`; the docstring of their module tells the
    corpus's story: what it is, its layout, its licence, its traps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str]
    about: ClassVar[About | None] = None
    """What the corpus is; None for a reader of a layout, whose corpora are anyone's."""
    only_local: ClassVar[bool] = False
    """Whether the reader maps files, and so cannot read from an object store."""

    root: str = Field(
        description="The folder that holds the corpus, or s3://bucket/prefix; keys and paths are relative to it."
    )

    @cached_property
    def files(self) -> Files:
        """The files below the root; CorpusError where this reader cannot read from there."""
        if self.only_local and scheme_of(self.root):
            raise CorpusError(f"the reader {self.name} reads folders only; copy the corpus to one", self.root)
        return open_files(self.root)

    def rows(self) -> Iterator[Recording]:
        """The recordings, as a stream, in an order that is the same each time.

        CorpusError, with the file and the line, for a broken row, and for a corpus that lists nothing. A
        reader opens no audio: that files are there, and that keys are unique, is for the plan to check,
        which sees all corpora in bounded memory; each recording's `origin` lets it name both lines.
        """
        if not self.files.is_there():
            raise CorpusError("nothing lies there" if scheme_of(self.root) else "no such folder", self.root)
        empty = True
        for recording in self.read():
            empty = False
            yield recording
        if empty:
            raise CorpusError("lists no recording", self.root)

    def read(self) -> Iterator[Recording]:
        """What `rows` checks and hands on."""
        raise NotImplementedError

    def credits(self) -> list[Credit]:
        """Whose recordings these are, as the corpus says it; the credit of the whole has no name."""
        return [Credit.of("", self.about)]
