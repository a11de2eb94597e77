"""Ogg: Vorbis, Opus, FLAC and Speex in pages that carry checksums, numbers and positions.

RFC 3533 for pages; Vorbis I specification, section 4.2; RFC 7845 for Opus. Decoders leave out a page whose
checksum is wrong, or that is missing, without a word; so every page is checked here.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from features.audio.containers import Probe, Verdict
from features.audio.containers.flac import streaminfo

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
CONTINUED, FIRST, LAST = 1, 2, 4
OPUS_RATE = 48_000


@dataclass(slots=True)
class _Stream:
    """One logical stream: what its first page says, and what its other pages add up to."""

    codec: str
    sample_rate: int = 0
    channels: int = 0
    skip: int = 0
    """Samples at the start that are decoded and dropped (Opus)."""
    longest: int = 0
    """Most samples that a packet can stand for."""
    bits: int | None = None
    position: int = -1
    number: int = -1
    ended: bool = False
    before_first: int = 0
    """Samples of the packets up to the first position."""
    start: int | None = None
    """The position of the first sample; None where it cannot be told."""


def probe(data: bytes) -> Probe:
    """Ogg; `data` begins with OggS."""
    streams: dict[int, _Stream] = {}
    at, pages, trouble, broken = 0, 0, "", ""
    link_over = False
    while at < len(data):
        size = _page_size(data, at)
        if size is None:
            following = data.find(b"OggS", at + 1)
            trouble = trouble or f"bytes that are no Ogg page stand at byte {at}"
            if following < 0:
                break
            at = following
            continue
        if at + size > len(data):
            broken = f"page {pages} has {size} bytes, {len(data) - at} are there"
            break
        if not _checksum_holds(data, at, size):
            trouble = trouble or f"page {pages} does not match its checksum"
        flags, serial, number = data[at + 5], *struct.unpack_from("<II", data, at + 14)
        if flags & FIRST:
            if link_over or serial in streams:
                return _chained(streams, data, at)
            streams[serial] = _first_page(data, at)
        elif serial in streams:
            link_over = True
            if streams[serial].number + 1 != number:
                trouble = trouble or f"page {streams[serial].number + 1} of its stream is missing"
            _add(streams[serial], data, at, flags)
        if serial in streams:
            streams[serial].number = number
        at, pages = at + size, pages + 1
    return _judge(list(streams.values()), trouble, broken)


def _page_size(data: bytes, at: int) -> int | None:
    """Bytes of the page at `at`, as its own header says; None where no page begins."""
    head = data[at : at + 27]
    if head[:4] != b"OggS"[: len(head)] or (len(head) > 4 and head[4] != 0):
        return None
    if len(head) < 27:
        return 27
    lacing = data[at + 27 : at + 27 + head[26]]
    return 27 + head[26] + sum(lacing)


def _checksum_holds(data: bytes, at: int, size: int) -> bool:
    """CRC-32 with the polynomial 0x04C11DB7, most significant bit first, from 0: zlib's, mirrored."""
    page = data[at : at + 22] + b"\0\0\0\0" + data[at + 26 : at + size]
    mirrored = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return mirrored.to_bytes(4, "big").translate(_REVERSED) == data[at + 22 : at + 26]


def _first_page(data: bytes, at: int) -> _Stream:
    head = data[at + 27 + data[at + 26] :][:64]
    if head.startswith(b"\x01vorbis") and len(head) >= 30:
        channels, rate = struct.unpack_from("<BI", head, 11)
        return _Stream("vorbis", rate, channels, longest=1 << (head[28] >> 4) >> 1)
    if head.startswith(b"OpusHead") and len(head) >= 19:
        return _Stream("opus", OPUS_RATE, head[9], struct.unpack_from("<H", head, 10)[0], longest=5760)
    info = streaminfo(head[17:51]) if head.startswith(b"\x7fFLAC") else None
    if info is not None:
        return _Stream("flac", info.sample_rate, info.channels, longest=65535, bits=info.bits)
    if head.startswith(b"Speex   ") and len(head) >= 52:
        rate, _, _, channels = struct.unpack_from("<IIII", head, 36)
        return _Stream("speex", rate, channels)
    return _Stream("")


def _add(stream: _Stream, data: bytes, at: int, flags: int) -> None:
    position = struct.unpack_from("<q", data, at + 6)[0]
    ends = bool(flags & LAST)
    stream.ended = stream.ended or ends
    if stream.position <= 0:
        stream.before_first += _samples(stream, data, at)
    if position == 0:
        stream.before_first = 0  # what came so far were headers
    elif position > 0 and stream.position <= 0:
        stream.start = _start(stream, position, ends)
    stream.position = max(stream.position, position)


def _samples(stream: _Stream, data: bytes, at: int) -> int:
    """Samples of the packets that end on a page: exactly for Opus, at most for others."""
    lacing = data[at + 27 : at + 27 + data[at + 26]]
    if stream.codec != "opus":
        return stream.longest * sum(length < 255 for length in lacing)
    total, body, opens = 0, at + 27 + len(lacing), not data[at + 5] & CONTINUED
    for length in lacing:
        if opens and length:
            total += opus_samples(data[body : body + 2])
        body, opens = body + length, length < 255
    return total


def _start(stream: _Stream, position: int, ends: bool) -> int | None:
    """Where a stream begins whose first position is this; a stream of one page may end before its packets do."""
    start = position - stream.before_first
    if stream.codec == "opus":
        return max(start, 0) if ends or start >= 0 else None
    return 0 if start <= 0 else None


def opus_samples(packet: bytes) -> int:
    """How long an Opus packet is, in samples at 48 kHz, by its first two bytes (RFC 6716, section 3.1)."""
    kind, frames = packet[0] >> 3, (1, 2, 2, 0)[packet[0] & 3]
    if frames == 0:
        frames = packet[1] & 63 if len(packet) > 1 else 0
    if kind < 12:
        return frames * (480, 960, 1920, 2880)[kind & 3]
    return frames * ((480, 960)[kind & 1] if kind < 16 else (120, 240, 480, 960)[kind & 3])


def _judge(streams: list[_Stream], trouble: str, broken: str) -> Probe:
    audio = [stream for stream in streams if stream.codec]
    if len(audio) != 1:
        fault = "holds no audio stream that is known" if not audio else f"holds {len(audio)} audio streams at once"
        return Probe("ogg", fault=fault)
    stream = audio[0]
    container = "ogg" if len(streams) == 1 else "ogg+video"
    frames = None if stream.start is None else max(stream.position - stream.start - stream.skip, 0)
    verdict: Verdict = "complete"
    reason = "the last page ends the stream"
    if trouble:
        verdict, reason = "damaged", trouble
    if broken or not stream.ended:
        verdict, reason = "truncated", broken or "its last page does not end the stream"
        if frames is not None and stream.sample_rate:
            reason += f"; {frames / stream.sample_rate:.2f} s are there"
    return Probe(
        "ogg" if container == "ogg" else container,
        stream.codec,
        stream.sample_rate,
        stream.channels,
        frames,
        stream.bits,
        verdict,
        reason,
    )


def _chained(streams: dict[int, _Stream], data: bytes, at: int) -> Probe:
    """Several streams one after the other: decoders play the first one, and some of them all."""
    before = next((stream for stream in streams.values() if stream.codec), _Stream(""))
    after = _first_page(data, at)
    fault = f"a second stream begins at byte {at} (chained Ogg); split it there"
    for what, old, new in (
        ("sample rate", before.sample_rate, after.sample_rate),
        ("channels", before.channels, after.channels),
    ):
        if after.codec and old != new:
            fault += f"; the {what} change from {old} to {new}"
    return Probe("ogg", before.codec, before.sample_rate, before.channels, fault=fault)
