"""Audio and corpora for tests, made on the spot: small, and different from file to file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray


def tone(
    seconds: float = 0.1, sample_rate: int = 8000, hz: float = 440.0, level_db: float = -6.0, channels: int = 1
) -> NDArray[np.float32]:
    """A sine, float32 of shape (channels, samples); `level_db` is its peak below full scale."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * time)
    return np.tile(wave.astype(np.float32), (channels, 1))


def write_audio(
    path: str | Path, samples: NDArray[np.float32] | None = None, sample_rate: int = 8000, subtype: str | None = None
) -> Path:
    """Writes (channels, samples), by default a short tone, in the format that the extension names; makes folders."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, (tone() if samples is None else samples).T, sample_rate, subtype=subtype)
    return path


def folder_corpus(root: str | Path, names: Iterable[str], seconds: float = 0.1, sample_rate: int = 8000) -> Path:
    """A folder of audio files with the given relative names, each a tone of its own pitch."""
    root = Path(root)
    for index, name in enumerate(names):
        write_audio(root / name, tone(seconds, sample_rate, hz=200.0 + 10 * index), sample_rate)
    return root


def write_lines(path: str | Path, *lines: str) -> Path:
    """A text file in UTF-8 with these lines; makes folders."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
