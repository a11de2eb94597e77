"""MPEG audio (MP1, MP2, MP3) and AAC in ADTS: frames without a container, each with its own header.

ISO/IEC 11172-3, section 2.4.2.3 and 13818-3 for the header; ISO/IEC 13818-7, annex 1.2 for ADTS. The Xing or
Info frame with LAME's delay and padding (Gabriel Bouvigne, "Mp3 info tag revision 1"), and Fraunhofer's VBRI.
Every header is visited: lengths, rates and losses of step show here, and decoders hide them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
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
NEAR = 1 << 16  # bytes in which the first frame is looked for
FAR = 1 << 20  # bytes that are searched for the next frame before the rest counts as a tail
HEADER = 7  # bytes of the longest header
TOLD = 0xFFFFFEC0  # the bits of an MPEG header that matter here: without the rest, a stream has few different words
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
    """MP3 or ADTS: frames that stand in a row at once, or from somewhere in the first 64 KiB; None without."""
    readers = (mpeg_header, adts_header)
    for header_at in readers:
        if _in_step(data, 0, header_at, 2, or_end=True):
            return _walk(data, 0, header_at)
    at = data.find(b"\xff", 1, NEAR)
    while at >= 0:
        for header_at in readers:
            if _in_step(data, at, header_at, IN_STEP):
                return _walk(data, at, header_at)
        at = data.find(b"\xff", at + 1, NEAR)
    return None


def mpeg_header(data: bytes, at: int) -> Frame | None:
    """The MPEG audio header at `at`; None where there is none, or of a free format, which has no size."""
    if at + 4 > len(data):
        return None
    return _mpeg_frame(int.from_bytes(data[at : at + 4], "big") & TOLD)


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


def _in_step(data: bytes, at: int, header_at: HeaderAt, frames: int, or_end: bool = False) -> bool:
    """Whether that many frames of one stream follow each other; `or_end`: or fewer, up to the end or a tag."""
    first = now = header_at(data, at)
    for _ in range(frames - 1):
        if first is None or now is None or not now.like(first):
            return False
        at += now.size
        if or_end and (at == len(data) or _tag_size(data, at)):
            return True
        now = header_at(data, at)
    return first is not None and now is not None and now.like(first)


@dataclass(slots=True)
class _Walk:
    """The way from frame to frame, and what was met on it."""

    data: bytes
    header_at: HeaderAt
    first: Frame
    at: int
    frames: int = 0
    cut: str = ""
    lost: str = ""
    fault: str = ""

    def step(self) -> bool:
        """Goes one frame, tag or gap on; False at the end, and where it cannot go on."""
        if self.header_at is mpeg_header:
            self._run()
            if self.at == len(self.data):
                return False
        now = self.header_at(self.data, self.at)
        if now is not None and now.like(self.first):
            if self.at + now.size > len(self.data):
                self.cut = f"its last frame has {now.size} bytes, {len(self.data) - self.at} are there"
                return False
            self.frames, self.at = self.frames + 1, self.at + now.size
        elif now is not None and _in_step(self.data, self.at, self.header_at, IN_STEP, or_end=True):
            self.fault = _change(self.first, now, self.frames * self.first.samples)
            return False
        elif tag := _tag_size(self.data, self.at):
            self.at += tag
        else:
            return self._gap()
        return self.at < len(self.data)

    def _run(self) -> None:
        """Goes on for as long as whole frames of the first's kind follow each other, which is nearly all of a file."""
        data, at, end, frames, sizes = self.data, self.at, len(self.data), self.frames, dict[int, int]()
        while True:
            word = int.from_bytes(data[at : at + 4], "big") & TOLD
            size = sizes.get(word)
            if size is None:
                now = mpeg_header(data, at)
                size = sizes[word] = now.size if now is not None and now.like(self.first) else 0
            if not size or at + size > end:
                break
            frames, at = frames + 1, at + size
        self.frames, self.at = frames, at

    def _gap(self) -> bool:
        """Passes over what is no frame; False where only a tail is left."""
        following = self.data.find(b"\xff", self.at + 1, self.at + FAR)
        while following >= 0:
            now = self.header_at(self.data, following)
            known = now is not None and now.like(self.first)
            if known and _in_step(self.data, following, self.header_at, IN_STEP, or_end=True):
                missing = f"{following - self.at} bytes at byte {self.at} are no {self.first.codec} frame"
                self.lost, self.at = self.lost or missing, following
                return True
            following = self.data.find(b"\xff", following + 1, self.at + FAR)
        left = len(self.data) - self.at
        if left < HEADER and self.data[self.at] == 0xFF:
            self.cut = f"its last frame has only {left} bytes"
        return False


def _walk(data: bytes, start: int, header_at: HeaderAt) -> Probe:
    first = header_at(data, start)
    assert first is not None
    declared = _declared(data, start, first)
    walk = _Walk(data, header_at, first, start + first.size if declared.tag else start)
    while walk.at < len(data) and walk.step():
        pass
    length = None
    if declared.frames is not None and not declared.counts_itself(walk.frames, walk.at - start):
        length = max(declared.frames * first.samples - declared.trim, 0)
    verdict, reason = _judge(declared, walk, walk.at - start)
    return Probe(
        "adts" if first.codec == "aac" else first.codec,
        first.codec,
        first.sample_rate,
        first.channels or None,
        length,
        verdict=verdict,
        reason=reason,
        fault=walk.fault,
        start=start + first.size if declared.tag == b"VBRI" else start,  # some decoders play that frame
    )


def _judge(declared: Declared, walk: _Walk, size: int) -> tuple[Verdict, str]:
    wanted, frames = declared.frames, walk.frames
    count = f"it declares {wanted} frames, {frames} are there" if wanted is not None else ""
    if declared.counts_itself(frames, size) and not walk.cut and not walk.lost:
        return "complete", "as many bytes as declared are there"
    if walk.cut or (wanted is not None and frames < wanted and not walk.lost):
        return "truncated", "; ".join(part for part in (count, walk.cut) if part)
    if walk.lost:
        return "damaged", walk.lost
    if wanted is None:
        return "unknown", "it declares no length"
    if frames > wanted:
        return "damaged", count
    return "complete", "as many frames as declared are there"


class Declared(NamedTuple):
    """What a Xing, Info or VBRI frame says: frames and bytes of the stream, and samples to drop at both ends."""

    tag: bytes = b""
    frames: int | None = None
    size: int | None = None
    trim: int = 0

    def counts_itself(self, frames: int, size: int) -> bool:
        """Some encoders count the frame that says so; all of the bytes are there nevertheless."""
        return self.frames == frames + 1 and self.size is not None and size >= self.size


def _declared(data: bytes, at: int, frame: Frame) -> Declared:
    if frame.codec != "mp3":
        return Declared()
    if data[at + 36 : at + 40] == b"VBRI" and at + 54 <= len(data):
        size, frames = struct.unpack_from(">II", data, at + 46)
        return Declared(b"VBRI", frames or None, size)
    head = at + frame.info_at
    if data[head : head + 4] not in (b"Xing", b"Info"):
        return Declared()
    flags, fields = int.from_bytes(data[head + 4 : head + 8], "big"), head + 8
    values: list[int | None] = []
    for flag, width in ((1, 4), (2, 4), (4, 100), (8, 4)):  # frames, bytes, table of contents, quality
        values.append(int.from_bytes(data[fields : fields + 4], "big") if flags & flag else None)
        fields += width if flags & flag else 0
    trims = int.from_bytes(data[fields + 21 : fields + 24], "big") if fields + 24 <= at + frame.size else 0
    return Declared(b"Xing", values[0] or None, values[1], (trims >> 12) + (trims & 0xFFF))


def _change(first: Frame, now: Frame, sample: int) -> str:
    if now.sample_rate != first.sample_rate:
        return f"the sample rate changes from {first.sample_rate} to {now.sample_rate} Hz at sample {sample}"
    if now.channels != first.channels:
        return f"the channels change from {first.channels} to {now.channels} at sample {sample}"
    return f"the codec changes from {first.codec} to {now.codec} at sample {sample}"


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
