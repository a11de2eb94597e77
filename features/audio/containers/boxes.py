"""Containers of nested elements: MP4 with its kin (ISO/IEC 14496-12), Matroska and WebM (RFC 9559).

Only the outermost elements are read: whether each of them is there as a whole.
"""

from __future__ import annotations

import struct

from features.audio.containers import Probe

SEGMENT = bytes.fromhex("18538067")


def mp4(data: bytes) -> Probe:
    """MP4, M4A, MOV: a row of boxes; moov describes the samples, or moof those behind it."""
    at, names = 0, []
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if size == 1 and at + 16 <= len(data):
            size = struct.unpack_from(">Q", data, at + 8)[0]
        size = size or len(data) - at
        if size < 8 or not all(32 <= letter < 127 or letter == 0xA9 for letter in name):
            return Probe("mp4", verdict="damaged", reason=f"no box begins at byte {at}")
        if at + size > len(data):
            label = name.decode("latin-1")
            reason = f"its {label} box declares {size} bytes, {len(data) - at} are there"
            return Probe("mp4", verdict="truncated", reason=reason)
        names.append(name)
        at += size
    if b"moov" not in names:
        return Probe("mp4", verdict="truncated", reason="it ends before its moov box")
    if at != len(data):
        return Probe("mp4", verdict="truncated", reason="it ends inside the header of a box")
    return Probe("mp4", verdict="complete", reason="all of its boxes are there")


def matroska(data: bytes) -> Probe:
    """Matroska and WebM: the EBML header, then one Segment; live muxers leave its size open."""
    container = "webm" if b"webm" in data[:64] else "matroska"
    size, body = _vint(data, 4)
    at = body + (size or 0)
    if size is None or data[at : at + 4] != SEGMENT:
        return Probe(container, verdict="truncated", reason="it ends before its segment")
    size, body = _vint(data, at + 4)
    if size is None:
        return Probe(container, reason="the size of its segment was left open")
    if body + size > len(data):
        reason = f"its segment declares {size} bytes, {max(len(data) - body, 0)} are there"
        return Probe(container, verdict="truncated", reason=reason)
    return Probe(container, verdict="complete", reason="its segment is all there")


def _vint(data: bytes, at: int) -> tuple[int | None, int]:
    """The variable-length size at `at`, None where it is unknown, and where it ends (RFC 8794, section 4)."""
    if at >= len(data) or data[at] == 0:
        return None, at
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big") & (1 << 7 * length) - 1
    return None if value == (1 << 7 * length) - 1 else value, at + length
