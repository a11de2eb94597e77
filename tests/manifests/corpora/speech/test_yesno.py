from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read


def miniature(folder: Path) -> Path:
    audio(folder, "waves_yesno/0_0_1_0_1_1_1_0.wav", "waves_yesno/1_1_1_1_1_1_1_1.wav")
    write_lines(folder / "waves_yesno/README", "Sixty recordings")
    return folder


def test_a_name_is_what_is_said(root: Path) -> None:
    one, two = read("yesno", root)
    assert one == Recording(
        "0_0_1_0_1_1_1_0",
        Span("waves_yesno/0_0_1_0_1_1_1_0.wav"),
        text="NO NO YES NO YES YES YES NO",
        labels={"language": "he", "gender": "male"},
    )
    assert two.text == " ".join(["YES"] * 8)
    assert read("yesno", root, words=["lo", "ken"])[0].text == "lo lo ken lo ken ken ken lo"


def test_another_name_is_an_error(tmp_path: Path) -> None:
    audio(tmp_path, "0_0_1_0_1_1_1_0.wav", "0_0_1_0.wav")
    assert message_of("yesno", tmp_path) == "ROOT/0_0_1_0.wav: is not called by eight of 0 and 1, 0_1_0_1_1_1_0_0.wav"
