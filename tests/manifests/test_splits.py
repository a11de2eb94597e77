from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from manifests.errors import CorpusError, SplitError
from manifests.recording import Piece, Recording, Span
from manifests.splits import Assigner, Split, position, standard_split


def recording(key: str, **about: Any) -> Recording:
    return Recording(key=key, span=Span(f"{key}.wav"), **about)


def rule(**parameters: Any) -> Split:
    return Split.model_validate(parameters)


def splits_of(split: Split, recordings: list[Recording]) -> dict[str, str]:
    assigner = Assigner(split)
    return {item.key: assigner.assign(item) for item in recordings}


groups = st.sets(st.text(min_size=1, max_size=8), min_size=1, max_size=30)


@given(now=groups, later=groups, seed=st.integers(0, 2**62))
def test_growth_moves_no_group(now: set[str], later: set[str], seed: int) -> None:
    split = rule(by="speaker", valid=0.3, test=0.3, seed=seed)
    before = splits_of(split, [recording(f"a{name}", speaker=name) for name in sorted(now)])
    grown = [recording(f"{take}{name}", speaker=name) for take in "ab" for name in sorted(now | later)]
    after = splits_of(split, grown[::-1])
    assert {key: after[key] for key in before} == before
    for name in now | later:
        assert after[f"a{name}"] == after[f"b{name}"], "a group is in one split"


@given(names=groups, fraction=st.floats(0.01, 0.45), larger=st.floats(0.01, 0.45))
def test_a_changed_fraction_moves_groups_only_between_that_split_and_train(
    names: set[str], fraction: float, larger: float
) -> None:
    rows = [recording(name, speaker=name) for name in sorted(names)]
    one = splits_of(rule(by="speaker", valid=0.3, test=fraction), rows)
    other = splits_of(rule(by="speaker", valid=0.3, test=larger), rows)
    moved = {(one[key], other[key]) for key in one if one[key] != other[key]}
    assert moved <= {("train", "test"), ("test", "train")}


def test_fractions_are_kept_within_the_scatter_of_chance() -> None:
    count = 20_000
    rows = [recording(f"{number}") for number in range(count)]
    found = Counter(splits_of(rule(by="key", valid=0.1, test=0.2), rows).values())
    for split, fraction in (("train", 0.7), ("valid", 0.1), ("test", 0.2)):
        deviation = (count * fraction * (1 - fraction)) ** 0.5
        assert abs(found[split] - count * fraction) < 5 * deviation


def test_positions_are_uniform_and_below_one() -> None:
    places = sorted(position(3, str(number)) for number in range(10_000))
    assert places[0] >= 0
    assert places[-1] < 1
    furthest = max(abs(place - index / 10_000) for index, place in enumerate(places))
    assert furthest < 1.95 / 100, "Kolmogorov-Smirnov, p = 0.001"


def test_seeds_draw_independently() -> None:
    rows = [recording(f"{number}") for number in range(4000)]
    drawn = [splits_of(rule(by="key", test=0.5, seed=seed), rows) for seed in range(3)]
    for one, other in itertools.combinations(drawn, 2):
        same = sum(one[key] == other[key] for key in one)
        assert abs(same - 2000) < 5 * 1000**0.5


def test_the_seed_is_zero_unless_told() -> None:
    rows = [recording(f"{number}") for number in range(100)]
    assert splits_of(rule(by="key", test=0.5), rows) == splits_of(rule(by="key", test=0.5, seed=0), rows)


def test_named_groups_come_where_they_are_named_and_the_others_by_fraction() -> None:
    rows = [recording(f"{number}", speaker=f"s{number}") for number in range(200)]
    found = splits_of(rule(by="speaker", test=["s1", "s2"], valid=0.25), rows)
    assert [key for key, split in found.items() if split == "test"] == ["1", "2"]
    drawn = splits_of(rule(by="speaker", valid=0.25), rows)
    assert {key: split for key, split in found.items() if key not in ("1", "2")} == {
        key: split for key, split in drawn.items() if key not in ("1", "2")
    }


def test_groups_are_speakers_files_keys_or_labels() -> None:
    row = Recording("k", Span("room/a.wav", 1.0), speaker="theo", labels={"digit": 3, "far": True})
    for by, name in (("speaker", "theo"), ("path", "room/a.wav"), ("key", "k"), ("digit", 3), ("far", True)):
        assert Assigner(rule(by=by, valid=[name])).assign(row) == "valid"


def test_spans_of_one_file_stay_together() -> None:
    rows = [Recording(f"{file}@{start}", Span(f"{file}.flac", start)) for file in range(50) for start in range(4)]
    found = splits_of(rule(by="path", valid=0.5), rows)
    assert all(len({found[f"{file}@{start}"] for start in range(4)}) == 1 for file in range(50))
    assert set(found.values()) == {"train", "valid"}


def test_a_composed_recording_goes_with_its_file_if_it_is_of_one() -> None:
    by_path = Assigner(rule(by="path", valid=["a.flac"]))
    one, two = Piece(Span("a.flac", 1.0)), Piece(Span("b.flac"))
    assert by_path.assign(Recording.composed("k", [one, Piece(Span("a.flac", 3.0))])) == "valid"
    with pytest.raises(CorpusError, match="k: is composed of several files, which a split by path may tear apart"):
        by_path.assign(Recording.composed("k", [one, two]))


def test_a_recording_goes_with_its_own_file_and_not_with_those_beside_it() -> None:
    by_path = Assigner(rule(by="path", valid=["noisy.wav"]))
    assert by_path.assign(Recording("k", Span("noisy.wav"), beside={"clean": Span("clean.wav")})) == "valid"


@pytest.mark.parametrize(
    ("written", "split"),
    [
        ("train", "train"),
        ("Training", "train"),
        ("dev", "valid"),
        ("validation", "valid"),
        (" VAL ", "valid"),
        ("test", "test"),
        ("evaluation", "test"),
        ("train-clean-100", "train-clean-100"),
        ("Other", "other"),
    ],
)
def test_the_corpus_s_own_names_are_understood(written: str, split: str) -> None:
    assert standard_split(written) == split
    assert Assigner(rule(**{"from": "corpus"})).assign(recording("a", split=written)) == split


def test_valid_is_carved_out_of_the_corpus_s_train_and_of_nothing_else() -> None:
    rows = [recording(f"{number}", split="test" if number < 1000 else "train") for number in range(2000)]
    found = splits_of(rule(**{"from": "corpus"}, by="key", valid=0.1), rows)
    assert all(found[str(number)] == "test" for number in range(1000))
    alone = splits_of(rule(by="key", valid=0.1), rows[1000:])
    assert {key: found[key] for key in alone} == alone
    assert set(alone.values()) == {"train", "valid"}


def test_a_row_without_a_split_is_named() -> None:
    with pytest.raises(CorpusError) as caught:
        Assigner(rule(**{"from": "corpus"})).assign(recording("a", origin="labels.csv:12"))
    assert str(caught.value) == "labels.csv:12: a: has no split of its own; give the table one, or split `by: speaker`"


def test_a_split_s_name_becomes_a_file_s_name() -> None:
    with pytest.raises(CorpusError, match=r"^t\.csv:3: a: '\.\./x' is no name for a split"):
        Assigner(rule(**{"from": "corpus"})).assign(recording("a", split="../x", origin="t.csv:3"))


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("speaker", "t.csv:3: a: has no speaker, and the recipe splits by it"),
        ("room", "t.csv:3: a: has no label 'room', and the recipe splits by it; its labels are digit, tags"),
        ("tags", "t.csv:3: a: label 'tags' is a list, which is no group"),
    ],
)
def test_a_row_without_its_group_is_named(by: str, message: str) -> None:
    row = recording("a", labels={"digit": 3, "tags": ["x"]}, origin="t.csv:3")
    with pytest.raises(CorpusError) as caught:
        Assigner(rule(by=by, valid=0.5)).assign(row)
    assert str(caught.value) == message


def test_an_empty_split_is_an_error_that_names_the_groups() -> None:
    assigner = Assigner(rule(by="speaker", valid=0.000001))
    for name in ("theo", "jackson", "theo"):
        assigner.assign(recording(name, speaker=name))
    with pytest.raises(SplitError) as caught:
        assigner.finish()
    assert str(caught.value) == (
        "split: valid came out empty; change a fraction or the seed; by speaker there are 2 groups: jackson, theo"
    )
    assert caught.value.exit_code == 2


def test_nothing_left_to_train_is_an_error() -> None:
    assigner = Assigner(rule(by="speaker", test=["theo"]))
    assigner.assign(recording("a", speaker="theo"))
    with pytest.raises(SplitError, match="train came out empty"):
        assigner.finish()


def test_a_named_group_that_never_comes_is_an_error_with_a_suggestion() -> None:
    assigner = Assigner(rule(by="speaker", test=["teo", "jackson"]))
    for name in ("theo", "jackson", "lucas"):
        assigner.assign(recording(name, speaker=name))
    with pytest.raises(SplitError, match=r"test names 'teo', which no recording has; did you mean theo\?"):
        assigner.finish()


def test_a_group_that_is_named_for_carving_must_be_in_the_corpus_s_train() -> None:
    assigner = Assigner(rule(**{"from": "corpus"}, by="speaker", valid=["theo"]))
    assigner.assign(recording("a", speaker="theo", split="test"))
    assigner.assign(recording("b", speaker="lucas", split="train"))
    with pytest.raises(SplitError, match="valid names 'theo', which no recording of the corpus's train has"):
        assigner.finish()


def test_splits_that_hold_something_pass_and_are_counted() -> None:
    assigner = Assigner(rule(by="speaker", test=["theo"]))
    for key, name in enumerate(("theo", "theo", "lucas")):
        assigner.assign(recording(str(key), speaker=name))
    assigner.finish()
    assert assigner.recordings == {"test": 2, "train": 1}


def test_a_corpus_s_own_split_may_lack_any() -> None:
    assigner = Assigner(rule(**{"from": "corpus"}))
    assert assigner.assign(recording("a", split="test")) == "test"
    assigner.finish()


def test_the_names_that_are_remembered_are_bounded() -> None:
    assigner = Assigner(rule(by="key", valid=["none"]))
    for number in range(5000):
        assigner.assign(recording(f"{number:06d}"))
    with pytest.raises(SplitError, match=r"by key there are 1000 or more groups: 000000, .*000019 and 980 more"):
        assigner.finish()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "say `from: corpus`, or `by: speaker`"),
        ({"from": "corpus", "valid": 0.1}, "say by what"),
        ({"from": "corpus", "by": "key"}, "`by: key` needs `valid` or `test`"),
        ({"by": "speaker", "valid": 0.5, "test": 0.5}, "leave nothing to train"),
        ({"by": "speaker", "valid": ["a", "b"], "test": ["b"]}, "b cannot be in valid and in test"),
        ({"by": "speaker", "valid": 1.0}, "a fraction between 0 and 1, or a list of groups"),
        ({"by": "speaker", "valid": 0}, "a fraction between 0 and 1, or a list of groups"),
        ({"by": "speaker", "valid": True}, "a fraction between 0 and 1, or a list of groups"),
        ({"by": "speaker", "valid": "theo"}, "a fraction between 0 and 1, or a list of groups"),
        ({"by": "speaker", "valid": []}, "a fraction between 0 and 1, or a list of groups"),
        ({"from": "folder"}, "'corpus'"),
        ({"by": "speaker", "valid": 0.1, "dev": 0.1}, "Extra inputs are not permitted"),
        ({"by": "speaker", "valid": 0.1, "seed": -1}, "greater than or equal to 0"),
    ],
)
def test_rules_that_make_no_sense(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match="1 validation error") as caught:
        rule(**parameters)
    assert message in str(caught.value)


def test_a_rule_survives_being_written() -> None:
    split = rule(**{"from": "corpus"}, by="speaker", valid=0.1, test=["theo"])
    assert Split.model_validate(split.model_dump(by_alias=True)) == split


def test_valid_may_be_drawn_by_something_else() -> None:
    rule = Split.model_validate({"by": "speaker", "test": ["theo"], "valid": 0.2, "valid_by": "key"})
    assigner = Assigner(rule)
    splits = {
        (speaker, number): assigner.assign(Recording(f"{speaker}/{number}", Span("a.wav"), speaker=speaker))
        for speaker in ("theo", "lucas", "george")
        for number in range(200)
    }
    assigner.finish()
    assert {split for (speaker, _), split in splits.items() if speaker == "theo"} == {"test"}
    for speaker in ("lucas", "george"):
        own = [split for (name, _), split in splits.items() if name == speaker]
        assert set(own) == {"train", "valid"}
        assert 20 <= own.count("valid") <= 60
    with pytest.raises(ValueError, match="a fraction for `valid`"):
        Split.model_validate({"by": "speaker", "valid": ["theo"], "valid_by": "key"})
