from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from manifests.corpora.sounds.demand import Demand
from manifests.recording import Recording, Span
from tests.factories import folder_corpus
from tests.manifests.corpora.reading import message_of, read


def corpus(root: Path) -> Path:
    return folder_corpus(root, [f"{place}/ch{n:02d}.wav" for place in ("DKITCHEN", "TMETRO") for n in range(1, 17)])


def test_one_microphone_of_each_place_is_read(tmp_path: Path) -> None:
    assert read("demand", corpus(tmp_path)) == [
        Recording(
            "DKITCHEN/ch01",
            Span("DKITCHEN/ch01.wav"),
            labels={"place": "DKITCHEN", "kind": "domestic"},
            extra={"microphone": 1},
        ),
        Recording(
            "TMETRO/ch01",
            Span("TMETRO/ch01.wav"),
            labels={"place": "TMETRO", "kind": "transportation"},
            extra={"microphone": 1},
        ),
    ]


def test_microphones_are_chosen(tmp_path: Path) -> None:
    rows = read("demand", corpus(tmp_path), channels=[2, 16])
    assert [row.key for row in rows] == ["DKITCHEN/ch02", "DKITCHEN/ch16", "TMETRO/ch02", "TMETRO/ch16"]
    for wrong in ((0,), (17,), ()):
        with pytest.raises(ValidationError):
            Demand(root=str(tmp_path), channels=wrong)


@pytest.mark.parametrize("name", ["DKITCHEN/ch17.wav", "XBAR/ch01.wav", "DKITCHEN_16k/DKITCHEN/ch01.wav"])
def test_a_file_of_another_name_is_an_error(tmp_path: Path, name: str) -> None:
    folder_corpus(corpus(tmp_path), [name])
    expected = f"{tmp_path}/{name}: is not called {{place}}/ch{{01..16}}.wav, place as in DKITCHEN"
    assert message_of("demand", tmp_path) == expected
