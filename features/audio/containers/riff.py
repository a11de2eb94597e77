"""WAV: RIFF, RIFX (big-endian), RF64 and BW64 (64-bit sizes), and AVI as far as its length.

Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991), chapter 2; RF64 and
BW64: ITU-R BS.2088. Encoders that write to a pipe cannot come back to fill in the sizes, and leave 0,
0xFFFFFFFF, or a number just below 2^31 or 2^32.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace

from features.audio.containers import Probe, Verdict

CODECS = {
    0x0001: "pcm",
    0x0002: "ms_adpcm",
    0x0003: "float",
    0x0006: "alaw",
    0x0007: "ulaw",
    0x0011: "ima_adpcm",
    0x0031: "gsm610",
    0x0055: "mp3",
}
SAMPLEWISE = ("pcm", "float", "alaw", "ulaw")
EXTENSIBLE = 0xFFFE
PLAIN = b"\1\0"  # the tag of integers, not extended


def probe(data: bytes) -> Probe:
    """WAV in any of its four spellings. `data` begins with RIFF, RIFX, RF64 or BW64, and WAVE."""
    order = ">" if data[:4] == b"RIFX" else "<"
    codec, rate, channels, bits, block = "", None, None, None, 0
    long_size, tag, walk = None, b"", chunks(data, 12, order)
    for name, size, body in walk:
        if name == b"ds64" and body + 24 <= len(data):
            long_size = struct.unpack_from("<Q", data, body + 8)[0]
        elif name == b"fmt " and body + 16 <= len(data):
            codec, rate, channels, bits, block = _format(data, body, order)
            tag = data[body : body + 2]
        elif name == b"data":
            if size == 0xFFFFFFFF and long_size is not None:
                size = long_size
            found = Probe("wav", codec, rate, channels, bits=bits, fault=_fault(codec, channels, bits, block))
            judged = _judge(data, found, body, size)
            plain = (data[:4], tag, bits, block) == (b"RIFF", PLAIN, 16, 2 * (channels or 0))
            single = all(other != b"data" for other, _, _ in walk)
            return replace(judged, plain_at=body) if plain and single and judged.verdict == "complete" else judged
    return Probe("wav", codec, rate, channels, bits=bits, verdict="truncated", reason="it ends before its data chunk")


def avi(data: bytes) -> Probe:
    """AVI: only whether all of it is there."""
    declared = struct.unpack_from("<I", data, 4)[0] + 8
    return Probe("avi", **_against(declared, len(data), "the RIFF chunk"))  # type: ignore[arg-type]


def chunks(data: bytes, at: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """(name, size, where its body begins) of each chunk from `at`; sizes as declared, bodies padded to even."""
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from(f"{order}I", data, at + 4)[0]
        yield name, size, at + 8
        at += 8 + size + (size & 1)


def _format(data: bytes, body: int, order: str) -> tuple[str, int, int, int, int]:
    tag, channels, rate, _, block, bits = struct.unpack_from(f"{order}HHIIHH", data, body)
    if tag == EXTENSIBLE and body + 28 <= len(data):
        tag = struct.unpack_from(f"{order}I", data, body + 24)[0]  # the GUID's first part
    return CODECS.get(tag, f"wav 0x{tag:04x}"), rate, channels, bits, block


def _fault(codec: str, channels: int | None, bits: int | None, block: int) -> str:
    if codec == "pcm" and bits == 24 and channels and block == 4 * channels:
        return "24-bit samples in blocks of 4 bytes may be integers or floats, and the header does not say which"
    return ""


def _judge(data: bytes, found: Probe, body: int, size: int) -> Probe:
    there = len(data) - body
    riff = struct.unpack_from(">I" if data[:4] == b"RIFX" else "<I", data, 4)[0]
    empty = size == 0 and (there == 0 or _only_chunks(data, body, ">" if data[:4] == b"RIFX" else "<"))
    streamed = _streamed(size) and not empty
    verdict: Verdict = "unknown"
    if streamed:
        reason = "its size was left open, as writers to a pipe do"
        if riff + 8 > len(data) and riff and not _streamed(riff):
            verdict, reason = "truncated", f"the RIFF chunk declares {riff + 8} bytes, {len(data)} are there"
    elif size > there:
        verdict, reason = "truncated", f"the data chunk declares {size} bytes, {there} are there"
    else:
        verdict, reason = "complete", "the data chunk is all there"
    frames = None
    if found.codec in SAMPLEWISE and found.channels and found.bits and not streamed:
        frames = size // (found.channels * ((found.bits + 7) // 8))
    return Probe(
        found.container,
        found.codec,
        found.sample_rate,
        found.channels,
        frames,
        found.bits,
        verdict,
        reason,
        found.fault,
        size_at=body - 4 if size == 0 and streamed else None,
    )


def _streamed(size: int) -> bool:
    return size == 0 or 0x7FFFF000 <= size <= 0x80000000 or 0xFFFFF000 <= size <= 0xFFFFFFFF


def _only_chunks(data: bytes, at: int, order: str) -> bool:
    """Whether whole, well-named chunks follow up to the end: then a data size of 0 is meant."""
    end = at
    for name, size, body in chunks(data, at, order):
        if not all(32 <= letter < 127 for letter in name):
            return False
        end = body + size
    return end in (len(data), len(data) + 1, len(data) - 1)


def _against(declared: int, there: int, what: str) -> dict[str, str]:
    if declared > there:
        return {"verdict": "truncated", "reason": f"{what} declares {declared} bytes, {there} are there"}
    return {"verdict": "complete", "reason": f"{what} is all there"}
