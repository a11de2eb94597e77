"""Recognition: what it learns of a store, losses, answers and their figures, and what it refuses."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from features.chain import Chain
from manifests.spec import ArraySpec
from tests.training.tasks.batches import batch_of, material
from training.decoding.decoder import Decoding
from training.errors import DataError
from training.models.bc_resnet import BcResNetConfig
from training.models.conformer import ConformerConfig
from training.models.conv_ctc import ConvCtcConfig
from training.tasks.classification import Classification, ClassificationConfig
from training.tasks.recognition import Recognition, RecognitionConfig, Scored, confusions

HEARD = ArraySpec("log_mel", "features", "float16", 8, 100.0)
TOKENS = ArraySpec("characters", "tokens", "int16", 1, None)
SPECS = {spec.name: spec for spec in (HEARD, TOKENS)}
VOCABULARY = ["<blank>", "<unk>", " ", "a", "b", "c"]
SPACE, A, B, C = 2, 3, 4, 5
CHAIN = [{"normalize_text": {"case": "upper"}}, {"characters": {}}]


def task(**changed):
    learnt = {"vocabulary": VOCABULARY, "spelled": True, "text_stages": [], "frame_rate": 100.0, "longest_seconds": 9}
    return Recognition(RecognitionConfig(), {**learnt, **changed})


def batch(*tokens, texts=None, frames=40):
    made = batch_of(
        {"log_mel": [np.zeros((frames, 8)) for _ in tokens], "characters": [np.array(t)[:, None] for t in tokens]}
    )
    arrays = {**made.arrays, "characters": made.arrays["characters"][:, :, 0].long()}
    return replace(made, arrays=arrays, texts=list(texts or [None] * len(tokens)))


def scored(*paths):
    """Scores that say these classes, one after the other, nearly certainly."""
    lengths = torch.tensor([len(path) for path in paths])
    scores = torch.zeros(len(paths), max(map(len, paths)) + 2, len(VOCABULARY))
    for row, path in zip(scores, paths, strict=True):
        row[torch.arange(len(path)), torch.tensor(path)] = 20
    return Scored(scores, lengths)


def known(chain=CHAIN, fitted=None, rows=(), **specs):
    made = material([*{**SPECS, **specs}.values()], rows, chain)
    return replace(made, fitted={"characters": json.dumps(VOCABULARY)} if fitted is None else fitted)


def test_symbols_are_those_that_the_tokenizer_was_fitted_to():
    rows = [{"seconds": 2.5}, {"seconds": None}, {"seconds": 7.0}]
    learnt = Recognition.learn(RecognitionConfig(), known(rows=rows))
    normalizer, _ = Chain.parse(CHAIN).stages
    assert learnt == {
        "vocabulary": VOCABULARY,
        "spelled": True,
        "text_stages": [normalizer.identity()],
        "frame_rate": 100.0,
        "longest_seconds": 7.0,
    }
    assert learnt["text_stages"][0]["version"] == 1
    assert json.loads(json.dumps(learnt)) == learnt
    assert Recognition(RecognitionConfig(), learnt).width == 6


def test_pieces_of_words_are_symbols_too():
    pieces = {"pieces": ["<blank>", "<unk>", "▁", "▁a", "b"], "merges": [["▁", "a"]]}
    chain = [*CHAIN, {"bpe": {"as": "pieces"}}]
    spec = ArraySpec("pieces", "tokens", "int16", 1, None)
    found = known(chain, {"bpe": json.dumps(pieces)}, pieces=spec)
    learnt = Recognition.learn(RecognitionConfig(tokens="pieces"), found)
    assert learnt["vocabulary"] == pieces["pieces"]
    made = Recognition(RecognitionConfig(tokens="pieces"), learnt)
    assert made.symbols.text([3, 4, 2, 4]) == "ab b"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"chain": CHAIN[:1]}, "no stage writes tokens of a text called 'characters'"),
        ({"fitted": {}}, "characters was not fitted"),
        ({"log_mel": ArraySpec("log_mel", "features", "float16", 8, None)}, r"got log_mel \(features, no rate\)"),
        ({"log_mel": ArraySpec("log_mel", "audio", "flac", 1, 8000.0)}, "needs features with a rate and tokens"),
        ({"characters": ArraySpec("characters", "features", "int16", 1, None)}, "characters or bpe make tokens"),
    ],
)
def test_a_store_without_symbols_or_features_is_refused(given, words):
    with pytest.raises(DataError, match=words):
        Recognition.learn(RecognitionConfig(), known(**given))


@pytest.mark.parametrize("config", [ConvCtcConfig(channels=8, kernels=[3]), ConformerConfig(width=8, blocks=1)])
def test_models_for_ctc_fit(config):
    model = task().build(config, SPECS)
    outputs = task().outputs(model.eval(), batch([A, B]))
    assert outputs.scores.shape == (1, 10, 6)
    assert outputs.lengths.tolist() == [10]


def test_other_models_do_not():
    with pytest.raises(
        DataError, match="bc_resnet has no subsampling, which the task recognition needs; take conv_ctc"
    ):
        task().build(BcResNetConfig(), SPECS)


def test_a_loss_is_that_of_ctc_for_each_token():
    probabilities = torch.tensor([[0.5, 0.1, 0.1, 0.3], [0.2, 0.2, 0.2, 0.4]])
    made = task(vocabulary=["<blank>", "<unk>", "a", "b"])
    outputs = Scored(probabilities.log().expand(2, 2, 4), torch.tensor([2, 1]))
    # "b" in two frames: blank b, b blank, b b; and in one.
    paths = 0.5 * 0.4 + 0.3 * 0.2 + 0.3 * 0.4, 0.3
    assert made.losses(outputs, batch([3], [3])).tolist() == pytest.approx([-math.log(path) for path in paths])
    both = 0.1 * 0.4
    assert made.losses(outputs, batch([2, 3], [3]))[0].item() == pytest.approx(-math.log(both) / 2)


def test_scores_half_way_have_their_share_of_the_loss():
    final, inner = torch.randn(1, 9, 6), torch.randn(2, 1, 9, 6)
    made, given, lengths = task(), batch([A, B]), torch.tensor([9])
    each = [made.losses(Scored(scores, lengths), given) for scores in (final, *inner)]
    together = made.losses(Scored(final, lengths, tuple(inner)), given)
    torch.testing.assert_close(together, 0.7 * each[0] + 0.3 * (each[1] + each[2]) / 2)


def test_scores_half_way_are_asked_for_in_training_alone():
    made = task()
    model = made.build(ConformerConfig(width=8, blocks=2, intermediate=[1]), SPECS)
    assert len(made.outputs(model.train(), batch([A])).inner) == 1
    assert made.outputs(model.eval(), batch([A])).inner == ()


def test_too_few_answers_are_an_error_with_the_key():
    enough = scored([A, 0, A], [A, B, C])
    task().losses(enough, batch([A, A], [A, B, C]))
    with pytest.raises(
        DataError, match=r"1: 3 answers .* too few for 3 tokens, which need 4 .*ctc_bound: {features: log_mel, tokens"
    ):
        task().losses(enough, batch([A, A], [A, B, B]))


def test_an_impossible_loss_is_not_hidden():
    scores = torch.zeros(1, 3, 6)
    scores[0, :, A] = -math.inf
    assert task().losses(Scored(scores, torch.tensor([3])), batch([A])).tolist() == [math.inf]


def test_answers_are_texts_with_their_edits():
    outputs = scored([A, A, 0, B, SPACE, C], [0, C, C])
    one, other = task().answers(outputs, batch([A, SPACE, C], [C], texts=["a  c", None]))
    assert one == {"reference": "a c", "hypothesis": "ab c", "words": [0, 0, 1, 2], "characters": [1, 0, 0, 3]}
    assert other == {"reference": "c", "hypothesis": "c", "words": [0, 0, 0, 1], "characters": [0, 0, 0, 1]}
    figures = task().metrics([one, other])
    assert figures == {"wer": 1 / 3, "cer": 1 / 4}
    assert task().merit(figures) == -1 / 3
    assert task().errors([one, other]) == [one]
    assert task().explain(one) == "'a c' heard as 'ab c' (1 of 2 words wrong)"
    assert task().explain(other) == "'c' heard as 'c' (right)"


def test_a_symbol_that_train_does_not_have_is_wrong_whatever_is_heard():
    (answer,) = task().answers(scored([A, 1]), batch([A, 1], texts=["aq"]))
    assert (answer["reference"], answer["hypothesis"]) == ("aq", "a<unk>")


def test_sounds_are_compared_where_tokens_are_no_letters():
    made = task(spelled=False)
    (answer,) = made.answers(scored([A, B]), batch([A, B], texts=["ay bee"]))
    assert answer["reference"] == "ab"


def test_a_report_counts_and_names():
    made = task(text_stages=[{"stage": "normalize_text", "version": 1}])
    outputs = scored([A], [A, SPACE, B], [C], [C])
    texts = ["b", "a", "b", "a b c"]
    answers = made.answers(outputs, batch([B], [A], [B], [A, SPACE, B, SPACE, C], texts=texts))
    report = made.report(answers)
    assert {name: report[name] for name in ("words", "insertions", "deletions", "substitutions")} == {
        "words": 6, "insertions": 1, "deletions": 2, "substitutions": 2,
    }  # fmt: skip
    assert report["characters"] == {"insertions": 2, "deletions": 4, "substitutions": 2, "total": 8}
    assert report["confusions"] == [{"said": "b", "heard": "a", "times": 1}, {"said": "b", "heard": "c", "times": 1}]
    assert report["by_words"] == {
        "1": {"examples": 3, "wer": 1.0, "cer": 4 / 3},
        "3": {"examples": 1, "wer": 2 / 3, "cer": 4 / 5},
    }
    assert report["text_stages"] == [{"stage": "normalize_text", "version": 1}]
    assert report["decoding"] == {"name": "greedy"}


def test_the_commonest_confusions_come_first():
    def answer(said, heard):
        return {"reference": said, "hypothesis": heard, "words": [0, 0, int(said != heard), 1]}

    found = confusions([answer("x", "y"), answer("a", "b"), answer("a", "b"), answer("a", "a"), answer("a", "")])
    assert found == [{"said": "a", "heard": "b", "times": 2}, {"said": "x", "heard": "y", "times": 1}]


def test_nothing_said_has_no_figure():
    (answer,) = task().answers(scored([0, 0]), batch([A], texts=[""]))
    assert all(math.isnan(value) for value in task().metrics([answer]).values())


def test_a_beam_sums_over_paths_where_greedy_takes_the_best():
    probabilities = torch.full((1, 2, 6), 1e-9)
    probabilities[0, :, 0], probabilities[0, :, A] = 0.6, 0.4  # the best path is empty, and "a" has the most paths
    outputs, made = Scored(probabilities.log(), torch.tensor([2])), task()
    assert made.answers(outputs, batch([A]))[0]["hypothesis"] == ""
    made.decode_with(Decoding(beam=4))
    assert made.answers(outputs, batch([A]))[0]["hypothesis"] == "a"
    assert made.report(made.answers(outputs, batch([A])))["decoding"] == {
        "name": "beam", "beam": 4, "lm_weight": 0.5, "word_bonus": 0.0, "language_model": None, "lexicon": None,
    }  # fmt: skip


def test_tasks_without_texts_decode_nothing():
    other = Classification(ClassificationConfig(label="digit"), {"classes": ["a", "b"]})
    with pytest.raises(DataError, match="classification decodes nothing"):
        other.decode_with(Decoding(beam=4))


def test_evaluation_leaves_the_model_as_it_is():
    made = task()
    model = made.build(ConvCtcConfig(channels=8, kernels=[3]), SPECS).eval()
    assert isinstance(model, nn.Module)
    assert torch.equal(made.outputs(model, batch([A])).scores, made.outputs(model, batch([A])).scores)
