from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

NAMES = (
    "music/fma/music-fma-0000.wav",
    "music/fma/music-fma-0001.wav",
    "noise/free-sound/noise-free-sound-0000.wav",
    "noise/free-sound/noise-free-sound-0001.wav",
    "noise/sound-bible/noise-sound-bible-0000.wav",
    "speech/us-gov/speech-us-gov-0000.wav",
)


def corpus(root: Path) -> Path:
    folder_corpus(root, NAMES)
    write_lines(
        root / "music/fma/ANNOTATIONS",
        "music-fma-0000 pop,electronica Y Quiet_Music",
        "music-fma-0001 blues N A Brahms",
    )
    write_lines(
        root / "music/fma/LICENSE",
        "music-fma-0000",
        '"A" (by B)',
        "CC BY 4.0",
        "=====================",
        "music-fma-0001",
        "Some Concert is licensed under a Attribution License.",
    )
    write_lines(root / "noise/free-sound/ANNOTATIONS", "Background noises:", "noise-free-sound-0001")
    write_lines(root / "noise/free-sound/LICENSE", "All selected recordings are in the Public Domain")
    write_lines(root / "speech/us-gov/ANNOTATIONS", "speech-us-gov-0000 m english")
    write_lines(root / "music/README", "not audio")
    return root


def test_files_have_what_their_folders_say_of_them(tmp_path: Path) -> None:
    assert read("musan", corpus(tmp_path)) == [
        Recording(
            "music-fma-0000",
            Span(NAMES[0]),
            labels={"kind": "music", "genres": ["pop", "electronica"], "vocals": True, "artist": "Quiet_Music"},
            extra={"source": "fma, Quiet_Music", "licence": "cc-by-4.0"},
        ),
        Recording(
            "music-fma-0001",
            Span(NAMES[1]),
            labels={"kind": "music", "genres": ["blues"], "vocals": False, "artist": "A"},
            extra={"source": "fma, A", "licence": "own", "composer": "Brahms"},
        ),
        Recording(
            "noise-free-sound-0000",
            Span(NAMES[2]),
            labels={"kind": "noise", "background": False},
            extra={"source": "free-sound", "licence": "public-domain"},
        ),
        Recording(
            "noise-free-sound-0001",
            Span(NAMES[3]),
            labels={"kind": "noise", "background": True},
            extra={"source": "free-sound", "licence": "public-domain"},
        ),
        Recording("noise-sound-bible-0000", Span(NAMES[4]), labels={"kind": "noise"}, extra={"source": "sound-bible"}),
        Recording(
            "speech-us-gov-0000",
            Span(NAMES[5]),
            labels={"kind": "speech", "gender": "male", "language": "english"},
            extra={"source": "us-gov"},
        ),
    ]


def test_sections_of_a_licence_may_name_several_files_or_none(tmp_path: Path) -> None:
    names = [f"music/rfm/music-rfm-{number:04d}.wav" for number in range(7)]
    folder_corpus(tmp_path, names)
    write_lines(
        tmp_path / "music/rfm/LICENSE",
        "Everything here is CC BY 3.0 unless it says otherwise.",
        "=======",
        "music-rfm-0000",
        "music-rfm-0001",
        "Title: A",
        "Public Domain",
        "=======",
        "music-rfm-0002",
        "CC0",
        "music-rfm-0003",
        "http://creativecommons.org/licenses/by-sa/3.0/",
        "=======",
        "music-rfm-0004",
        "Title: B",
        "=======",
        "music-rfm-0005",
        "All rights reserved",
    )
    rows = read("musan", tmp_path, parts=["music"])
    assert [row.extra["licence"] for row in rows] == [
        "public-domain",
        "public-domain",
        "cc0-1.0",
        "cc-by-sa-3.0",
        "cc-by-3.0",
        "own",
        "cc-by-3.0",
    ]


def test_parts_are_chosen(tmp_path: Path) -> None:
    rows = read("musan", corpus(tmp_path), parts=["noise"])
    assert [row.labels["kind"] for row in rows] == ["noise"] * 3


def test_broken_annotations_and_missing_parts_are_named(tmp_path: Path) -> None:
    corpus(tmp_path)
    table = write_lines(tmp_path / "music/fma/ANNOTATIONS", "music-fma-0000 pop Y A", "music-fma-0001 blues perhaps A")
    expected = f"{table}:2: 'music-fma-0001 blues perhaps A' is no annotation of music"
    assert message_of("musan", tmp_path) == expected
    assert message_of("musan", tmp_path / "music", parts=["noise"]) == (
        f"{tmp_path}/music/noise: no such folder; let root be the folder that holds music, noise and speech"
    )
