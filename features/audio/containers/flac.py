"""FLAC: STREAMINFO and, where it leaves doubts, the headers of the frames.

RFC 9639: the metadata blocks in section 8, the frame header in section 9.1. Decoders pass over a frame whose
checksum is wrong, and some over a change of rate, without a word; what the headers say shows both.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.audio.containers import Probe

WINDOW = 1 << 18  # bytes that are looked at in one go: they stay in the cache
RATES = {
    1: 88200,
    2: 176400,
    3: 192000,
    4: 8000,
    5: 16000,
    6: 22050,
    7: 24000,
    8: 32000,
    9: 44100,
    10: 48000,
    11: 96000,
}


class Info(NamedTuple):
    """STREAMINFO, as far as it is used here."""

    block: int
    sample_rate: int
    channels: int
    bits: int
    frames: int


class Header(NamedTuple):
    """One frame's header: where its first sample lies in the stream, how many it has, and at which rate."""

    position: int
    samples: int
    sample_rate: int


def streaminfo(block: bytes) -> Info | None:
    """The 34 bytes of a STREAMINFO block."""
    if len(block) < 34:
        return None
    packed = int.from_bytes(block[10:18], "big")
    smallest = struct.unpack_from(">H", block)[0]
    rate, channels, bits = packed >> 44, (packed >> 41 & 7) + 1, (packed >> 36 & 31) + 1
    return Info(smallest, rate, channels, bits, packed & (1 << 36) - 1)


def probe(data: bytes) -> Probe:
    """FLAC; `data` begins with fLaC. The verdict is unknown until the total is compared with what decodes."""
    info = streaminfo(data[8:42]) if data[4:5] and data[4] & 0x7F == 0 else None
    audio = _first_frame(data)
    if info is None or audio is None:
        return Probe("flac", "flac", verdict="truncated", reason="it ends inside its metadata")
    second = data.rfind(b"fLaC\0\0\0\x22", audio)
    if second >= 0:
        return Probe("flac", "flac", fault=f"a second stream begins at byte {second}; split it there")
    first = _header(data, audio, info)
    rate, frames = info.sample_rate, 0
    if first is not None and first.sample_rate != info.sample_rate:
        rate = first.sample_rate
    elif _suspicious(data, audio, info):
        rate, frames = _walk(data, audio, info)
    return Probe(
        "flac",
        "flac",
        info.sample_rate,
        info.channels,
        info.frames or frames or None,
        info.bits,
        reason="its total is confirmed by decoding" if info.frames else "it declares no length",
        fault=f"the sample rate changes from {info.sample_rate} to {rate} Hz" if rate != info.sample_rate else "",
    )


def _first_frame(data: bytes) -> int | None:
    at = 4
    while at + 4 <= len(data):
        last, size = data[at] & 0x80, int.from_bytes(data[at + 1 : at + 4], "big")
        at += 4 + size
        if last:
            return at if at <= len(data) else None
    return None


def _candidates(data: bytes, audio: int) -> NDArray[np.intp]:
    """Where the 15 bits that open a frame stand; one in 32768 other places looks the same."""
    found = [np.empty(0, np.intp)]
    for begin in range(audio, len(data) - 1, WINDOW):
        coded = np.frombuffer(data, np.uint8, count=min(WINDOW + 1, len(data) - begin), offset=begin)
        at = np.flatnonzero(coded[:-1] == 0xFF)
        found.append(at[(coded[at + 1] & 0xFE) == 0xF8] + begin)
    return np.concatenate(found)


def _suspicious(data: bytes, audio: int, info: Info) -> bool:
    """Whether the headers must be read one by one: no total, or a rate that differs from the first frame's."""
    if not info.frames:
        return True
    if audio + 16 > len(data):
        return False
    first = data[audio + 2] & 15
    if 12 <= first <= 14:  # the rate is spelt out behind the header: equal codes do not mean equal rates
        return True
    places = _candidates(data, audio)
    places = places[places + 16 < len(data)]
    other = places[(np.frombuffer(data, np.uint8)[places + 2] & 15) != first]
    return any(_header(data, int(place), info) is not None for place in other)


def _walk(data: bytes, audio: int, info: Info) -> tuple[int, int]:
    """(the first rate that is not STREAMINFO's, or that one; frames up to the end of the last header in order)."""
    position, rate = 0, info.sample_rate
    for header in _headers(data, audio, info):
        if header.position == position:
            position += header.samples
            rate = header.sample_rate if rate == info.sample_rate else rate
    return rate, position


def _headers(data: bytes, audio: int, info: Info) -> Iterator[Header]:
    for place in _candidates(data, audio).tolist():
        header = _header(data, place, info)
        if header is not None:
            yield header


def _header(data: bytes, at: int, info: Info) -> Header | None:
    """The frame header at `at`; None where the bytes are none (reserved values, checksum)."""
    part = data[at : at + 16]
    if len(part) < 6 or part[3] & 1 or part[3] >> 4 > 10:
        return None
    block, rate = part[2] >> 4, part[2] & 15
    number, end = _coded_number(part)
    if block == 0 or rate == 15 or end == 0:
        return None
    samples, end = _block_size(part, block, end)
    hertz, end = _sample_rate(part, rate, end, info)
    if end >= len(part) or _crc8(part[:end]) != part[end]:
        return None
    return Header(number if part[1] & 1 else number * info.block, samples, hertz)


def _coded_number(part: bytes) -> tuple[int, int]:
    """The frame or sample number, spelt like UTF-8 up to 7 bytes, and where it ends; (0, 0) where it is none."""
    lead = part[4]
    if lead < 0x80:
        return lead, 5
    length = 8 - (lead ^ 0xFF).bit_length()
    if not 2 <= length <= 7 or 4 + length > len(part):
        return 0, 0
    number = lead & (0x7F >> length)
    for byte in part[5 : 4 + length]:
        number = number << 6 | byte & 0x3F
    return number, 4 + length


def _block_size(part: bytes, code: int, at: int) -> tuple[int, int]:
    if code == 1:
        return 192, at
    if code <= 5:
        return 144 << code, at
    if code == 6:
        return int.from_bytes(part[at : at + 1], "big") + 1, at + 1
    if code == 7:
        return int.from_bytes(part[at : at + 2], "big") + 1, at + 2
    return 1 << code, at


def _sample_rate(part: bytes, code: int, at: int, info: Info) -> tuple[int, int]:
    if code == 12:
        return int.from_bytes(part[at : at + 1], "big") * 1000, at + 1
    if code in (13, 14):
        return int.from_bytes(part[at : at + 2], "big") * (1 if code == 13 else 10), at + 2
    return RATES.get(code, info.sample_rate), at


def _crc8(part: bytes) -> int:
    """CRC-8 with the polynomial x^8 + x^2 + x + 1 (RFC 9639, section 9.1.8)."""
    register = 0
    for byte in part:
        register ^= byte
        for _ in range(8):
            register = (register << 1 ^ 0x07 if register & 0x80 else register << 1) & 0xFF
    return register
