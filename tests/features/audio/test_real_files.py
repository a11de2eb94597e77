"""Real files, odd and broken ones among them: each is decoded, or rejected with a reason."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from features.audio.probe import probe
from features.stage import Rejected
from tests.features.audio.sounds import outcome

# What makes of a file neither audio that both decoders agree on, nor nothing: by its name's end.
REJECTED = {
    "flac-64-bytes-flipped-midstream.flac": "declares 233820 samples, 225628",
    "flac-truncated-60pct.flac": "declares 233820 samples, 135168",
    "float-nan-inf.wav": "not finite",
    "wav-odd-truncated-half-sample.wav": "declares 3586 bytes, 3585 are there",
    "webm-truncated-half.webm": "page 13 has 4486 bytes, 4102 are there",
    "test-44100Hz-le-1ch-4bytes-early-eof.wav": "declares 17640 bytes, 944 are there",
}


@pytest.fixture(scope="module")
def root() -> Path:
    if not os.environ.get("WAVEMILL_DATA"):
        pytest.skip("WAVEMILL_DATA does not name a folder with real audio")
    return Path(os.environ["WAVEMILL_DATA"])


def test_odd_files(root: Path) -> None:
    rows = list(csv.DictReader((root / "odd/MANIFEST.csv").read_text("utf-8").splitlines()))
    assert len(rows) > 50
    fates = {"decoded": 0, "rejected": 0}
    for row in rows:
        path = root / "odd" / row["path"]
        result, notes = outcome(path.read_bytes())
        expected = next((why for end, why in REJECTED.items() if path.name == end), None)
        if isinstance(result, Rejected):
            fates["rejected"] += 1
            assert expected is not None or row["class"] == "neither", (row["path"], result.reason)
            assert (expected or "") in result.reason
            continue
        fates["decoded"] += 1
        assert expected is None, row["path"]
        assert row["class"] != "neither", row["path"]
        audio = result.audio()
        ours = (str(audio.sample_rate), str(audio.channels), str(audio.samples.shape[1]))
        theirs = [tuple(row[f"{who}_{what}"] for what in ("sr", "ch", "frames")) for who in ("sf", "av")]
        assert ours in theirs, (row["path"], ours, theirs, notes)
        if theirs[0] == theirs[1]:
            assert ours == theirs[0]
    assert fates["decoded"] >= 40
    assert fates["rejected"] >= 15


@pytest.mark.parametrize("pattern", ["kerstin-tts/wavs/*.flac", "barista/audio/*.flac", "instruments/**/*.flac"])
def test_real_flac_is_what_libsndfile_reads(root: Path, pattern: str) -> None:
    paths = sorted(root.glob(pattern))
    assert paths
    for path in paths[:: max(1, len(paths) // 12)]:
        data = path.read_bytes()
        result, notes = outcome(data)
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        assert np.array_equal(result.audio().samples, samples.T)
        assert (notes["decoder"][:9], notes["sample_rate"]) == ("miniaudio", rate)


@pytest.mark.parametrize("pattern", ["fsdd/recordings/*.wav", "kerstin-asr/audio/*.opus"])
def test_real_files_are_complete_until_they_are_cut(root: Path, pattern: str) -> None:
    paths = sorted(root.glob(pattern))
    assert paths
    for path in paths[:: max(1, len(paths) // 100)]:
        data = path.read_bytes()
        assert probe(data).verdict == "complete", path
        assert probe(data[: len(data) * 2 // 3]).verdict == "truncated", path
