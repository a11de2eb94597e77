from __future__ import annotations

from pathlib import Path

import pytest

from manifests.recording import Recording, Span
from tests.factories import folder_corpus
from tests.manifests.corpora.reading import message_of, read

TRAIN = "book_00014_chp_0005_reader_07601_3_seg_1-door_Freesound_validated_418022_2"
TESTS = "datasets/test_set/synthetic"


def training(root: Path) -> Path:
    """As the script writes pairs: 7 with a target level, 12 as its first version named them."""
    noisy = [f"noisy/{TRAIN}_snr-5_tl-24_fileid_7.wav", "noisy/clnsp1_fan_snr20_fileid_12.wav"]
    others = [f"{kind}/{kind}_fileid_{number}.wav" for kind in ("clean", "noise") for number in (7, 12)]
    return folder_corpus(root, [f"training/{name}" for name in (*noisy, *others)])


def synthetic(root: Path) -> Path:
    """The synthetic test set, and a real recording, which has no clean original."""
    names = []
    for part, speech in (
        ("no_reverb", "clnsp1_train_69005_1_snr15_tl-21"),
        ("with_reverb", "clnsp104_wind_snr0_tl-35"),
    ):
        names += [f"{part}/noisy/{speech}_fileid_158.wav", f"{part}/clean/clean_fileid_158.wav"]
    folder_corpus(root, [f"{TESTS}/{name}" for name in names])
    return folder_corpus(root, ["datasets/test_set/real_recordings/ms_realrec_headset_cafe_spk2_3.wav"])


def test_pairs_of_both_kinds_are_read(tmp_path: Path) -> None:
    training(synthetic(tmp_path))
    found = read("dns", tmp_path)
    sides = {
        number: {k: Span(f"training/{k}/{k}_fileid_{number}.wav") for k in ("clean", "noise")} for number in (7, 12)
    }
    assert found == [
        Recording(
            "training/7",
            Span(f"training/noisy/{TRAIN}_snr-5_tl-24_fileid_7.wav"),
            labels={"snr_db": -5},
            split="train",
            extra={"sources": TRAIN, "level_db": -24},
            beside=sides[7],
        ),
        Recording(
            "training/12",
            Span("training/noisy/clnsp1_fan_snr20_fileid_12.wav"),
            labels={"snr_db": 20},
            split="train",
            extra={"sources": "clnsp1_fan"},
            beside=sides[12],
        ),
        Recording(
            "no_reverb/158",
            Span(f"{TESTS}/no_reverb/noisy/clnsp1_train_69005_1_snr15_tl-21_fileid_158.wav"),
            labels={"snr_db": 15, "reverb": False},
            split="test",
            extra={"sources": "clnsp1_train_69005_1", "level_db": -21},
            beside={"clean": Span(f"{TESTS}/no_reverb/clean/clean_fileid_158.wav")},
        ),
        Recording(
            "with_reverb/158",
            Span(f"{TESTS}/with_reverb/noisy/clnsp104_wind_snr0_tl-35_fileid_158.wav"),
            labels={"snr_db": 0, "reverb": True},
            split="test",
            extra={"sources": "clnsp104_wind", "level_db": -35},
            beside={"clean": Span(f"{TESTS}/with_reverb/clean/clean_fileid_158.wav")},
        ),
    ]
    assert all((tmp_path / span.path).is_file() for row in found for span in row.spans)
    assert read("dns", tmp_path, parts=["with_reverb"]) == found[3:]


def test_the_root_may_lie_further_down(tmp_path: Path) -> None:
    """And keys are the same, since they do not say where a part lies; a test set stays one."""
    training(synthetic(tmp_path))
    keys = {"training/7", "training/12", "no_reverb/158", "with_reverb/158"}
    assert {row.key for row in read("dns", tmp_path)} == keys
    assert {row.key for row in read("dns", tmp_path / "training")} == {"training/7", "training/12"}
    for below in ("datasets", "datasets/test_set", TESTS):
        assert {row.key for row in read("dns", tmp_path / below)} == {"no_reverb/158", "with_reverb/158"}
    (row,) = read("dns", tmp_path / TESTS / "no_reverb")
    assert (row.key, row.split, row.labels["reverb"]) == ("no_reverb/158", "test", False)


@pytest.mark.parametrize(
    ("names", "parameters", "message"),
    [
        (
            ["training/noisy/7.wav", "training/clean/clean_fileid_7.wav"],
            {},
            "/training/noisy/7.wav: is not called .._snr10_tl-24_fileid_7.wav",
        ),
        (
            ["training/noisy/a_b_snr1_tl-2_fileid_7.wav"],
            {},
            "/training/noisy: has no folder clean beside it, so nothing here is a pair",
        ),
        (
            ["noisy/a_b_snr1_tl-2_fileid_7.wav", "clean/clean_fileid_7.wav"],
            {"parts": ["no_reverb"]},
            ": has no part no_reverb; there are training",
        ),
        (
            ["clean/clean_fileid_7.wav"],
            {},
            ": holds neither training/noisy nor test_set/synthetic; root is the folder that does, or noisy's own",
        ),
    ],
)
def test_what_is_broken_is_named(
    tmp_path: Path, names: list[str], parameters: dict[str, list[str]], message: str
) -> None:
    folder_corpus(tmp_path, names)
    assert message_of("dns", tmp_path, **parameters) == f"{tmp_path}{message}"
