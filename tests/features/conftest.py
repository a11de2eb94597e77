"""Real clips, where WAVEMILL_DATA says that there are some."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from features.example import Audio

WANTED = {
    "fsdd/recordings/*.wav": 40,
    "barista/audio/*.flac": 3,
    "kerstin-tts/wavs/*.flac": 2,
    "instruments/audio/*/*.flac": 6,
    "speech-fixtures/asr-en/*.wav": 3,
}


@pytest.fixture(scope="session")
def real_clips() -> list[tuple[str, Audio]]:
    """Some clips of each corpus, the whole of each, with its name: 8 to 48 kHz, mono."""
    root = os.environ.get("WAVEMILL_DATA")
    if not root:
        pytest.skip("WAVEMILL_DATA does not name a folder with real audio")
    found = []
    for pattern, count in WANTED.items():
        paths = sorted(Path(root).glob(pattern))
        for path in paths[:: max(1, len(paths) // count)][:count]:
            samples, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
            found.append((path.name, Audio(np.ascontiguousarray(samples.T[:1]), sample_rate)))
    assert found, f"no audio in {root}"
    return found
