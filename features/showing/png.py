"""Png: a picture as a file, written by the specification (RFC 2083, PNG 1.0) with zlib alone.

A file is its signature and then chunks: length, type, data, and a CRC over type and data (section 3). Ours have a
header, a palette where 256 colours are enough, the rows each with a filter byte of zero (section 6), and an end.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR, _PALETTE = 2, 3
_LARGEST = 2**31 - 1


def encode(image: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 of shape (height, width, 3), as PNG; ValueError where it is none. Same pixels, same bytes.

    >>> encode(np.zeros((2, 3, 3), np.uint8))[:8] == SIGNATURE
    True
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"a picture is uint8 of shape (height, width, 3); this is {image.dtype} of {image.shape}")
    height, width = image.shape[:2]
    if not (1 <= height <= _LARGEST and 1 <= width <= _LARGEST):
        raise ValueError(f"a picture of {width} x {height} pixels cannot be written")
    numbers = image.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    known, places = np.unique(numbers, return_inverse=True)
    chunks = []
    if len(known) <= 256:
        kind, pixels = _PALETTE, places.reshape(height, width).astype(np.uint8)
        palette = np.stack([known >> 16, known >> 8 & 255, known & 255], axis=-1).astype(np.uint8)
        chunks.append(_chunk(b"PLTE", palette.tobytes()))
    else:
        kind, pixels = _TRUE_COLOUR, image.reshape(height, width * 3)
    rows = np.hstack([np.zeros((height, 1), np.uint8), pixels])
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, kind, 0, 0, 0])
    chunks = [_chunk(b"IHDR", header), *chunks, _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)), _chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
