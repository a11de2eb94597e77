from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read

POD, YOU = "audio/podcast/P0001/POD0000000001.opus", "audio/youtube/Y0002/YOU0000000002.opus"


def segment(name: str, begin: float, end: float, text: str, *subsets: str, **about: Any) -> dict[str, Any]:
    times = {"begin_time": begin, "end_time": end}
    return {"sid": name, "speaker": "N/A", **times, "text_tn": text, "subsets": [f"{{{s}}}" for s in subsets], **about}


def entry(path: str, *segments: dict[str, Any]) -> dict[str, Any]:
    source, name = path.split("/")[1], Path(path).stem
    url = f"https://example.org/{name}"
    return {"title": "A title", "url": url, "path": path, "aid": name, "source": source, "segments": list(segments)}


def write(root: Path, *audios: dict[str, Any]) -> None:
    about = {"dataset": "GigaSpeech", "language": "EN", "version": "v1.0.0", "audios": audios}
    write_lines(root / "GigaSpeech.json", json.dumps(about, indent=2))


def miniature(folder: Path) -> Path:
    audio(folder, POD, YOU)
    pod = entry(
        POD,
        segment("POD1_S8", 159.0, 167.52, "YOU WALK <COMMA> YOU SEE <PERIOD>", "XL"),
        segment("POD1_S9", 167.52, 170.0, "WELL <QUESTIONMARK>", "XL", "L", "M", "S", speaker="anna"),
        segment("POD1_S10", 170.0, 171.0, "<MUSIC>", "XL"),
    )
    write(folder, pod, entry(YOU, segment("YOU2_S1", 0.1, 0.3, "YES <EXCLAMATIONPOINT>", "DEV")))
    return folder


def test_segments_are_spans_of_long_files(root: Path) -> None:
    found = read_spans(root)
    assert found[0] == Recording(
        "POD1_S8",
        Span(POD, 159.0, 8.52),
        text="YOU WALK YOU SEE",
        labels={"subset": "XL", "language": "en", "source": "podcast"},
        split="train",
        extra={"audio": "POD0000000001", "url": "https://example.org/POD0000000001"},
    )
    assert [(row.key, row.split, row.labels["subset"], row.speaker, row.span.seconds) for row in found[1:]] == [
        ("POD1_S9", "train", "S", "anna", 2.48),
        ("YOU2_S1", "valid", "DEV", None, 0.2),
    ]
    assert found[0].origin == f"{root}/GigaSpeech.json:6"


def read_spans(root: Path, **parameters: Any) -> list[Recording]:
    return read("gigaspeech", root, **parameters)


def test_a_smaller_subset_keeps_what_is_held_out(root: Path) -> None:
    assert [row.key for row in read_spans(root, subset="M")] == ["POD1_S9", "YOU2_S1"]
    assert [row.key for row in read_spans(root, subset="XS")] == ["YOU2_S1"]


def test_marks_and_segments_without_words_can_be_kept(root: Path) -> None:
    found = read_spans(root, punctuation="marks", garbage="keep")
    assert [row.text for row in found] == ["YOU WALK, YOU SEE.", "WELL?", None, "YES!"]


def test_what_is_not_the_corpus_is_named(root: Path) -> None:
    write(root, entry(POD, segment("POD1_S8", 5, 4, "A", "XL")))
    assert message_of("gigaspeech", root) == "ROOT/GigaSpeech.json:6: a span from 5 to 4 seconds"
    write(root, entry(POD, {"sid": "POD1_S8"}))
    assert message_of("gigaspeech", root) == f"ROOT/GigaSpeech.json:6: a segment of {POD} lacks 'text_tn'"
    write(root, {"path": POD})
    assert message_of("gigaspeech", root) == "ROOT/GigaSpeech.json:6: an audio without path, aid and segments"
    (root / "GigaSpeech.json").unlink()
    assert message_of("gigaspeech", root) == "ROOT/GigaSpeech.json: no such file; root is the folder that holds it"
