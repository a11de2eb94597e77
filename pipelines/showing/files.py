"""Files: an example written so that other programs open it: PNG of what is seen, WAV of what is heard, JSON of the
rest.

Names are made of the key, of which no part is trusted: only letters, digits, `_` and `-` are left of it, and a digest
says which key it was wherever that loses something.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.audio.encode import wav
from features.example import Array, Audio, Example, Features, Tokens
from features.showing import png
from features.showing.drawing import draw, timing

_LONGEST_NAME = 60
_LEAST, _MOST = (640, 256), (4096, 1024)  # pixels: width, height
_BAND = 120


def write_example(folder: Path, example: Example, told: Mapping[str, Any], only: str | None = None) -> list[Path]:
    """Writes each array of an example, or `only` one, and what is `told` of it; the paths, all of them in `folder`.

    WAV holds 16 bits: audio that is stored so comes out bit for bit. A pixel of a PNG is a value of the array, or a
    value is several, so long as that is no more than 4096 by 1024.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = file_name(example.key, example.copy, example.part)
    facts = {name: value for name, value in told.items() if "." not in name}  # without the places in the shard
    text = json.dumps(facts, ensure_ascii=False, indent=1, default=str) + "\n"
    files = {"json": text.encode("utf-8", "backslashreplace")}
    for name, value in example.arrays.items():
        if only in (None, name):
            files |= {f"{safe(name)}.{ending}": content for ending, content in _encoded(value).items()}
    paths = [folder / f"{stem}.{name}" for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_bytes(content)
    return paths


def _encoded(value: Array) -> dict[str, bytes]:
    """The files of an array, by their ending."""
    files = {"wav": wav(value)} if isinstance(value, Audio) else {}
    if not isinstance(value, Tokens) or value.rate:
        files["png"] = png.encode(draw(value, *_size(value)))
    return files


def file_name(key: str, copy: int = 0, part: int = 0) -> str:
    """What the names of the files of an example begin with.

    >>> file_name("theo-7", copy=1), file_name("../../etc/passwd")
    ('theo-7.copy1', 'etc_passwd-3fe5b8a45dc8')
    """
    return safe(key) + (f".copy{copy}" if copy else "") + (f".part{part}" if part else "")


def safe(text: str) -> str:
    """A text as a part of a file's name: itself where it is harmless, else what is left of it, and its digest."""
    left = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-")[:_LONGEST_NAME]
    if left and left == text:
        return left
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{left}-{digest}" if left else digest


def _size(value: Array) -> tuple[int, int]:
    """Width and height of a picture: a whole number of pixels for each value, where that is not too much."""
    width = _pixels(timing(value)[0], _LEAST[0], _MOST[0])
    if isinstance(value, Features) and value.frames.shape[1] > 0:
        return width, _pixels(value.frames.shape[1], _LEAST[1], _MOST[1])
    return width, min(_BAND * max(len(value.array) if isinstance(value, Audio) else 1, 1), _MOST[1])


def _pixels(values: int, least: int, most: int) -> int:
    return min(values * -(-least // values), most) if values else least
