"""Source: where a corpus can be had. Its parts, their files, and what was published about them."""

from __future__ import annotations

from typing import NamedTuple

from manifests.corpora.about import About


class Archive(NamedTuple):
    """A file to download, by its mirrors; the publishers' own is the first.

    `size` in bytes and `digest` ("sha256:.." or "md5:..") are the published ones, None where none were published.
    """

    name: str
    urls: tuple[str, ...]
    size: int | None = None
    digest: str | None = None


class Part(NamedTuple):
    """What can be fetched by itself.

    Several `archives` are the volumes of one split zip, in order. The content of the folder `inside` of the archive
    becomes the content of the corpus's folder. `unpacked` are the bytes that the publishers say it takes.
    """

    name: str
    archives: tuple[Archive, ...]
    inside: str = ""
    unpacked: int | None = None

    @property
    def size(self) -> int | None:
        """The bytes to download, where they are known."""
        sizes = [archive.size for archive in self.archives]
        return None if None in sizes else sum(size or 0 for size in sizes)


class Source(NamedTuple):
    """A corpus that can be fetched. `corpus` is the name of its reader, and `home` its page.

    `default` names the parts that are fetched where none are chosen; all of them, if it is empty. Parts that are
    `alternatives`, such as versions, do not share a folder. `root` is the folder in it that the reader takes. `about`
    is for a corpus whose reader is one of a layout, and knows no corpus.
    """

    corpus: str
    home: str
    parts: tuple[Part, ...]
    default: tuple[str, ...] = ()
    alternatives: bool = False
    note: str = ""
    root: str = ""
    about: About | None = None


class Asked(NamedTuple):
    """A corpus that its publishers hand out to whoever asks them; `how` says how."""

    corpus: str
    home: str
    how: str


def single(
    name: str,
    file: str,
    *urls: str,
    size: int | None = None,
    digest: str | None = None,
    inside: str = "",
    unpacked: int | None = None,
) -> Part:
    """A part that is one archive."""
    return Part(name, (Archive(file, urls, size, digest),), inside, unpacked)


OPENSLR = (
    "https://www.openslr.org/resources/",
    "https://us.openslr.org/resources/",
    "https://openslr.elda.org/resources/",
    "https://openslr.trmal.net/resources/",
)


def openslr(
    number: int,
    name: str,
    file: str,
    size: int | None = None,
    digest: str | None = None,
    inside: str = "",
) -> Part:
    """A part that lies on OpenSLR, with its mirrors in America and Europe."""
    return single(name, file, *(f"{root}{number}/{file}" for root in OPENSLR), size=size, digest=digest, inside=inside)
