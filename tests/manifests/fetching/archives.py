"""Archives for tests, good and bad ones, made in memory."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping, Sequence

GOOD = {"corpus/README": b"read me\n", "corpus/wavs/a.wav": bytes(range(256)) * 40, "corpus/wavs/b.wav": b""}


def tar(files: Mapping[str, bytes], *members: tarfile.TarInfo, packing: str = "gz", mode: int = 0o644) -> bytes:
    """A tar of files, and of members without content, in this order."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=f"w:{packing}") as archive:
        for name, content in files.items():
            header = tarfile.TarInfo(name)
            header.size, header.mode = len(content), mode
            archive.addfile(header, io.BytesIO(content))
        for member in members:
            archive.addfile(member)
    return sink.getvalue()


def header(name: str, kind: bytes, target: str = "", **more: object) -> tarfile.TarInfo:
    """A member that is no file."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    for key, value in more.items():
        setattr(made, key, value)
    return made


def zipped(files: Mapping[str, bytes], modes: Mapping[str, int] = {}, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files; `modes` are those of Unix, file type included."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", packing) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.filename = name  # as it is, also where ZipInfo would mend it
            info.compress_type, info.create_system = packing, 3
            info.external_attr = modes.get(name, 0o100644) << 16
            archive.writestr(info, content)
    return sink.getvalue()


def split(whole: bytes, size: int) -> Sequence[bytes]:
    """The volumes of a split zip: cut every `size` bytes, each entry with its volume and its place in there."""
    body = b"PK\x07\x08" + whole
    end = body.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<I", body, end + 16)[0] + 4
    made, at = bytearray(body), start
    while body[at : at + 4] == b"PK\x01\x02":
        place = struct.unpack_from("<I", body, at + 42)[0] + 4
        struct.pack_into("<H", made, at + 34, place // size)
        struct.pack_into("<I", made, at + 42, place % size)
        at += 46 + sum(struct.unpack_from("<HHH", body, at + 28))
    struct.pack_into("<HH", made, end + 4, (len(made) - 1) // size, start // size)
    struct.pack_into("<I", made, end + 16, start % size)
    return [bytes(made[begin : begin + size]) for begin in range(0, len(made), size)]
