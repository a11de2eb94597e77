"""MPEG audio (MP1, MP2, MP3) and AAC in ADTS: frames without a container, each with its own header.

ISO/IEC 11172-3, section 2.4.2.3 and 13818-3 for the header; ISO/IEC 13818-7, annex 1.2 for ADTS. The Xing or
Info frame with LAME's delay and padding (Gabriel Bouvigne, "Mp3 info tag revision 1"), and Fraunhofer's VBRI.
Every header is visited: lengths, rates and losses of step show here, and decoders hide them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from features.audio.containers import Probe, Verdict

KBPS = {
    (1, 1): range(32, 449, 32),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
MPEG_RATES = (44100, 48000, 32000)
AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
FAR = 1 << 20  # bytes that are searched for the next frame before the rest counts as a tail
IN_STEP = 4  # frames in a row that tell MPEG audio from bytes that happen to look like it


class Frame(NamedTuple):
    """One header: what it says of the stream, and how long the frame is."""

    codec: str
    sample_rate: int
    channels: int
    samples: int
    size: int
    info_at: int
    """Where an MP3's Xing or Info frame has its name, from the frame's first byte."""

    def like(self, other: Frame) -> bool:
        """Whether both can belong to one stream."""
        return self.codec == other.codec and self.sample_rate == other.sample_rate and self.channels == other.channels


HeaderAt = Callable[[bytes, int], Frame | None]


def probe(data: bytes) -> Probe | None:
    """MP3 or ADTS from its first frame on; None where no frames stand in a row."""
    for header_at in (mpeg_header, adts_header):
        first = _find(data, header_at)
        if first is not None:
            return _walk(data, first, header_at)
    return None


def mpeg_header(data: bytes, at: int) -> Frame | None:
    """The MPEG audio header at `at`; None where there is none, or of a free format, which has no size."""
    if at + 4 > len(data):
        return None
    # what does not matter here is masked, so that a stream has few different words
    return _mpeg_frame(int.from_bytes(data[at : at + 4], "big") & 0xFFFFFEC0)


@lru_cache(maxsize=4096)
def _mpeg_frame(word: int) -> Frame | None:
    version, layer = {0: 2.5, 2: 2, 3: 1}.get(word >> 19 & 3), 4 - (word >> 17 & 3)
    rate_code, kbps_code = word >> 10 & 3, word >> 12 & 15
    if word >> 21 != 0x7FF or version is None or layer == 4 or rate_code == 3 or kbps_code in (0, 15):
        return None
    rate = MPEG_RATES[rate_code] // {1: 1, 2: 2, 2.5: 4}[version]
    bits = KBPS[(1 if version == 1 else 2, layer)][kbps_code - 1] * 1000
    channels, padding = 1 if word >> 6 & 3 == 3 else 2, word >> 9 & 1
    side = {(1, 2): 32, (1, 1): 17, (2, 2): 17, (2, 1): 9}[(1 if version == 1 else 2, channels)]
    if layer == 1:
        return Frame("mp1", rate, channels, 384, (12 * bits // rate + padding) * 4, 0)
    samples = 576 if layer == 3 and version != 1 else 1152
    return Frame(f"mp{layer}", rate, channels, samples, samples // 8 * bits // rate + padding, 4 + side)


def adts_header(data: bytes, at: int) -> Frame | None:
    """The ADTS header at `at`; None where there is none."""
    head = data[at : at + 7]
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    word = int.from_bytes(head, "big")
    rate, channels, size = word >> 34 & 15, word >> 30 & 7, word >> 13 & 0x1FFF
    if rate >= len(AAC_RATES) or size < 7:
        return None
    return Frame("aac", AAC_RATES[rate], 8 if channels == 7 else channels, 1024 * ((word & 3) + 1), size, 0)


def _find(data: bytes, header_at: HeaderAt) -> int | None:
    """Where frames begin to stand in a row: at once, or within the first 64 KiB."""
    at = data.find(b"\xff", 0, 65536)
    while at >= 0:
        if _in_step(data, at, header_at, IN_STEP if at else 2):
            return at
        at = data.find(b"\xff", at + 1, 65536)
    return None


def _in_step(data: bytes, at: int, header_at: HeaderAt, frames: int) -> bool:
    """Whether that many frames of one stream follow each other, or all that are left up to the end."""
    first = now = header_at(data, at)
    for _ in range(frames - 1):
        if first is None or now is None or not now.like(first):
            return False
        at += now.size
        if at >= len(data) or _tag_size(data, at):
            return at <= len(data)
        now = header_at(data, at)
    return first is not None and now is not None and now.like(first)


def _walk(data: bytes, start: int, header_at: HeaderAt) -> Probe:
    first = header_at(data, start)
    assert first is not None
    declared = _declared(data, start, first)
    at = start + first.size if declared else start
    frames, cut, lost, fault = 0, "", "", ""
    while at < len(data):
        now = header_at(data, at)
        if now is None or not now.like(first):
            if now is not None and _in_step(data, at, header_at, IN_STEP) and not fault:
                fault = _changes(first, now, frames * first.samples)
            elif tag := _tag_size(data, at):
                at += tag
                continue
            following = None if fault else _resume(data, at, header_at, first)
            if following is None:
                if not fault and 0 < len(data) - at < 4 and data[at] == 0xFF:
                    cut = f"its last frame has only {len(data) - at} bytes"
                break
            lost = lost or f"{following - at} bytes at byte {at} are no {first.codec} frame"
            at = following
            continue
        if at + now.size > len(data):
            cut = f"its last frame has {now.size} bytes, {len(data) - at} are there"
            break
        frames, at = frames + 1, at + now.size
    verdict, reason = _judge(declared, frames, cut, lost)
    length = None if declared is None or declared.frames is None else declared.length(first.samples)
    container = "adts" if first.codec == "aac" else first.codec
    return Probe(
        container, first.codec, first.sample_rate, first.channels or None, length, None, verdict, reason, fault, start
    )


def _judge(declared: Declared | None, frames: int, cut: str, lost: str) -> tuple[Verdict, str]:
    wanted = declared.frames if declared else None
    if cut or (wanted is not None and frames < wanted and not lost):
        missing = f"it declares {wanted} frames, {frames} are there" if wanted is not None else ""
        return "truncated", "; ".join(part for part in (missing, cut) if part)
    if lost:
        return "damaged", lost
    if wanted is None:
        return "unknown", "it declares no length"
    if frames > wanted:
        return "damaged", f"it declares {wanted} frames, {frames} are there"
    return "complete", "as many frames as declared are there"


class Declared(NamedTuple):
    """What a Xing, Info or VBRI frame says: frames behind it, and samples to drop at both ends."""

    frames: int | None
    delay: int = 0
    padding: int = 0

    def length(self, samples: int) -> int:
        return max((self.frames or 0) * samples - self.delay - self.padding, 0)


def _declared(data: bytes, at: int, frame: Frame) -> Declared | None:
    if frame.codec != "mp3":
        return None
    if data[at + 36 : at + 40] == b"VBRI" and at + 54 <= len(data):
        return Declared(struct.unpack_from(">I", data, at + 50)[0])
    head = at + frame.info_at
    if data[head : head + 4] not in (b"Xing", b"Info"):
        return None
    flags = int.from_bytes(data[head + 4 : head + 8], "big")
    frames = struct.unpack_from(">I", data, head + 8)[0] if flags & 1 and head + 12 <= len(data) else None
    lame = head + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    trims = int.from_bytes(data[lame + 21 : lame + 24], "big") if lame + 24 <= at + frame.size else 0
    return Declared(frames or None, trims >> 12, trims & 0xFFF)


def _changes(first: Frame, now: Frame, sample: int) -> str:
    if now.sample_rate != first.sample_rate:
        return f"the sample rate changes from {first.sample_rate} to {now.sample_rate} Hz at sample {sample}"
    if now.channels != first.channels:
        return f"the channels change from {first.channels} to {now.channels} at sample {sample}"
    return f"the codec changes from {first.codec} to {now.codec} at sample {sample}"


def _resume(data: bytes, at: int, header_at: HeaderAt, first: Frame) -> int | None:
    """Where frames of the same stream go on behind what is none; None where only a tail is left."""
    end = at + FAR
    at = data.find(b"\xff", at + 1, end)
    while at >= 0:
        now = header_at(data, at)
        if now is not None and now.like(first) and _in_step(data, at, header_at, 3):
            return at
        at = data.find(b"\xff", at + 1, end)
    return None


def _tag_size(data: bytes, at: int) -> int:
    """Bytes of the ID3v2, ID3v1, APE or Lyrics3 tag at `at`; 0 where none is."""
    if data[at : at + 3] == b"ID3":
        return id3v2_size(data, at)
    if data[at : at + 3] == b"TAG" and at + 128 >= len(data):
        return 128
    if data[at : at + 8] == b"APETAGEX" and at + 32 <= len(data):
        return 32 + int(struct.unpack_from("<I", data, at + 12)[0])
    return len(data) - at if data[at : at + 11] == b"LYRICSBEGIN" else 0


def id3v2_size(data: bytes, at: int) -> int:
    """Bytes of the ID3v2 tag at `at`, with its header and footer (id3.org, ID3v2.4, section 3.1)."""
    head = data[at : at + 10]
    if len(head) < 10 or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + size + (10 if head[5] & 0x10 else 0)
