from __future__ import annotations

from pathlib import Path

import pytest

from manifests.recording import Recording, Span
from tests.manifests.corpora.speech.miniature import audio, message_of, read


def miniature(folder: Path) -> Path:
    audio(folder, "wav/03a01Fa.wav", "wav/16b10Wb.wav")
    return folder


def test_letters_say_all(root: Path) -> None:
    one, two = read("emodb", root)
    assert one == Recording(
        "03a01Fa",
        Span("wav/03a01Fa.wav"),
        speaker="03",
        text="Der Lappen liegt auf dem Eisschrank.",
        labels={"emotion": "happiness", "language": "de", "gender": "male"},
        extra={"version": "a"},
    )
    assert (two.speaker, two.text) == ("16", "Die wird auf dem Platz sein, wo wir sie immer hinlegen.")
    assert two.labels == {"emotion": "anger", "language": "de", "gender": "female"}


@pytest.mark.parametrize("name", ["04a01Fa", "03a03Fa", "03a01Xa", "03a01F"])
def test_another_name_is_an_error(tmp_path: Path, name: str) -> None:
    audio(tmp_path, f"wav/{name}.wav")
    assert message_of("emodb", tmp_path) == (
        f"ROOT/wav/{name}.wav: is not called <speaker><sentence><emotion><version>, 03a01Fa.wav"
    )
