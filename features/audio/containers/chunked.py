"""Containers whose headers name a length in a few fixed bytes: AIFF, AU, CAF, Wave64, NIST Sphere.

AIFF-C draft (Apple, 1991); the AU header of Sun's audio(7); Core Audio Format 1.0 (Apple); Sony Wave64;
NIST SPHERE's headers as text. Only the length and whether it is there are read; decoders read the rest.
"""

from __future__ import annotations

import struct

from features.audio.containers import Probe
from features.audio.containers.riff import chunks

W64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")
OPEN = -1


def aiff(data: bytes) -> Probe:
    """AIFF and AIFF-C: COMM says how many frames, SSND holds them."""
    channels = frames = bits = None
    rate, codec = None, "pcm"
    for name, size, body in chunks(data, 12, ">"):
        if name == b"COMM" and body + 18 <= len(data):
            channels, frames, bits, exponent, mantissa = struct.unpack_from(">HIHHQ", data, body)
            rate = round(mantissa * 2.0 ** ((exponent & 0x7FFF) - 16383 - 63)) if exponent & 0x7FFF < 16447 else None
            codec = _aifc_codec(data[body + 18 : body + 22]) if data[8:12] == b"AIFC" else "pcm"
            frames = frames if codec in ("pcm", "float", "ulaw", "alaw") else None  # others count packets
        elif name == b"SSND":
            return _judged(Probe("aiff", codec, rate, channels, frames, bits), size, len(data) - body, "SSND")
    if frames == 0:
        return Probe("aiff", codec, rate, channels, 0, bits, "complete", "it holds no samples")
    return Probe("aiff", codec, rate, channels, frames, bits, "truncated", "it ends before its samples")


def _aifc_codec(name: bytes) -> str:
    known = {b"NONE": "pcm", b"sowt": "pcm", b"twos": "pcm", b"fl32": "float", b"FL32": "float", b"fl64": "float"}
    return known.get(name, name.decode("latin-1").strip("\0 ").lower())


def au(data: bytes) -> Probe:
    """AU: offset, size, encoding, rate, channels; big-endian as .snd, little-endian as dns."""
    if len(data) < 24:
        return Probe("au", verdict="truncated", reason="it ends inside its header")
    start, size, encoding, rate, channels = struct.unpack_from(">5I" if data[:4] == b".snd" else "<5I", data, 4)
    codec = {1: "ulaw", 2: "pcm", 3: "pcm", 4: "pcm", 5: "pcm", 6: "float", 7: "float", 27: "alaw"}.get(encoding, "au")
    return _judged(Probe("au", codec, rate, channels), OPEN if size == 0xFFFFFFFF else size, len(data) - start, "data")


def caf(data: bytes) -> Probe:
    """CAF: chunks with 64-bit sizes, -1 where the data chunk was left open."""
    at, rate, channels, codec = 8, None, None, ""
    while at + 12 <= len(data):
        name, size = struct.unpack_from(">4sq", data, at)
        if name == b"desc" and at + 44 <= len(data):
            hertz, kind = struct.unpack_from(">d4s", data, at + 12)
            channels, rate = struct.unpack_from(">I", data, at + 36)[0], int(hertz) if 0 < hertz < 1e9 else None
            codec = kind.decode("latin-1").strip()
        if name == b"data":
            return _judged(Probe("caf", codec, rate, channels), size, len(data) - at - 12, "data")
        at += 12 + max(size, 0)
    return Probe("caf", codec, rate, channels, verdict="truncated", reason="it ends before its data chunk")


def wave64(data: bytes) -> Probe:
    """Wave64: chunks named by GUIDs, with 64-bit sizes that count their headers, padded to 8 bytes."""
    at = 40
    while at + 24 <= len(data):
        size = struct.unpack_from("<Q", data, at + 16)[0]
        if data[at : at + 16] == W64_DATA:
            return _judged(Probe("w64"), size - 24, len(data) - at - 24, "data")
        at += max(size + 7 & ~7, 24)
    return Probe("w64", verdict="truncated", reason="it ends before its data chunk")


def sphere(data: bytes) -> Probe:
    """NIST Sphere: a text header of `name -type value` lines, and the samples behind it."""
    lines = data[:1024].decode("latin-1").splitlines()
    fields = {parts[0]: parts[2] for parts in (line.split(None, 2) for line in lines) if len(parts) == 3}
    whole = {name: int(value) for name, value in fields.items() if value.strip().isdigit()}
    codec = fields.get("sample_coding", "pcm")
    found = Probe("sph", codec, whole.get("sample_rate"), whole.get("channel_count"), whole.get("sample_count"))
    start = int(lines[1]) if len(lines) > 1 and lines[1].strip().isdigit() else None
    if start is None or len(data) < start:
        return Probe("sph", codec, verdict="truncated", reason="it ends inside its header")
    width = whole.get("sample_n_bytes")
    if codec not in ("pcm", "ulaw", "alaw", "mu-law") or None in (found.frames, found.channels, width):
        return found
    size = (found.frames or 0) * (found.channels or 0) * (width or 0)
    return _judged(found, size, len(data) - start, "sample data")


def _judged(found: Probe, size: int, there: int, what: str) -> Probe:
    parts = (found.container, found.codec, found.sample_rate, found.channels, found.frames, found.bits)
    if size < 0:
        return Probe(*parts, "unknown", f"the size of its {what} was left open")
    if size > there:
        return Probe(*parts, "truncated", f"its {what} declares {size} bytes, {max(there, 0)} are there")
    return Probe(*parts, "complete", f"its {what} is all there")
