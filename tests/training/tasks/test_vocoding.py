"""Vocoding: which waveform belongs to which frames, what is made small, and the baseline beside every figure."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from features.chain import Chain
from features.draws import Draws
from features.example import Audio
from features.perceptual.log_mel import LogMel
from manifests.spec import ArraySpec
from tests.features.examples import babble
from tests.training.tasks.batches import batch_of, material
from training.errors import DataError
from training.losses.adversarial import judge
from training.losses.spectral import multi_resolution_stft, scaled
from training.metrics.enhancement import stoi
from training.models.vocos import VocosConfig
from training.synthesis.griffin_lim import griffin_lim
from training.synthesis.mel_spec import MelSpec
from training.synthesis.vocoder import waveform_of
from training.tasks.vocoding import Vocoding, VocodingConfig, cut, starts

STAGE = LogMel(n_fft=256, hop_length=80, n_mels=40, floor=1e-5, power=1)
SPEC = MelSpec(STAGE, 8000)
WAVES = [babble(seconds, 8000, seed) for seed, seconds in enumerate((1.0, 0.613))]
MELS = [STAGE.transform(Audio(wave, 8000), Draws(0, "log_mel", 0, "a", 0)).frames for wave in WAVES]


def task(**settings) -> Vocoding:
    return Vocoding(VocodingConfig.model_validate(settings), {"mel": SPEC.describe()})


@pytest.fixture
def batch():
    return batch_of({"log_mel": MELS, "audio": [wave.T for wave in WAVES]}, padding=3.0)


class Numbered(nn.Module):
    """Answers each frame with a hop of its first bin."""

    context = 0

    def forward(self, x, lengths):
        return x[:, :, 0].repeat_interleave(80, 1)


def test_the_stage_is_learnt_from_the_chain():
    chain = Chain.parse([{"resample": {"sample_rate": 8000}}, {"log_mel": STAGE.model_dump(by_alias=True)}]).describe()
    mel, audio = ArraySpec("log_mel", "features", "float16", 40, 100.0), ArraySpec("audio", "audio", "flac", 1, 8000.0)
    assert Vocoding.learn(VocodingConfig(), material([mel, audio], chain=chain)) == {"mel": SPEC.describe()}
    for other in (ArraySpec("audio", "audio", "flac", 2, 8000.0), ArraySpec("audio", "audio", "flac", 1, 16000.0)):
        with pytest.raises(DataError, match="one channel at 8000 Hz, which log_mel was made of"):
            Vocoding.learn(VocodingConfig(), material([mel, other], chain=chain))


def test_segments_of_frames_and_samples_begin_together():
    """Each frame carries its number, and each sample that of the frame whose hop it lies in."""
    frames = [np.arange(n, dtype=np.float32)[:, None] + 100 * row for row, n in enumerate((50, 30, 5))]
    audio = [np.repeat(one[:, 0], 80)[: 80 * len(one) - 33, None] for one in frames]
    batch = batch_of({"log_mel": frames, "audio": audio})
    torch.manual_seed(0)
    seen = set()
    for _ in range(20):
        found, wanted, lengths, samples, *_ = task(segment_frames=12, segments=2).outputs(Numbered().train(), batch)
        assert found.shape == wanted.shape == (6, 960)
        assert lengths.tolist() == [12, 12, 12, 12, 5, 5]
        for row, number in enumerate(samples.tolist()):
            assert torch.equal(found[row, :number], wanted[row, :number])
            last = found[row, 0] + lengths[row] == 100 * (row // 2) + len(frames[row // 2])
            assert number == 80 * lengths[row] - (33 if last else 0)
        seen.update(found[:2, 0].tolist())
    assert seen <= set(range(39))
    assert len(seen) > 15


def test_where_segments_begin_is_the_seeds():
    frames = torch.tensor([50, 12, 3])
    torch.manual_seed(5)
    first = [starts(frames, 12).tolist() for _ in range(200)]
    torch.manual_seed(5)
    assert first == [starts(frames, 12).tolist() for _ in range(200)]
    begun = [row[0] for row in first]
    assert min(begun) == 0
    assert max(begun) == 38
    assert all(row[1:] == [0, 0] for row in first)


def test_a_cut_goes_on_with_the_last_value():
    array = torch.arange(10).reshape(2, 5)
    assert cut(array, torch.tensor([0, 3]), 3).tolist() == [[0, 1, 2], [8, 9, 9]]


def test_whole_recordings_are_measured(batch):
    found, wanted, frames, samples, alone, judged = task().outputs(Numbered().eval(), batch)
    assert found.shape == wanted.shape == alone.shape == (2, 8000)
    assert frames.tolist() == [101, 62]
    assert samples.tolist() == [8000, 4904]
    assert judged.tolist() == [[0, 0, 0]] * 2


def outputs(batch, found):
    return task().outputs(Numbered().eval(), batch)._replace(found=found, alone=0.5 * found)


def test_losses_are_those_of_features_and_spectra(batch):
    exact = batch.arrays["audio"][:, :, 0]
    half = outputs(batch, 0.5 * exact)
    assert task().losses(outputs(batch, exact), batch).tolist() == pytest.approx([0, 0], abs=1e-6)
    mel = task(losses={"mel": 1, "resolutions": 0}).losses(half, batch)
    for row, (wave, frames) in enumerate(zip(WAVES, MELS, strict=True)):
        halved = STAGE.transform(Audio(0.5 * wave, 8000), Draws(0, "log_mel", 0, "a", 0)).frames
        assert mel[row].item() == pytest.approx(np.abs(halved - frames).mean(), rel=1e-4)
    spectra = task(losses={"mel": 0, "resolutions": 1}).losses(half, batch)
    wanted = multi_resolution_stft(0.5 * exact, exact, batch.lengths["audio"], scaled(8000))
    torch.testing.assert_close(spectra, wanted)
    torch.testing.assert_close(task(losses={"mel": 3, "resolutions": 2}).losses(half, batch), 3 * mel + 2 * spectra)
    with pytest.raises(ValidationError, match="nothing is to be made small"):
        task(losses={"mel": 0, "resolutions": 0})


def test_a_loss_is_the_mean_over_segments(batch):
    made = task(segment_frames=10, segments=4)
    segments = made.outputs(Numbered().train(), batch)
    each = [
        made.losses(type(segments)(*(part[[row]] for part in segments)), batch_of({"log_mel": MELS[:1]}))
        for row in range(8)
    ]
    torch.testing.assert_close(made.losses(segments, batch), torch.cat(each).reshape(2, 4).mean(1))


def test_evaluation_puts_griffin_lim_beside_the_model(batch):
    exact = outputs(batch, batch.arrays["audio"][:, :, 0])
    answers = [{**a, **b} for a, b in zip(task().answers(exact, batch), task().examine(exact, batch), strict=True)]
    for answer, wave, mel, key in zip(answers, WAVES, MELS, batch.keys, strict=True):
        plain = griffin_lim(mel, SPEC, key)[: wave.shape[1]]
        pair = torch.from_numpy(plain)[None], torch.from_numpy(wave)
        distance = multi_resolution_stft(*pair, torch.tensor([wave.shape[1]]), scaled(8000)).item()
        assert answer["stft_distance_griffin_lim"] == pytest.approx(distance, rel=1e-4)
        assert answer["stoi_griffin_lim"] == pytest.approx(stoi(plain, wave[0], 8000), rel=1e-4)
        assert answer["stft_distance"] == pytest.approx(0, abs=1e-6)
        assert answer["mel_l1_griffin_lim"] > 0.02
        assert answer["mel_l1_alone"] == pytest.approx(np.log(2), abs=0.1)  # half as loud
    figures = task().metrics(answers)
    assert figures["stoi"] == pytest.approx(1)
    assert figures["stoi_alone"] == pytest.approx(1)
    measures, kinds = ("stft_distance", "mel_l1", "stoi"), ("", "_alone", "_griffin_lim")
    assert set(figures) == {f"{measure}{kind}" for measure in measures for kind in kinds}
    assert task().errors(answers) == []
    worse = [{**answer, "stft_distance": 9.0} for answer in answers]
    assert task().errors(worse) == worse
    assert "Griffin-Lim" in task().explain(worse[0])
    assert task().errors(task().answers(exact, batch)) == []


def test_rounds_behind_the_model_bring_its_answer_to_what_it_heard(batch):
    torch.manual_seed(0)
    wrong = batch.arrays["audio"][:, :, 0] + 0.02 * torch.randn(2, 8000)
    frames = batch.lengths["log_mel"]
    longer = torch.nn.functional.pad(wrong, (0, 101 * 80 - 8000))

    class Wrong(nn.Module):
        def forward(self, x, lengths):
            return longer

    made = task(rounds=8).outputs(Wrong().eval(), batch)
    assert torch.equal(made.alone, wrong)
    assert torch.equal(made.found, task().projection(longer, batch.arrays["log_mel"], frames, 8)[:, :8000])
    assert torch.equal(task(rounds=0).outputs(Wrong().eval(), batch).found, wrong)
    assert (task().mel_distance(made) < 0.5 * task().mel_distance(made._replace(found=wrong))).all()


# With a critic -------------------------------------------------------------------------------------------------------

JUDGED = {"mel": 1.5, "resolutions": 0.5, "adversarial": 0.7, "feature_matching": 1.3}


def vocoder(made, critic=4, seed=0):
    """A small vocoder for a task, that answers more than silence."""
    torch.manual_seed(seed)
    config = VocosConfig(channels=16, hidden=32, layers=1, critic=critic and {"channels": critic})
    model = made.build(config, {})
    with torch.no_grad():
        model.leave.weight.mul_(20)
    return model


def test_each_side_has_the_gradient_of_its_own_loss(batch):
    """One backward of the sum, beside two graphs that share nothing but the numbers."""
    made = task(segment_frames=30, segments=2, losses=JUDGED)
    model, apart = vocoder(made).train(), vocoder(made).train()
    torch.manual_seed(5)
    made.losses(made.outputs(model, batch), batch).sum().backward()
    gradients = {name: p.grad for name, p in model.named_parameters()}

    critic, apart.critic = apart.critic, None
    torch.manual_seed(5)
    plain = task(segment_frames=30, segments=2, losses={"mel": 1.5, "resolutions": 0.5})
    outputs = plain.outputs(apart, batch)
    fixed, found, samples = copy.deepcopy(critic).requires_grad_(False), outputs.found, outputs.samples
    says = judge(fixed, found, outputs.wanted, samples)
    generator = plain.losses(outputs, batch) + (0.7 * says[:, 0] + 1.3 * says[:, 1]).reshape(2, 2).mean(1)
    names, weights = zip(*apart.named_parameters(), strict=True)
    own = judge(critic, found.detach(), outputs.wanted, samples)[:, 2].reshape(2, 2).mean(1)
    parts, learns = zip(*critic.named_parameters(), strict=True)
    expected = dict(zip(names, torch.autograd.grad(generator.sum(), weights), strict=True))
    expected |= dict(zip((f"critic.{part}" for part in parts), torch.autograd.grad(own.sum(), learns), strict=True))
    assert gradients.keys() == expected.keys()
    largest = max(float(gradient.abs().max()) for gradient in expected.values())
    torch.testing.assert_close(gradients, expected, rtol=1e-4, atol=1e-6 * largest)

    torch.manual_seed(5)  # and without what the critic says the vocoder's would be others
    others = torch.autograd.grad(plain.losses(plain.outputs(apart, batch), batch).sum(), weights)
    away = max(float((gradients[name] - other).abs().max()) for name, other in zip(names, others, strict=True))
    assert away > 1e-3 * largest


def test_shares_weigh_what_the_critic_says(batch):
    made = task(losses=JUDGED)
    outputs = made.outputs(vocoder(made).train(), batch)
    adversarial, matching, own = outputs.judged.unbind(1)
    assert outputs.judged.shape == (2, 3)
    assert (outputs.judged > 0).all()
    rest = task(losses={"mel": 1.5, "resolutions": 0.5}).losses(outputs, batch)
    torch.testing.assert_close(made.losses(outputs, batch), rest + 0.7 * adversarial + 1.3 * matching + own)


def test_evaluation_asks_no_critic_and_its_figures_are_the_same(batch):
    made, plain = task(losses=JUDGED), task(losses={"mel": 1.5, "resolutions": 0.5})
    with torch.inference_mode():
        pairs = [(made, vocoder(made).eval()), (plain, vocoder(plain, critic=None).eval())]
        ours, theirs = ((one, one.outputs(model, batch)) for one, model in pairs)
    assert torch.equal(ours[1].found, theirs[1].found)
    losses = [one.losses(outputs, batch) for one, outputs in (ours, theirs)]
    assert torch.equal(*losses)
    assert ours[0].answers(ours[1], batch) == theirs[0].answers(theirs[1], batch)


def test_bfloat16_is_enough_for_a_critic(batch):
    made = task(losses=JUDGED)
    found = []
    for enabled in (False, True):
        model = vocoder(made).train()
        torch.manual_seed(5)
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            outputs = made.outputs(model, batch)
        assert outputs.judged.dtype == torch.float32
        made.losses(outputs, batch).sum().backward()
        assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in model.parameters())
        found.append(outputs.judged)
    torch.testing.assert_close(*found, rtol=0.1, atol=0.02)


def test_a_critic_and_its_shares_go_together():
    for losses in ({"adversarial": 1}, {"feature_matching": 0.1}):
        with pytest.raises(DataError, match=r"adversarial and feature_matching .* the model has none; write model: "):
            vocoder(task(losses=losses), critic=None)
        assert vocoder(task(losses=losses)).critic is not None
    with pytest.raises(DataError, match=r"model\.critic is never asked: give task\.losses\.adversarial"):
        vocoder(task())


@pytest.mark.parametrize("block", [1, 40, 200])
def test_pieces_give_the_very_waveform_of_the_whole(block):
    torch.manual_seed(0)
    made = task(rounds=2)
    model = VocosConfig(channels=16, hidden=32, layers=1).build(made.sizes({})).eval()
    frames = torch.from_numpy(MELS[0])
    whole = made.waves(model, frames[None], torch.tensor([len(frames)]))[0].detach()
    torch.testing.assert_close(waveform_of(made, model, frames, block), whole, atol=1e-5, rtol=1e-5)


def test_features_of_another_waveform_are_refused():
    batch = batch_of({"log_mel": [MELS[0]], "audio": [WAVES[0].T[:-81]]})
    with pytest.raises(DataError, match=r"0: log_mel has 101 frames, and 7919 samples of audio make 99"):
        task().outputs(Numbered().eval(), batch)
