"""The corpus that the demo speaks: ten words in twelve voices, as untidy as a corpus that people record.

Each word is a folder; formats, sample rates, loudness, pauses and background noise differ from clip to clip,
and six files are broken. `manifest.csv` lists them all with label and speaker.
"""

from __future__ import annotations

import csv
import io
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from features.example import Audio
from features.text.espeak import speak

WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")

# Each speaker is an espeak-ng voice: a language or accent, and a variant. The last five are kept from training.
SPEAKERS = (
    "en-us+f1",
    "en-us+m1",
    "en-gb+f2",
    "en-gb+m2",
    "en-029+f4",
    "en-gb-x-gbcwmd+f5",
    "en-gb-x-rp+m6",
    "en-gb-x-rp+f3",
    "en-us+m7",
    "en-us-nyc+m4",
    "en-gb-scotland+f3",
    "en-gb-x-gbclan+m5",
)

TAKES = 13  # of each word by each speaker: 1,560 clips
SAMPLE_RATES = (16000, 22050, 44100, 48000)
FORMATS = {"wav": "PCM_16", "flac": "PCM_16", "ogg": "VORBIS", "mp3": "MPEG_LAYER_III"}


Row = tuple[str, str, str]  # path, label, speaker: a line of the manifest


def write(root: Path) -> int:
    """Speaks the corpus into `root`, which is there whole or not at all; the number of files. SpeechError as `speak`.

    The audio is the same each time; of the bytes, only the serial numbers of Ogg streams differ.
    """
    draft = root.with_name(f".{root.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    for word in WORDS:
        (draft / word).mkdir(parents=True)
    with ProcessPoolExecutor() as pool:
        spoken = [row for rows in pool.map(partial(speak_all, draft), SPEAKERS) for row in rows]
    rows: list[Row] = [("path", "label", "speaker"), *spoken, *spoil(draft)]
    with open(draft / "manifest.csv", "w", newline="", encoding="utf-8") as sink:
        csv.writer(sink).writerows(rows)
    draft.rename(root)
    return len(rows) - 1


def speak_all(root: Path, speaker: str) -> list[Row]:
    """Every take of every word by one speaker, as files below `root`."""
    rng = np.random.default_rng([7, SPEAKERS.index(speaker)])
    rows = []
    for word in WORDS:
        for take in range(TAKES):
            suffix = str(rng.choice(list(FORMATS)))
            path = f"{word}/{speaker}_{take:02d}.{suffix}"
            (root / path).write_bytes(encode(recorded(word, speaker, rng), suffix))
            rows.append((path, word, speaker))
    return rows


def recorded(word: str, speaker: str, rng: np.random.Generator) -> Audio:
    """One take: spoken at some pace and pitch, with pauses and noise around it, at some level and sample rate."""
    import soxr

    spoken = speak(word, speaker, int(rng.integers(110, 230)), int(rng.integers(35, 66)))
    before, after = (int(seconds * spoken.sample_rate) for seconds in rng.uniform(0, 0.25, size=2))
    samples = np.pad(spoken.samples[0], (before, after))
    samples = samples + rng.normal(0, 10 ** (rng.uniform(-70, -45) / 20), samples.size)
    sample_rate = int(rng.choice(SAMPLE_RATES))
    samples = soxr.resample(samples, spoken.sample_rate, sample_rate)
    samples *= 10 ** (rng.uniform(-15, -1) / 20) / np.abs(samples).max()
    return Audio(samples[np.newaxis].astype(np.float32), sample_rate)


def encode(audio: Audio, suffix: str) -> bytes:
    """The file's bytes in the format of that suffix."""
    import soundfile

    sink = io.BytesIO()
    soundfile.write(sink, audio.samples.T, audio.sample_rate, format=suffix.upper(), subtype=FORMATS[suffix])
    return sink.getvalue()


def spoil(root: Path) -> list[Row]:
    """Files as they turn up in any large corpus: cut off, empty, damaged, silent, or no audio at all."""
    speaker = SPEAKERS[0]
    whole = {suffix: encode(recorded("stop", speaker, np.random.default_rng(8)), suffix) for suffix in FORMATS}
    damaged = bytearray(whole["flac"])
    damaged[len(damaged) // 2] ^= 0xFF
    silence = encode(Audio(np.zeros((1, 16000), np.float32), 16000), "wav")
    page = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>Not Found</body></html>\n"
    files = {
        "yes/cut_off.wav": whole["wav"][: len(whole["wav"]) // 2],
        "no/cut_off.ogg": whole["ogg"][: len(whole["ogg"]) // 2],
        "up/empty.wav": b"",
        "down/damaged.flac": bytes(damaged),
        "left/silence.wav": silence,
        "right/page_not_found.mp3": page,
    }
    for path, content in files.items():
        (root / path).write_bytes(content)
    return [(path, path.partition("/")[0], speaker) for path in files]
