from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

NOTES = {
    "train": {"synth_lead_synthetic_001-064-127": (64, 127, "synth_lead_synthetic_001", "synth_lead", "synthetic")},
    "valid": {"bass_synthetic_068-049-025": (49, 25, "bass_synthetic_068", "bass", "synthetic")},
    "test": {
        "keyboard_electronic_001-021-127": (21, 127, "keyboard_electronic_001", "keyboard", "electronic"),
        "guitar_acoustic_015-082-050": (82, 50, "guitar_acoustic_015", "guitar", "acoustic"),
    },
}


def said(name: str, pitch: int, velocity: int, instrument: str, family: str, source: str) -> dict[str, Any]:
    return {
        "qualities": [0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        "pitch": pitch,
        "note": 201034,
        "instrument_source_str": source,
        "velocity": velocity,
        "instrument_str": instrument,
        "instrument": 417,
        "sample_rate": 16000,
        "qualities_str": ["dark"],
        "instrument_source": 2,
        "note_str": name,
        "instrument_family": 0,
        "instrument_family_str": family,
    }


def corpus(root: Path) -> Path:
    for split, notes in NOTES.items():
        folder = root / f"nsynth-{split}"
        folder_corpus(folder / "audio", [f"{name}.wav" for name in notes])
        text = json.dumps({name: said(name, *about) for name, about in notes.items()}, indent=4)
        write_lines(folder / "examples.json", text)
    return root


def test_notes_have_pitch_instrument_and_qualities(tmp_path: Path) -> None:
    rows = read("nsynth", corpus(tmp_path))
    assert [(row.key, row.split) for row in rows] == [(name, split) for split, notes in NOTES.items() for name in notes]
    assert rows[3] == Recording(
        "guitar_acoustic_015-082-050",
        Span("nsynth-test/audio/guitar_acoustic_015-082-050.wav"),
        labels={
            "pitch": 82,
            "velocity": 50,
            "instrument": "guitar_acoustic_015",
            "instrument_family": "guitar",
            "instrument_source": "acoustic",
            "qualities": ["dark"],
        },
        split="test",
    )
    assert [row.split for row in read("nsynth", tmp_path, parts=["valid"])] == ["valid"]


def test_a_note_without_its_pitch_is_named(tmp_path: Path) -> None:
    table = corpus(tmp_path) / "nsynth-train" / "examples.json"
    note = said("a-1-2", 1, 2, "a", "b", "c")
    write_lines(table, json.dumps({"a-1-2": {**note, "pitch": "sixty"}}))
    assert message_of("nsynth", tmp_path) == f"{table}:1: a-1-2.pitch: Input should be a valid integer"
    write_lines(table, json.dumps({"a-1-2": 7}))
    assert message_of("nsynth", tmp_path).startswith(f"{table}:1: a-1-2: Input should be a valid dictionary")
