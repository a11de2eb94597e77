from __future__ import annotations

from pathlib import Path

import pytest

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

SPOKEN = {
    "trainset_28spk": ("p226_001", "p226_002", "p228_001"),
    "trainset_56spk": ("p234_001",),
    "testset": ("p232_001", "p257_003"),
}


def miniature(root: Path) -> Path:
    """Both halves of each pair, texts, and the logs: in logfiles/ or, as of some copies, beside the folders."""
    for part, names in SPOKEN.items():
        folder_corpus(root, [f"{kind}_{part}_wav/{name}.wav" for kind in ("clean", "noisy") for name in names])
    write_lines(root / "logfiles/log_trainset_28spk.txt", "p226_001 cafeteria 15", "p226_002 ssn 0 ", "p228_001 car 5")
    write_lines(root / "log_testset.txt", "p232_001 bus 2.5", "p257_003 psquare 17.5")
    write_lines(root / "trainset_28spk_txt/p226_001.txt", "Please call Stella.")
    write_lines(
        root / "testset_txt/p257_003.txt", "Six spoons of fresh snow peas, ", " five thick slabs of blue cheese."
    )
    return root


def pair(part: str, key: str, split: str, text: str | None = None, **labels: str | float) -> Recording:
    noisy, clean = (Span(f"{kind}_{part}_wav/{key}.wav") for kind in ("noisy", "clean"))
    beside = {"clean": clean}
    return Recording(f"{part}/{key}", noisy, None, key[:4], text, labels, split, beside=beside)


def test_noisy_files_have_their_clean_ones_beside_them(tmp_path: Path) -> None:
    found = read("voicebank_demand", miniature(tmp_path))
    assert found == [
        pair("trainset_28spk", "p226_001", "valid", "Please call Stella.", noise="cafeteria", snr_db=15.0),
        pair("trainset_28spk", "p226_002", "valid", noise="ssn", snr_db=0.0),
        pair("trainset_28spk", "p228_001", "train", noise="car", snr_db=5.0),
        pair("testset", "p232_001", "test", noise="bus", snr_db=2.5),
        pair(
            "testset",
            "p257_003",
            "test",
            "Six spoons of fresh snow peas, five thick slabs of blue cheese.",
            noise="psquare",
            snr_db=17.5,
        ),
    ]
    assert all((tmp_path / row.beside["clean"].path).is_file() for row in found)


def test_the_other_speakers_are_read_where_they_are_asked_for(tmp_path: Path) -> None:
    """Their log is not there: then there are no labels."""
    miniature(tmp_path)
    assert read("voicebank_demand", tmp_path, parts=["trainset_56spk"]) == [pair("trainset_56spk", "p234_001", "train")]


def test_who_is_valid_may_be_chosen(tmp_path: Path) -> None:
    miniature(tmp_path)
    for valid, expected in (([], {}), (["p228"], {"p228": "valid"})):
        rows = read("voicebank_demand", tmp_path, parts=["trainset_28spk"], valid=valid)
        assert {row.speaker: row.split for row in rows} == {"p226": "train", "p228": "train"} | expected
    message = message_of("voicebank_demand", tmp_path, valid=["p228", "p999"])
    assert message == f"{tmp_path}: valid names p999, who speak in none of the parts"


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("noisy_testset_wav/p232-1.wav", "/noisy_testset_wav/p232-1.wav: is not called as p226_001.wav"),
        ("log_testset.txt", "/log_testset.txt:1: 'p232_001 bus' is not written as p226_001 cafeteria 15"),
        ("clean_testset_wav", "/clean_testset_wav: no such folder; name parts that are there"),
    ],
)
def test_what_is_broken_is_named(tmp_path: Path, broken: str, message: str) -> None:
    miniature(tmp_path)
    if broken.endswith(".wav"):
        folder_corpus(tmp_path, [broken])
    elif broken.endswith(".txt"):
        write_lines(tmp_path / broken, "p232_001 bus")
    else:
        (tmp_path / broken).rename(tmp_path / "elsewhere")
    assert message_of("voicebank_demand", tmp_path) == f"{tmp_path}{message}"
