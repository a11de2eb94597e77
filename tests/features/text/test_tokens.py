"""Characters, phonemes, labels, events, and the bound of CTC."""

import itertools

import numpy as np
import pytest

from features.chain import Chain, Stopped
from features.draws import Draws
from features.errors import ChainError, FeatureError
from features.example import Example, Features, Tokens
from features.fitting import fit
from features.resources import Resources
from features.stage import PREDICT, FeatureShape, Filtered, Rejected, Stage, TokenShape
from features.text.characters import Characters
from features.text.ctc_bound import CtcBound, frames_needed
from features.text.encode_labels import EncodeLabels
from features.text.frame_targets import FrameTargets
from features.text.normalize_text import NormalizeText
from features.text.phonemes import Phonemes

DRAWS = Draws(0, "any", 0, "key", 0)


def _bound(stages: list[Stage], train: list[Example]) -> Chain:
    chain = Chain(stages)
    return chain.bind(Resources({}, fit(chain, lambda: train)))


def _only(chain: Chain, example: Example) -> Example:
    outcome = chain.run(example)
    assert not isinstance(outcome, Stopped), outcome
    return outcome[0]


def test_characters_are_those_of_train_after_the_text_stages_before() -> None:
    chain = _bound([NormalizeText(), Characters()], [Example("1", text="Be, a!"), Example("2", text="cab")])
    stage = chain.stages[1]
    assert isinstance(stage, Characters)
    assert stage.vocabulary == ["<blank>", "<unk>", " ", "a", "b", "c", "e"]
    found = _only(chain, Example("x", text="A  bee"))
    assert found.text == "a bee"
    assert found.tokens("characters").ids.tolist() == [3, 2, 4, 6, 6]
    assert stage.text([0, 3, 0, 2, 4, 6]) == "a be"
    assert chain.check()["characters"] == TokenShape(7)


def test_a_recording_whose_text_is_asked_for_passes_without_one() -> None:
    chain = _bound([NormalizeText(), Characters()], [Example("1", text="a")])
    assert _only(chain, Example("x", split=PREDICT)).arrays == {}
    assert chain.run(Example("x")) == Stopped("normalize_text", Rejected("it has no text"))


def test_too_many_characters_name_rare_ones() -> None:
    with pytest.raises(ValueError, match="more than 4 symbols in train"):
        Characters(max_vocabulary=4).fit([Example("1", text="abcdef")])


def test_what_was_not_fitted_cannot_be_bound() -> None:
    with pytest.raises(FeatureError, match="was not fitted"):
        Chain([Characters()]).bind(Resources())


def test_phonemes_of_two_languages() -> None:
    pytest.importorskip("espeakng_loader")
    texts = {"en-us": "the cat sat", "de": "die Katze saß"}
    for language, text in texts.items():
        chain = _bound([Phonemes(language=language)], [Example("1", text=text)])
        stage = chain.stages[0]
        assert isinstance(stage, Phonemes)
        ids = _only(chain, Example("x", text=text)).tokens("phonemes").ids
        words = stage.text(ids.tolist()).split(" ")
        assert len(words) == 3
        assert words[1].startswith("k")
    assert stage.text(ids.tolist()) == "diː kˈatsə zˈɑːs"


def test_labels_one_and_several() -> None:
    train = [
        Example("1", speaker="zoe", labels={"word": "yes", "tags": ["loud", "far"]}),
        Example("2", speaker="adam", labels={"word": "no", "tags": []}),
    ]
    stages = [EncodeLabels(label=label, as_=f"{label}_ids") for label in ("word", "tags", "speaker")]
    chain = _bound(list(stages), train)
    found = _only(chain, train[0])
    ids = {name: value.array.tolist() for name, value in found.arrays.items()}
    assert ids == {"word_ids": [1], "tags_ids": [0, 1], "speaker_ids": [1]}
    assert _only(chain, train[1]).tokens("tags_ids").ids.shape == (0,)
    new = Example("3", speaker="zoe", labels={"word": "maybe", "tags": []})
    assert chain.run(new) == Stopped(
        "encode_labels", Rejected("word 'maybe' is none of those of train; --refit takes it in")
    )


def test_frames_of_events_are_those_whose_centre_lies_inside() -> None:
    stage = FrameTargets(classes=("dog", "cat"), like="mel")
    example = Example("x", arrays={"mel": Features(np.zeros((6, 3), np.float32), 10.0)})
    events = Example("x", None, example.arrays, labels={"events": ["0.1 0.3 dog", "0.25 9 cat"]})
    made = stage.apply(events, DRAWS)
    assert isinstance(made, Example)
    assert made.features("targets").frames.T.tolist() == [[0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]]
    assert stage.check({"mel": FeatureShape(3, 10.0)})["targets"] == FeatureShape(2, 10.0)
    silent = stage.apply(example, DRAWS)
    assert isinstance(silent, Example)
    assert not silent.features("targets").frames.any()
    for event, problem in (("dog", "not written as"), ("1 0.5 dog", "does not end after"), ("0 1 cow", "of no class")):
        verdict = stage.apply(Example("x", None, example.arrays, labels={"events": [event]}), DRAWS)
        assert isinstance(verdict, Rejected)
        assert problem in verdict.reason
    with pytest.raises(ChainError, match="no stage before it writes"):
        stage.check({})


def test_the_bound_of_ctc_is_the_shortest_path_there_is() -> None:
    """Every sequence of answers of that length, and none that is shorter, can spell the tokens."""

    def spelled(path: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(symbol for symbol, _ in itertools.groupby(path) if symbol)

    for ids in itertools.product((1, 2), repeat=3):
        needed = frames_needed(np.array(ids, np.int32))
        shortest = next(
            length
            for length in itertools.count(1)
            if any(spelled(path) == ids for path in itertools.product((0, 1, 2), repeat=length))
        )
        assert needed == shortest


def test_what_ctc_cannot_align_is_filtered_and_counted() -> None:
    stage = CtcBound(features="mel", tokens="ids", subsampling=4)

    def example(frames: int) -> Example:
        ids = Tokens(np.array([5, 5, 6], np.int32))
        return Example("x", arrays={"mel": Features(np.zeros((frames, 2), np.float32), 100.0), "ids": ids})

    assert isinstance(stage.apply(example(13), DRAWS), Example)
    assert stage.apply(example(12), DRAWS) == Filtered("3 answers are too few for 3 tokens, which need 4 for CTC")
    with pytest.raises(ChainError, match="ctc_bound needs tokens 'ids'"):
        stage.check({"mel": FeatureShape(2)})
