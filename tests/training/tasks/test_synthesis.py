"""Synthesis: what is learnt of train, what is made small, and what is refused by name."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from features.chain import Chain
from manifests.spec import ArraySpec
from tests.training.tasks.batches import batch_of, material
from training.errors import DataError
from training.losses.alignment import binarisation, forward_sum
from training.models.efficient_speech import EfficientSpeechConfig
from training.tasks.synthesis import Synthesis, SynthesisConfig
from training.tasks.task import Material

MEL = {"n_fft": 256, "hop_length": 80, "n_mels": 6}
CHAIN = Chain.parse([{"resample": {"sample_rate": 8000}}, {"characters": {}}, {"log_mel": MEL}]).describe()
FITTED = {"characters": json.dumps(["<blank>", "<unk>", "a", "b", "c"])}
SPECS = [
    ArraySpec("characters", "tokens", "int16", 1, None),
    ArraySpec("log_mel", "features", "float16", 6, 100.0),
    ArraySpec("pitch", "features", "float32", 2, 100.0),
    ArraySpec("energy", "features", "float16", 1, 100.0),
]
RNG = np.random.default_rng(0)


def batch(frames=(20, 13), tokens=((2, 3, 4), (4, 2)), speakers=("x", "y")):
    """Two examples; what pads them is 9."""
    voiced = [(RNG.random(n) < 0.7).astype(float) for n in frames]
    arrays = {
        "log_mel": [RNG.normal(size=(n, 6)) - 4 for n in frames],
        "pitch": [np.stack([(100 + 50 * RNG.random(len(v))) * v, v], 1) for v in voiced],
        "energy": [RNG.normal(size=(n, 1)) - 30 for n in frames],
        "characters": [np.array(ids)[:, None] for ids in tokens],
    }
    made = batch_of(arrays, speakers=list(speakers), padding=9.0)
    made.arrays["characters"] = made.arrays["characters"][:, :, 0].long()
    return made


GIVEN = batch()


def learnt(**settings) -> Synthesis:
    config = SynthesisConfig.model_validate(settings)
    rows = [{"speaker": name} for name in ("y", "x", "y")]
    about = material(SPECS, rows, CHAIN)
    about = Material(about.specs, about.rows, FITTED, CHAIN, lambda: [GIVEN])
    return Synthesis(config, Synthesis.learn(config, about))


def model_of(task: Synthesis):
    torch.manual_seed(0)
    config = EfficientSpeechConfig(channels=16, encoder_blocks=1, decoder_blocks=1, dropout=0.0)
    return task.build(config, {spec.name: spec for spec in SPECS})


def test_what_is_learnt_of_train():
    task = learnt(speaker=True)
    assert task.learnt["vocabulary"] == ["<blank>", "<unk>", "a", "b", "c"]
    assert task.learnt["speakers"] == ["x", "y"]
    assert task.spec.sample_rate == 8000
    frames = np.concatenate([GIVEN.arrays["log_mel"][row, :n].numpy() for row, n in enumerate((20, 13))])
    np.testing.assert_allclose(task.learnt["statistics"]["mel"]["mean"], frames.mean(0), rtol=1e-5)
    assert json.loads(json.dumps(task.learnt)) == task.learnt
    assert learnt().learnt["speakers"] == []
    assert task.sizes({}).width == 5 + 1 + 2


def test_tracks_of_other_frames_are_refused():
    config = SynthesisConfig()
    for place, spec in (
        (2, ArraySpec("pitch", "features", "float32", 2, 50.0)),
        (3, ArraySpec("energy", "features", "float16", 2, 100.0)),
    ):
        specs = [*SPECS[:place], spec, *SPECS[place + 1 :]]
        about = Material({one.name: one for one in specs}, lambda names: [], FITTED, CHAIN, lambda: [GIVEN])
        with pytest.raises(DataError, match=rf"{spec.name} of the frames of log_mel .* one hop_length"):
            Synthesis.learn(config, about)
    unnamed = material(SPECS, [{"speaker": None}], CHAIN)
    with pytest.raises(DataError, match="name no speaker"):
        Synthesis.learn(SynthesisConfig(speaker=True), Material(unnamed.specs, unnamed.rows, FITTED, CHAIN))


def test_texts_have_a_token_at_both_ends():
    tokens, lengths = learnt().closed(torch.tensor([[2, 3, 4], [4, 2, 0]]), torch.tensor([3, 2]))
    assert tokens.tolist() == [[5, 2, 3, 4, 5], [5, 4, 2, 5, 5]]
    assert lengths.tolist() == [5, 4]


def test_losses_are_added_by_their_weights():
    task = learnt(speaker=True)
    outputs = task.outputs(model_of(task).eval(), GIVEN)
    read, heard, tokens, frames = outputs
    alone = dict.fromkeys(("mel", "duration", "pitch", "energy", "alignment", "binarisation"), 0)

    def only(name: str) -> torch.Tensor:
        return learnt(speaker=True, losses={**alone, name: 2}).losses(outputs, GIVEN) / 2

    for row in range(2):
        t, k = int(frames[row]), int(tokens[row])
        mel = task.scales.mel(read.frames)[row, :t] - GIVEN.arrays["log_mel"][row, :t]
        assert only("mel")[row].item() == pytest.approx(mel.abs().mean().item(), rel=1e-5)
        durations = heard.path[row].sum(0)[:k].log1p()
        wanted = (read.log_durations[row, :k] - durations).square().mean().item()
        assert only("duration")[row].item() == pytest.approx(wanted, rel=1e-5)
        for name in ("pitch", "energy"):
            pair = getattr(read, name)[row, :k], getattr(heard, name)[row, :k]
            assert only(name)[row].item() == pytest.approx((pair[0] - pair[1]).square().mean().item(), rel=1e-5)
    torch.testing.assert_close(only("alignment"), forward_sum(heard.scores, frames, tokens))
    torch.testing.assert_close(only("binarisation"), binarisation(heard.scores, heard.path, frames))
    weights = task.config.losses.model_dump()
    total = sum(weight * only(name) for name, weight in weights.items())
    torch.testing.assert_close(task.losses(outputs, GIVEN), total)


def test_figures_are_errors_in_their_units():
    task = learnt()
    outputs = task.outputs(model_of(task).eval(), GIVEN)
    heard = outputs.heard
    durations = heard.path.sum(1)
    right = outputs.read._replace(
        frames=task.scales.normal(GIVEN.arrays["log_mel"] + 0.25),
        log_durations=(durations + 1).log1p(),
        pitch=heard.pitch + task.scales.shift(2 ** (1 / 12)),
    )
    answers = task.answers(outputs._replace(read=right), GIVEN)
    for answer, tokens, frames in zip(answers, (5, 4), (20, 13), strict=True):
        assert answer["mel_l1"] == pytest.approx(0.25, rel=1e-4)
        assert answer["duration_error_seconds"] == pytest.approx(0.01, rel=1e-4)
        assert answer["length_error"] == pytest.approx(tokens / frames, rel=1e-4)
        assert answer["pitch_error_semitones"] == pytest.approx(1, rel=1e-3)
    figures = task.metrics(answers)
    assert figures["duration_error_seconds"] == pytest.approx(0.01, rel=1e-4)
    assert "durations 10 ms" in task.explain(answers[0])
    none = [{**answer, "pitch_error_semitones": None} for answer in answers]
    assert math.isnan(task.metrics(none)["pitch_error_semitones"])


def test_the_longest_example_of_the_first_batch_is_drawn(tmp_path):
    task = learnt(speaker=True)
    assert task.draw({"split": "test"}, tmp_path) == []
    with torch.inference_mode():
        for given in (batch(frames=(13, 20), tokens=((2, 3), (4, 2, 3))), batch(frames=(30, 40))):
            outputs = task.outputs(model_of(task).eval(), given)
            drawn = task.picture(outputs, given)
            task.examine(outputs, given)
    assert (len(drawn.mel), len(drawn.given), drawn.durations.sum()) == (40, 40, 40)
    assert drawn.symbols == ["", "c", "a", ""]
    assert task._picture is not None
    assert task._picture.title == "1"
    assert task._picture.alignment.shape == (20, 5)
    assert task.draw({"split": "test"}, tmp_path) == [tmp_path / "speech-test.png"]
    assert (tmp_path / "speech-test.png").stat().st_size > 1000


def test_a_voice_that_was_never_heard_is_refused():
    task = learnt(speaker=True)
    with pytest.raises(DataError, match="1: no voice of 'z' was learnt; there are x, y"):
        task.outputs(model_of(task), batch(speakers=("x", "z")))


def test_speech_too_short_for_its_text_is_refused():
    task = learnt()
    with pytest.raises(DataError, match=r"1: 3 frames are too few for 4 tokens.*ctc_bound: \{tokens: characters"):
        task.outputs(model_of(task), batch(frames=(20, 3)))
