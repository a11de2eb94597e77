from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

CAPTIONS = "file_name,caption_1,caption_2,caption_3,caption_4,caption_5"
METADATA = "file_name,keywords,sound_id,sound_link,start_end_samples,manufacturer,license"
BY, ZERO = "http://creativecommons.org/licenses/by/3.0/", "http://creativecommons.org/publicdomain/zero/1.0/"
CLIPS = {
    "development": ("Distorted AM Radio noise.wav", f"noise;radio,48283,https://freesound.org/s/48283,[1 2],joé,{BY}"),
    "validation": ("rain, far.wav", f",Not found,,,,{ZERO}"),
    "evaluation": ("105bpm.wav", f"amb,174636,https://freesound.org/s/174636,[0 9],xserra,{BY}"),
}


def corpus(root: Path) -> Path:
    for split, (name, about) in CLIPS.items():
        folder_corpus(root / split, [name])
        captions = ",".join(f'"{split}, {number}."' for number in range(1, 6))
        write_lines(root / f"clotho_captions_{split}.csv", CAPTIONS, f'"{name}",{captions}')
        metadata = f'{METADATA}\n"{name}",{about}\n'
        (root / f"clotho_metadata_{split}.csv").write_text(metadata, encoding="latin-1")
    return root


def test_each_caption_is_a_recording(tmp_path: Path) -> None:
    rows = read("clotho", corpus(tmp_path))
    assert rows[1] == Recording(
        "development/Distorted AM Radio noise#2",
        Span("development/Distorted AM Radio noise.wav"),
        text="development, 2.",
        labels={"keywords": ["noise", "radio"]},
        split="train",
        extra={"licence": "cc-by-3.0", "source": "joé, https://freesound.org/s/48283"},
    )
    assert [(row.split, row.text) for row in rows[4:7]] == [
        ("train", "development, 5."),
        ("valid", "validation, 1."),
        ("valid", "validation, 2."),
    ]
    assert len(rows) == 15
    assert rows[1].origin == f"{tmp_path}/clotho_captions_development.csv:2"


def test_a_clip_may_keep_its_captions_together(tmp_path: Path) -> None:
    rows = read("clotho", corpus(tmp_path), captions="first")
    assert rows[1] == Recording(
        "validation/rain, far",
        Span("validation/rain, far.wav"),
        text="validation, 1.",
        labels={"keywords": []},
        split="valid",
        extra={"licence": "cc0-1.0", "captions": [f"validation, {number}." for number in range(1, 6)]},
    )


def test_a_clip_without_licence_or_caption_is_named(tmp_path: Path) -> None:
    table = write_lines(corpus(tmp_path) / "clotho_captions_development.csv", CAPTIONS, "other.wav,a,b,c,d,e")
    expected = f"{table}:2: 'other.wav' has no licence in clotho_metadata_development.csv"
    assert message_of("clotho", tmp_path) == expected
    write_lines(table, CAPTIONS, "Distorted AM Radio noise.wav,a,b,,d,e")
    assert message_of("clotho", tmp_path) == f"{table}:2: caption_3 is empty"
