from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import write_lines
from tests.manifests.corpora.speech.miniature import audio, message_of, read

ONE, TWO, THREE = "id10001/1zcIwhmdeo4/00001", "id10001/7gWzIy6yIIk/00002", "id10270/5r0dWxy17C8/00001"


def miniature(folder: Path) -> Path:
    audio(folder, *(f"wav/{name}.wav" for name in (ONE, TWO, THREE)))
    write_lines(
        folder / "vox1_meta.csv",
        "VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet",
        "id10001\tA.J._Buckley\tm\tIreland\tdev",
        "id10270\tEartha_Kitt\tf\tUSA\ttest",
    )
    write_lines(folder / "iden_split.txt", f"1 {ONE}.wav", f"3 {TWO}.wav", f"2 {THREE}.wav")
    return folder


def test_speakers_are_held_out_for_verification_and_dev_is_train(root: Path) -> None:
    found = read("voxceleb", root)
    assert found[0] == Recording(
        ONE,
        Span(f"wav/{ONE}.wav"),
        speaker="id10001",
        labels={"gender": "male", "nationality": "Ireland"},
        split="train",
        extra={"video": "1zcIwhmdeo4", "name": "A.J._Buckley"},
    )
    assert [(row.key, row.split) for row in found] == [(ONE, "train"), (TWO, "train"), (THREE, "test")]


def test_videos_are_held_out_for_identification(root: Path) -> None:
    splits = {row.key: row.split for row in read("voxceleb", root, protocol="identification")}
    assert splits == {ONE: "train", TWO: "test", THREE: "valid"}


def test_the_second_one_has_commas_spaces_and_deeper_folders(tmp_path: Path) -> None:
    audio(tmp_path, "dev/aac/id00012/21Uxsk56VDQ/00001.m4a", "test/aac/id00017/01dfn2spqyE/00001.m4a")
    audio(tmp_path, "dev/aac/id00099/5r0dWxy17C8/00003.m4a")
    write_lines(
        tmp_path / "vox2_meta.csv",
        "VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set ",
        "id00012 ,n000012 ,m ,dev ",
        "id00017 ,n000017 ,f ,test ",
    )
    found = read("voxceleb", tmp_path)
    assert [(row.key, row.split, row.labels) for row in found] == [
        ("id00012/21Uxsk56VDQ/00001", "train", {"gender": "male"}),
        ("id00099/5r0dWxy17C8/00003", "train", {}),
        ("id00017/01dfn2spqyE/00001", "test", {"gender": "female"}),
    ]


def test_what_does_not_fit_is_named(root: Path) -> None:
    write_lines(root / "iden_split.txt", f"1 {ONE}.wav")
    assert message_of("voxceleb", root, protocol="identification") == (
        f"ROOT/wav/{TWO}.wav: is not in iden_split.txt, which has VoxCeleb 1 only"
    )
    write_lines(root / "iden_split.txt", f"4 {ONE}.wav")
    assert message_of("voxceleb", root, protocol="identification") == (
        "ROOT/iden_split.txt:1: there should be 1, 2 or 3, and a path"
    )
    audio(root, "wav/00001.wav")
    assert message_of("voxceleb", root) == "ROOT/wav/00001.wav: is not called <speaker>/<video>/<utterance>"
    write_lines(root / "vox1_meta.csv", "VoxCeleb1 ID\tGender\tSet", "id10001\tm")
    assert message_of("voxceleb", root) == "ROOT/vox1_meta.csv:2: 2 fields where the header has 3"
