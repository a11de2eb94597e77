"""What can go wrong here.

ManifestError                 something that was read is not what it should be
├── CorpusError               a corpus: a missing file, a broken row, a duplicate key
├── SplitError                a split that was asked for and came out empty
├── WhereError                an expression that was to select rows, and cannot be followed
├── RemoteError               an object store that does not answer, or refuses
├── FetchError                a corpus that cannot be downloaded, or not in this way
│   ├── HostileError          an archive that would write where it must not, or more than it may
│   └── BusyError             somebody else is fetching to this folder
└── StoreError                a store: no generation, an unknown format, a foreign file
    ├── DamagedError          bytes that are not the ones that were written
    ├── FullError             no room on a disk
    └── ExistsError           a name that is taken by other content
"""

from __future__ import annotations


class ManifestError(ValueError):
    """Base of every error that this package raises on purpose."""

    exit_code = 1


class CorpusError(ManifestError):
    """A corpus that cannot be read as told. The message opens with the file, and its line where it has one."""

    def __init__(self, message: str, path: str = "", line: int | None = None) -> None:
        where = f"{path}:{line}: " if line is not None else f"{path}: " if path else ""
        super().__init__(where + message)


class WhereError(ManifestError):
    """An expression that was to select rows, and cannot be followed."""

    exit_code = 2


class RemoteError(ManifestError):
    """An object store that does not answer, or refuses; the message opens with the object's address."""


class FetchError(ManifestError):
    """A corpus that cannot be fetched. What was downloaded of it is kept, unless the message says otherwise."""


class HostileError(FetchError):
    """An archive that would write where it must not, or more than it may. Nothing of it is left behind."""


class BusyError(FetchError):
    """Another process is fetching to the same folder."""

    exit_code = 11


class SplitError(ManifestError):
    """A rule for splitting that leaves a split empty, or names a group that is not there: change the recipe."""

    exit_code = 2


class StoreError(ManifestError):
    """A store that cannot be used as told."""


class DamagedError(StoreError):
    """Bytes in a store that are not the ones that were written."""


class FullError(StoreError):
    """No room on a disk, or a quota that is spent. The message opens with the path."""


class ExistsError(StoreError):
    """Put-if-absent found the name taken, by other content."""
