"""What is written for Hugging Face: the datasets package opens it, and our reader gives the recordings again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings, strategies
from ruamel.yaml import YAML

from manifests.corpora.fsdd import Fsdd
from manifests.recording import Piece, Recording, Span
from pipelines.errors import LeavingError
from pipelines.neighbours import saved, write
from pipelines.recipe import Corpus
from tests.factories import tone, write_audio
from tests.manifests.corpora.layouts.reading import rows
from tests.pipelines.neighbours.going import ODD, RIGHT, ROWS, Going, corpus, said


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    import datasets

    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def alone(recording: Recording) -> Recording:
    """The recording without where its audio lies: what an embedded one can say."""
    return recording._replace(span=Span(""), channel=None, pieces=())


def back(root: Path, recordings: list[Recording], folder: Path) -> list[Recording]:
    assert write("datasets", Going(root, recordings), folder / "out") == len(recordings)
    return sorted(map(alone, rows("huggingface", folder / "out")), key=lambda row: row.key)


def meant(recordings: list[Recording]) -> list[Recording]:
    return sorted(map(alone, recordings), key=lambda row: row.key)


def samples_of(content: bytes) -> Any:
    return soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)[0].T


def test_rows_of_every_kind_come_back(tmp_path: Path) -> None:
    root = corpus(tmp_path / "corpus")
    assert back(root, [*ROWS, RIGHT], tmp_path) == meant([*ROWS, RIGHT])
    odd = [Recording(f"c/{text}", Span("a.wav"), text=text, split="dev-odd", labels={"l": text}) for text in ODD]
    (tmp_path / "odd").mkdir()
    assert back(root, odd, tmp_path / "odd") == meant(odd)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strategies.lists(strategies.tuples(said, said, said), min_size=1, max_size=4, unique_by=lambda t: t[0]))
def test_odd_letters_come_back(tmp_path: Path, drawn: list[tuple[str, str, str]]) -> None:
    root = tmp_path / "corpus"
    if not root.exists():
        corpus(root)
    made = [
        Recording(f"c/{key}", Span("a.wav"), None, speaker, text, {"label": text}, "train", {"more": [text]})
        for key, speaker, text in drawn
    ]
    with TemporaryDirectory(dir=tmp_path) as folder:
        assert back(root, made, Path(folder)) == meant(made)


def test_the_datasets_package_opens_it_with_audio_and_text(tmp_path: Path) -> None:
    import datasets

    root = corpus(tmp_path / "corpus")
    pieces = [Piece(Span("a.wav", 0.1, 0.2)), Piece(Span("a.wav", 0.3, 0.1), gap=0.05)]
    joined = Recording.composed("c/joined", pieces, text="both", split="train")
    write("datasets", Going(root, [*ROWS, RIGHT, joined]), tmp_path / "out")
    opened = datasets.load_from_disk(tmp_path / "out")
    counts = {name: part.num_rows for name, part in opened.items()}
    assert counts == {"train": 4, "test": 2, "validation": 1, "extra": 1, "none": 1}
    known = {row.key: row for row in (*ROWS, RIGHT, joined)}
    whole, rate = soundfile.read(root / "a.wav", dtype="float32")
    audio = {}
    for part in opened.values():
        for row in part.cast_column("audio", datasets.Audio(decode=False)):
            assert (row["text"], row["speaker"]) == (known[row["key"]].text, known[row["key"]].speaker)
            audio[row["key"]] = row["audio"]["bytes"]
    assert audio["c/a.wav"] == (root / "a.wav").read_bytes()
    both = [whole[round(0.1 * rate) : round(0.3 * rate)], np.zeros(400), whole[round(0.3 * rate) : round(0.4 * rate)]]
    np.testing.assert_array_equal(samples_of(audio["c/joined"])[0], np.concatenate(both))
    right = soundfile.read(root / "stereo.wav", dtype="float32")[0][400:1200, 1]
    np.testing.assert_array_equal(samples_of(audio["c/right"]), right[None])
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {name: part.num_rows for name, part in loaded.items()} == counts
    assert opened["train"].features["digit"] == datasets.ClassLabel(names=["", "3", "4"])
    assert opened["train"].features["tags"] == datasets.List(datasets.Value("string"))


def test_24_bits_are_kept(tmp_path: Path) -> None:
    write_audio(tmp_path / "c" / "fine.wav", tone(0.2, level_db=-80), subtype="PCM_24")
    write("datasets", Going(tmp_path / "c", [Recording("c/f", Span("fine.wav", 0.05, 0.1))]), tmp_path / "out")
    (row,) = rows("huggingface", tmp_path / "out")
    with open(tmp_path / "out" / row.span.path, "rb") as source:
        source.seek(row.span.offset or 0)
        content = source.read(row.span.size)
    expected = soundfile.read(tmp_path / "c" / "fine.wav", dtype="float32")[0][400:1200]
    np.testing.assert_array_equal(samples_of(content)[0], expected)


def test_blocks_and_files_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "BLOCK_ROWS", 2)
    monkeypatch.setattr(saved, "FILE_BYTES", 20_000)
    root = corpus(tmp_path / "corpus")
    many = [Recording(f"c/{number:02d}", Span("a.wav"), text=str(number), split="train") for number in range(11)]
    assert back(root, many, tmp_path) == meant(many)
    assert len(list((tmp_path / "out" / "train").glob("*.arrow"))) > 2


def test_the_card_says_splits_licence_and_attribution(tmp_path: Path) -> None:
    going = Going(corpus(tmp_path / "corpus"), ROWS)
    digits = Corpus(reader=Fsdd(root=str(tmp_path)))
    mine = Corpus(reader=going.readers["c"], licence="mit", attribution="Ada_1")
    going.readers = {"c": going.readers["c"], "digits": digits.reader, "mine": mine.reader}
    going.recipe.corpora |= {"digits": digits, "mine": mine}
    write("datasets", going, tmp_path / "out")
    _, head, body = (tmp_path / "out" / "README.md").read_text("utf-8").split("---\n", 2)
    front = YAML(typ="safe").load(head)
    assert front["license"] == ["unknown", "cc-by-sa-4.0", "mit"]
    assert front["pretty_name"] == "Some: going"
    assert front["configs"][0]["data_files"][1] == {"split": "none", "path": "none/*.arrow"}
    assert "| validation | 1 |" in body
    assert "[CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/). Zohar Jackson et al." in body
    assert "- mine: read by `folder`. [MIT](https://opensource.org/license/mit). Ada\\_1." in body
    assert "- c: read by `folder`. Its licence is not known here, ask its publishers." in body


def test_a_label_with_the_name_of_a_column_is_refused(tmp_path: Path) -> None:
    labelled = Recording("c/a", Span("a.wav"), labels={"audio": "x"})
    with pytest.raises(LeavingError) as caught:
        back(corpus(tmp_path / "corpus"), [labelled], tmp_path)
    assert str(caught.value) == "c/a: the label 'audio' has the name of a column; call it otherwise"
    assert not (tmp_path / "out").exists()
