from __future__ import annotations

from pathlib import Path

import pytest

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

REAL = "RIRS_NOISES/real_rirs_isotropic_noises"
POINT = "RIRS_NOISES/pointsource_noises"
SMALL, LARGE = "RIRS_NOISES/simulated_rirs/smallroom", "RIRS_NOISES/simulated_rirs/largeroom"
LISTS = {
    f"{REAL}/rir_list": (
        f"--rir-id 00001 --room-id RVB2014_largeroom1 {REAL}/RVB2014_type1_rir_largeroom1_far_angla.wav",
        f"--rir-id 00116 --room-id air_binaural_stairway {REAL}/air_type1_air_binaural_stairway_1_1_90.wav",
    ),
    f"{REAL}/noise_list": (
        "--noise-id 00001 --noise-type isotropic --room-linkage RVB2014_largeroom1 "
        f"{REAL}/RVB2014_type1_noise_largeroom1_1.wav",
    ),
    f"{SMALL}/rir_list": (f"--rir-id Room001-00001 --room-id Room001 {SMALL}/Room001/Room001-00001.wav",),
    f"{LARGE}/rir_list": (f"--rir-id Room001-00001 --room-id Room001 {LARGE}/Room001/Room001-00001.wav",),
    f"{POINT}/noise_list": (
        "--noise-id noise-free-sound-0000 --noise-type point-source --bg-fg-type foreground "
        f"{POINT}/noise-free-sound-0000.wav",
    ),
}


def corpus(root: Path) -> Path:
    for name, lines in LISTS.items():
        write_lines(root / name, *lines)
        folder_corpus(root, [line.split()[-1] for line in lines])
    return root


def test_responses_are_real_or_simulated_and_know_their_rooms(tmp_path: Path) -> None:
    assert read("rirs", corpus(tmp_path), parts=["real", "small", "large"]) == [
        Recording(
            "real/RVB2014_type1_rir_largeroom1_far_angla",
            Span(f"{REAL}/RVB2014_type1_rir_largeroom1_far_angla.wav"),
            channel=0,
            labels={"kind": "real", "room": "RVB2014_largeroom1"},
            extra={"id": "00001"},
        ),
        Recording(
            "real/air_type1_air_binaural_stairway_1_1_90",
            Span(f"{REAL}/air_type1_air_binaural_stairway_1_1_90.wav"),
            channel=0,
            labels={"kind": "real", "room": "air_binaural_stairway"},
            extra={"id": "00116"},
        ),
        Recording(
            "small/Room001-00001",
            Span(f"{SMALL}/Room001/Room001-00001.wav"),
            labels={"kind": "simulated", "room": "small-Room001", "room_size": "small"},
            extra={"id": "Room001-00001"},
        ),
        Recording(
            "large/Room001-00001",
            Span(f"{LARGE}/Room001/Room001-00001.wav"),
            labels={"kind": "simulated", "room": "large-Room001", "room_size": "large"},
            extra={"id": "Room001-00001"},
        ),
    ]


def test_noises_of_rooms_and_of_points_are_asked_for(tmp_path: Path) -> None:
    rows = read("rirs", corpus(tmp_path), parts=["isotropic", "point_source"], channel=None)
    assert [(row.key, row.channel, row.labels) for row in rows] == [
        (
            "isotropic/RVB2014_type1_noise_largeroom1_1",
            None,
            {"kind": "isotropic", "room": "RVB2014_largeroom1"},
        ),
        ("point_source/noise-free-sound-0000", None, {"kind": "point_source", "background": False}),
    ]


def test_the_root_may_be_the_folder_itself(tmp_path: Path) -> None:
    rows = read("rirs", corpus(tmp_path) / "RIRS_NOISES", parts=["small"])
    assert [row.span.path for row in rows] == ["simulated_rirs/smallroom/Room001/Room001-00001.wav"]


@pytest.mark.parametrize(
    "line", ["a.wav", "--rir-id 1 --room-id", f"--rt60 0.5 {SMALL}/a.wav", "--rir-id 1 /data/a.wav"]
)
def test_broken_lines_are_named(tmp_path: Path, line: str) -> None:
    table = write_lines(corpus(tmp_path) / SMALL / "rir_list", *LISTS[f"{SMALL}/rir_list"], line)
    expected = f"{line!r} is not written as --rir-id ID --room-id ROOM RIRS_NOISES/.. or --noise-id ID .."
    assert message_of("rirs", tmp_path, parts=["small"]) == f"{table}:2: {expected}"


def test_a_part_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert (
        message_of("rirs", corpus(tmp_path))
        == f"{tmp_path}/RIRS_NOISES/simulated_rirs/mediumroom/rir_list: no such file"
    )
