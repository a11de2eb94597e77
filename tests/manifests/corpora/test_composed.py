"""Composed: strings of recordings of one speaker and one split, the same each time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from manifests.corpora.composed import Composed
from manifests.errors import CorpusError
from manifests.recording import Piece, Recording, Span
from tests.factories import write_lines

SPEAKERS = ("ada", "bob", "eve")


def corpus(root: Path, each: int = 20, *more: str, header: str = "path,speaker,text,split,accent,mood") -> Path:
    """A table of three speakers with `each` recordings in train and as many in test."""
    lines = [
        f"{split}/{speaker}/{number}.wav,{speaker},word{number},{split},{speaker[0]},{number % 2}"
        for split in ("train", "test")
        for speaker in SPEAKERS
        for number in range(each)
    ]
    write_lines(root / "t.csv", header, *lines, *more)
    return root


def strings(root: Path, split: dict[str, Any] | None = None, labels: Any = (), **parameters: Any) -> list[Recording]:
    of = {"reader": "table", "path": "t.csv", "labels": list(labels), **({"split": split} if split else {})}
    return list(Composed.model_validate({"root": str(root), "of": of, "count": 10, **parameters}).rows())


def names(found: list[Recording]) -> list[str]:
    return [piece.span.path for row in found for piece in row.pieces]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus(tmp_path_factory.mktemp("corpus"), 12)


def test_each_speaker_of_each_split_has_its_strings(tmp_path: Path) -> None:
    found = strings(corpus(tmp_path), min=2, max=4, gap_seconds=(0.1, 0.2), labels=("accent", "mood"))
    assert Counter((row.split, row.speaker) for row in found) == {
        (split, speaker): 10 for split in ("train", "test") for speaker in SPEAKERS
    }
    assert len({row.key for row in found}) == 60
    assert found[0].key == "test/ada/0-00000"
    assert {len(row.pieces) for row in found} == {2, 3, 4}
    for row in found:
        assert {piece.span.path.rpartition("/")[0] for piece in row.pieces} == {f"{row.split}/{row.speaker}"}
        assert row.text == " ".join(str(piece.text) for piece in row.pieces)
        assert row.labels == {"accent": str(row.speaker)[0]}, "mood differs among the speaker's recordings"
        assert row.pieces[0].gap == 0
        assert all(0.1 <= piece.gap <= 0.2 for piece in row.pieces[1:])
        assert len(set(names([row]))) == len(row.pieces), "no recording twice"


def test_the_same_seed_draws_the_same_strings_and_another_one_others(tmp_path: Path) -> None:
    one, again, other = (strings(corpus(tmp_path), seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert not {row.key for row in one} & {row.key for row in other}
    assert Counter(names(one)) != Counter(names(other))


def test_the_order_of_the_corpus_does_not_matter(tmp_path: Path) -> None:
    found = strings(corpus(tmp_path))
    header, *lines = (tmp_path / "t.csv").read_text().splitlines()
    write_lines(tmp_path / "t.csv", header, *reversed(lines))
    assert strings(tmp_path) == found


def test_more_strings_leave_those_that_there_are(tmp_path: Path) -> None:
    few, many = strings(corpus(tmp_path), count=5), strings(tmp_path, count={"train": 50, "test": 5})
    by_key = {row.key: row for row in many}
    assert len(many) == 3 * 55
    assert all(by_key[row.key] == row for row in few)


def test_a_corpus_that_grows_changes_few_strings(tmp_path: Path) -> None:
    before = strings(corpus(tmp_path), count=200, max=3)
    new = "train/ada/new.wav,ada,new,train,a,0"
    after = strings(corpus(tmp_path, 20, new), count=200, max=3)
    assert [row.key for row in after] == [row.key for row in before]
    changed = [row for was, row in zip(before, after, strict=True) if was != row]
    assert all(("train/ada/new.wav" in names([row])) for row in changed)
    assert 0 < len(changed) < 40, "of 200, with a new one among 21 in strings of two"


def test_all_recordings_are_drawn_about_equally_often(tmp_path: Path) -> None:
    counts = Counter(names(strings(corpus(tmp_path), count=1000, min=1, max=1)))
    assert len(counts) == 120
    assert min(counts.values()) > 15
    assert max(counts.values()) < 100, "fifty each, give or take"


@given(
    st.integers(0, 1 << 40), st.integers(1, 9), st.integers(0, 9), st.integers(1, 4), st.sampled_from([0.0, 0.3, 0.6])
)
def test_strings_never_mix(small: Path, seed: int, low: int, more: int, count: int, valid: float) -> None:
    """Splits that are drawn here: whatever is asked for, no recording is heard in two of them, or by two voices."""
    split = {"from": "corpus", "by": "key", "valid": valid, "seed": seed} if valid else None
    found = strings(small, split, seed=seed, min=low, max=low + more, count=count)
    assert all(low <= len(row.pieces) <= low + more for row in found)
    of: dict[str, tuple[str | None, str | None]] = {}
    for row in found:
        for piece in row.pieces:
            assert piece.speaker == row.speaker
            assert of.setdefault(piece.span.path, (row.split, row.speaker)) == (row.split, row.speaker)


def test_one_speaker_is_left_out(tmp_path: Path) -> None:
    rule = {"by": "speaker", "test": ["bob"], "valid": 0.25, "valid_by": "key"}
    found = strings(corpus(tmp_path), rule)
    assert {row.speaker for row in found if row.split == "test"} == {"bob"}
    assert {row.speaker for row in found if row.split != "test"} == {"ada", "eve"}
    heard = {split: set(names([row for row in found if row.split == split])) for split in ("train", "valid")}
    assert not heard["train"] & heard["valid"]


def test_a_string_longer_than_its_speakers_recordings_has_each_once_before_any_twice(tmp_path: Path) -> None:
    for row in strings(corpus(tmp_path, 3), min=8, max=8):
        assert sorted(Counter(names([row])[:3]).values()) == [1, 1, 1]
        assert len(row.pieces) == 8


def test_what_is_said_may_be_a_label(tmp_path: Path) -> None:
    names = [f"recordings/{digit}_theo_{index}.wav" for digit in range(3) for index in (0, 7)]
    for name in names:
        write_lines(tmp_path / name, "")
    of = {"reader": "fsdd"}
    found = list(Composed(root=str(tmp_path), of=of, text="word", count=4, min=3, max=3).rows())  # type: ignore[arg-type]
    assert {row.split for row in found} == {"train", "test"}
    for row in found:
        digits = [("zero", "one", "two")[int(piece.span.path[11])] for piece in row.pieces]
        assert row.text == " ".join(digits)
        assert row.speaker == "theo"


def test_spans_and_composed_rows_are_strung_together_as_well(tmp_path: Path) -> None:
    pieces = '"[{""path"": ""b.wav""}, {""path"": ""c.wav"", ""gap"": 0.5, ""text"": ""c""}]"'
    lines = ("key,path,start,end,channel,text,pieces", "k,a.wav,1,2,1,one,", f"l,,,,,two three,{pieces}")
    write_lines(tmp_path / "t.csv", *lines)
    of = {"reader": "table", "path": "t.csv", "columns": {"pieces": "pieces"}}
    parameters = {"root": str(tmp_path), "of": of, "count": 1, "min": 2, "max": 2, "gap_seconds": [0.25, 0.25]}
    (row,) = Composed.model_validate(parameters).rows()
    span = Piece(Span("a.wav", 1.0, 1.0), 0.0, 1, None, "one")
    inner = (Piece(Span("b.wav")), Piece(Span("c.wav"), 0.5, text="c"))
    orders = {(span, inner[0]._replace(gap=0.25), inner[1]), (*inner, span._replace(gap=0.25))}
    assert row.pieces in orders
    assert row.text in ("one two three", "two three one")
    assert (row.key, row.speaker, row.split) == ("0-00000", None, None)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"count": {"trian": 3}}, "count names 'trian', and there are recordings of test, train"),
        ({"text": "mood"}, "train/ada/0.wav: has no label 'mood' that is text; name a label that says what is said"),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(CorpusError) as caught:
        strings(corpus(tmp_path), **parameters)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "parameters",
    [
        {"min": 3, "max": 2},
        {"gap_seconds": (0.3, 0.1)},
        {"gap_seconds": (-0.1, 0.1)},
        {"count": 0},
        {"count": {"train": 0}},
        {"of": {"reader": "nothing"}},
        {"of": {"reader": "fsdd", "root": "elsewhere"}},
        {"of": {"reader": "fsdd", "path": "x"}},
        {"of": "fsdd"},
    ],
)
def test_parameters_that_make_no_sense_are_refused(tmp_path: Path, parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Composed.model_validate({"root": str(tmp_path), "of": {"reader": "fsdd"}, "count": 1, **parameters})


def test_a_reader_survives_being_written(tmp_path: Path) -> None:
    of = {"reader": "fsdd", "split": {"from": "corpus", "by": "key", "valid": 0.1}}
    reader = Composed.model_validate({"root": str(tmp_path), "of": of, "count": {"train": 3}})
    assert Composed.model_validate_json(reader.model_dump_json()) == reader
