"""Paths: what a table names, as a path below the root of a corpus; and the split that a folder's name stands for."""

from __future__ import annotations

import os
import posixpath
import re

from manifests.address import scheme_of
from manifests.splits import SPLITS, standard_split

_PLAIN = re.compile(r"(?:[^/.\0][^/\0]*/)*[^/.\0][^/\0]*")
"""Paths that are written as they are meant: below the root, without . and .. and empty parts."""


class BrokenRow(Exception):
    """What is wrong with a row, for a CorpusError that also says where."""


def path_below(root: str, written: str, folder: str = "") -> str:
    """The path relative to `root` of what a table in `folder`, a folder below it, names; BrokenRow for one outside.

    Absolute paths and addresses (s3://..) may name files below the root as well.
    """
    address = scheme_of(written)
    if not folder and not address and _PLAIN.fullmatch(written):
        return written
    if address:
        path = written.removeprefix(root.rstrip("/") + "/")
        if path == written:
            raise _outside(root, written)
    else:
        path = posixpath.join(folder, written)
    path = posixpath.normpath(os.path.relpath(path, root) if os.path.isabs(path) else path)
    if path == "." or path.startswith("../") or path == ".." or "\0" in path:
        raise _outside(root, written)
    return path


def _outside(root: str, written: str) -> BrokenRow:
    return BrokenRow(f"{written!r} is no file below {root}; let root be a folder that holds all audio")


def split_of(name: str) -> str | None:
    """The split that the name of a folder or file stands for, by its first word; None where it stands for none.

    >>> split_of("train-clean-100"), split_of("dev_other"), split_of("train_dev"), split_of("music")
    ('train', 'valid', 'valid', None)
    """
    first, *others = re.split(r"[-_.]", name.lower())
    split = standard_split("dev" if first == "train" and others[:1] == ["dev"] else first)
    return split if split in SPLITS else None
