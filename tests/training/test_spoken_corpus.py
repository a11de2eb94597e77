import csv
import io

import numpy as np
import pytest
import soundfile

from training import spoken_corpus

pytest.importorskip("espeakng_loader")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Two speakers, two takes of each word."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spoken_corpus, "TAKES", 2)
        root = tmp_path_factory.mktemp("corpus")
        for word in spoken_corpus.WORDS:
            (root / word).mkdir()
        rows = [row for speaker in spoken_corpus.SPEAKERS[:2] for row in spoken_corpus.speak_all(root, speaker)]
        yield root, rows, spoken_corpus.spoil(root)


def test_every_take_is_a_file_that_decodes(corpus):
    root, rows, _ = corpus
    assert len(rows) == len({path for path, _, _ in rows}) == 2 * 2 * len(spoken_corpus.WORDS)
    for path, label, speaker in rows:
        samples, sample_rate = soundfile.read(root / path)
        assert path.startswith(f"{label}/{speaker}_")
        assert sample_rate in spoken_corpus.SAMPLE_RATES
        assert 0.1 < samples.size / sample_rate < 3
        assert 0.1 < np.abs(samples).max() <= 1


def test_formats_and_rates_are_mixed(corpus):
    root, rows, _ = corpus
    assert {path.rpartition(".")[2] for path, _, _ in rows} == set(spoken_corpus.FORMATS)
    assert len({soundfile.info(root / path).samplerate for path, _, _ in rows}) > 1


def test_the_audio_is_the_same_each_time(corpus, tmp_path, monkeypatch):
    root, rows, _ = corpus
    monkeypatch.setattr(spoken_corpus, "TAKES", 2)
    for word in spoken_corpus.WORDS:
        (tmp_path / word).mkdir()
    again = spoken_corpus.speak_all(tmp_path, spoken_corpus.SPEAKERS[0])
    assert again == rows[: len(again)]
    for path, _, _ in again:
        np.testing.assert_array_equal(soundfile.read(root / path)[0], soundfile.read(tmp_path / path)[0])


def test_the_spoilt_files_are_what_their_names_say(corpus):
    root, _, spoilt = corpus
    content = {path: (root / path).read_bytes() for path, _, _ in spoilt}
    assert content["up/empty.wav"] == b""
    assert b"<html>" in content["right/page_not_found.mp3"]
    assert not soundfile.read(root / "left/silence.wav")[0].any()
    wav = content["yes/cut_off.wav"]
    assert int.from_bytes(wav[4:8], "little") + 8 > len(wav)
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.read(io.BytesIO(content["down/damaged.flac"]))


def test_the_manifest_lists_every_file(tmp_path, monkeypatch):
    monkeypatch.setattr(spoken_corpus, "speak_all", _one_clip)
    monkeypatch.setattr(spoken_corpus, "ProcessPoolExecutor", _ThisProcess)
    root = tmp_path / "corpus"
    count = spoken_corpus.write(root)
    with open(root / "manifest.csv", newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    assert count == len(rows) == len(spoken_corpus.SPEAKERS) + 6
    assert {row["path"] for row in rows} == {str(path.relative_to(root)) for path in root.glob("*/*")}
    assert {row["speaker"] for row in rows} == set(spoken_corpus.SPEAKERS)
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def _one_clip(root, speaker):
    (root / f"yes/{speaker}.wav").write_bytes(b"")
    return [(f"yes/{speaker}.wav", "yes", speaker)]


class _ThisProcess:
    """The part of ProcessPoolExecutor that is used, in this process, where monkeypatch reaches."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    map = staticmethod(map)
