"""What the chapters claim, computed: frequencies, decibels, counts, times."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import scipy.fft
import soundfile

from explorer.pages import STATIC
from explorer.signals import SENTENCE, SPOKEN, signal
from features.perceptual.mel import hz_to_mel
from tests.explorer.asking import client, refused, walk
from tests.explorer.figures import described, put

SENTENCE_SOURCE = {"signal": "speech", "said": "sentence"}
RATE = 16_000
TIMES = json.loads((STATIC / "spoken_times.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def visitor():
    return client()


def tone(**parameters):
    return {"signal": "tone", "seconds": 1, **parameters}


def last(visitor, source, *stages, **more):
    """The last array of a walk."""
    return walk(visitor, source, *stages, **more)[1][-1]


def snr(wanted_samples, heard):
    length = min(wanted_samples.shape[-1], heard.shape[-1])
    a, b = wanted_samples[..., :length].astype(np.float64), heard[..., :length].astype(np.float64)
    return 10 * np.log10(np.mean(a**2) / np.mean((b - a) ** 2))


# Chapter 0


def test_the_sentence_in_numbers():
    samples, rate = soundfile.read(SPOKEN / "sentence.flac")
    assert (len(samples), rate, len(SENTENCE)) == (48_689, RATE, 49)
    assert (SPOKEN / "sentence.flac").stat().st_size / (2 * len(samples)) == pytest.approx(0.62, abs=0.005)
    assert 16 * RATE / (5 * len(SENTENCE) / (len(samples) / RATE)) == pytest.approx(3000, rel=0.1)


def test_the_times_of_words_and_phonemes_are_in_order_and_within_the_recording():
    for said, told in TIMES.items():
        seconds = signal("speech", {"said": said}).audio().samples.shape[1] / RATE
        for spans in told.values():
            assert all(span["from"] < span["to"] <= seconds + 0.001 for span in spans)
            assert all(one["to"] <= other["from"] for one, other in itertools.pairwise(spans))
        said_words = " ".join(span["text"] for span in told["words"])
        assert said_words == (SENTENCE.replace(",", "") if said == "sentence" else said)


def spectrum_of(span):
    samples = signal("speech", {"said": "sentence"}).audio().samples[0]
    piece = samples[round(span["from"] * RATE) : round(span["to"] * RATE)].astype(np.float64)
    return np.fft.rfftfreq(len(piece), 1 / RATE), np.abs(np.fft.rfft(piece * np.hanning(len(piece)))) ** 2


def test_an_s_lies_above_4_khz_and_vowels_below_1_khz():
    for span in TIMES["sentence"]["phonemes"]:
        hz, power = spectrum_of(span)
        high = power[hz > 4000].sum() / power.sum()
        if span["text"] == "s":
            assert high > 0.5
            assert (hz * power).sum() / power.sum() == pytest.approx(5000, abs=300)
        elif span["text"].startswith("ˈ"):
            assert high < 0.1
            assert power[hz < 1000].sum() / power.sum() > 0.5
        elif span["text"] == "m":
            assert power[hz < 500].sum() / power.sum() > 0.9


def test_the_word_seven_has_some_6650_samples():
    (word,) = [span for span in TIMES["sentence"]["words"] if span["text"] == "seven"]
    assert (word["to"] - word["from"]) * RATE == pytest.approx(6650, abs=10)


def test_upside_down_differs_by_more_than_the_wave():
    wave = signal("speech", {"said": "sentence"}).audio().samples
    assert snr(wave, -wave) == pytest.approx(-6.02, abs=0.01)


def test_the_tone_is_buried_in_the_wave_and_stands_out_in_the_spectrogram(visitor):
    noise = {"add_noise": {"color": "white", "snr_db": -15, "act_on": "all"}}
    stft = {"stft": {"n_fft": 1024, "hop_length": 256, "output": "decibel"}}
    source = tone(seconds=2, frequency_hz=1000, level_db=-24)
    bins = last(visitor, source, noise, stft).mean(axis=0)
    assert bins.argmax() == 64
    assert bins[64] - np.delete(bins, [62, 63, 64, 65, 66]).max() > 6
    assert pytest.approx(30, rel=0.06) == 10 ** (15 / 10)


# Chapter 1


def test_9_khz_at_16_khz_is_heard_at_7_khz(visitor):
    figure = described(1)["sampling"]["chains"][1]
    magnitude = last(visitor, {**figure["source"], "frequency_hz": 9000}, figure["stages"][0])
    assert magnitude.mean(axis=0).argmax() * RATE / 1600 == 7000
    still = last(visitor, {**figure["source"], "frequency_hz": 16000}, show=[[-1, "audio"]])
    assert np.abs(still).max() < 1e-6


def test_resample_without_its_filter_folds_and_with_it_does_not(visitor):
    source = tone(frequency_hz=9000, sample_rate=48000)
    levels = {}
    for quality in ("QQ", "HQ"):
        audio = last(visitor, source, {"resample": {"sample_rate": RATE, "quality": quality}})[0, 2000:-2000]
        levels[quality] = 20 * np.log10(np.sqrt(2 * np.mean(np.square(audio, dtype=np.float64))))
    assert levels["QQ"] == pytest.approx(-12, abs=0.1)
    assert levels["HQ"] < -100


@pytest.mark.parametrize(("bits", "expected"), [(8, 50), (16, 98)])
def test_a_tone_at_full_scale_lies_6_db_a_bit_above_its_rounding_error(bits, expected, visitor):
    source = tone(frequency_hz=997, level_db=-0.1)
    rounded = last(visitor, source, {"quantize": {"bits": bits}})
    found = snr(last(visitor, source, show=[[-1, "audio"]]), rounded)
    assert found == pytest.approx(6.02 * bits + 1.76, abs=0.4)
    assert 6.02 * bits + 1.76 == pytest.approx(expected, abs=0.2)


def test_a_soft_tone_is_rounded_to_silence_and_dither_brings_it_back(visitor):
    source = tone(seconds=2, frequency_hz=500, level_db=-26)
    assert not last(visitor, source, {"quantize": {"bits": 4}}).any()
    heard = last(visitor, source, {"dither": {"bits": 4}}, {"quantize": {"bits": 4}})[0]
    spectrum = np.abs(np.fft.rfft(heard))
    assert spectrum.argmax() == 1000, "500 Hz"
    assert 2 * spectrum.max() / len(heard) == pytest.approx(10 ** (-26 / 20), rel=0.05)
    assert snr(last(visitor, source, show=[[-1, "audio"]])[0], heard) < 0
    assert snr(last(visitor, source, show=[[-1, "audio"]])[0], np.zeros_like(heard)) == pytest.approx(0)


def test_triangular_dither_makes_the_error_three_times_as_strong_whatever_the_signal(visitor):
    step = 2.0 ** (1 - 6)
    for level in (-60, -20):
        source = tone(frequency_hz=501, level_db=level, seconds=4)
        heard = last(visitor, source, {"dither": {"bits": 6}}, {"quantize": {"bits": 6}})
        error = heard - last(visitor, source, show=[[-1, "audio"]])
        assert np.mean(np.square(error, dtype=np.float64)) == pytest.approx(step**2 / 4, rel=0.03)


def test_harmonics_of_a_clipped_tone_fold(visitor):
    clipped = last(visitor, tone(frequency_hz=2500, level_db=-6), {"clip": {"level_db": -12, "act_on": "all"}})[0]
    spectrum = np.abs(np.fft.rfft(clipped))
    lines = np.flatnonzero(spectrum > 0.005 * spectrum.max())
    assert {1500, 2500, 3500, 7500} <= set(lines)
    assert np.all(lines % 1000 == 500), "odd harmonics, folded, and nothing else"


def test_the_mu_law_is_better_for_soft_signals_and_even_steps_for_loud_ones(visitor):
    def both(level):
        source = tone(frequency_hz=997, level_db=level)
        whole = last(visitor, source, show=[[-1, "audio"]])
        even = last(visitor, source, {"quantize": {"bits": 8}})
        return snr(whole, even), snr(whole, last(visitor, source, {"mu_law": {}}, {"mu_law_expand": {}}))

    soft, middle, loud = both(-30), both(-20), both(-1)
    assert soft[1] > soft[0] + 10
    assert loud[0] > loud[1] + 5
    assert middle[0] - soft[0] == pytest.approx(10, abs=1.5), "a decibel of level is one of quality"
    assert middle[1] - soft[1] < 3


# Chapter 2


@pytest.mark.parametrize(
    ("window", "lobe", "side", "fall"),
    [("rectangular", 2, -13, 6), ("hann", 4, -31, 18), ("hamming", 4, -43, 6), ("blackman", 6, -58, 18)],
)
def test_the_four_windows_are_as_the_table_says(window, lobe, side, fall, visitor):
    stft = {
        "stft": {
            "n_fft": 8192,
            "win_length": 400,
            "hop_length": 4000,
            "window": window,
            "output": "decibel",
            "floor": 1e-20,
        }
    }
    frame = last(visitor, tone(frequency_hz=4000), stft)[2].astype(np.float64)
    peak = int(frame.argmax())
    left, right = peak, peak
    while frame[left - 1] <= frame[left]:
        left -= 1
    while frame[right + 1] <= frame[right]:
        right += 1
    assert (right - left) / 8192 * 400 == pytest.approx(lobe, abs=0.15)
    beyond = max(frame[:left].max(), frame[right + 1 :].max())
    assert beyond - frame[peak] == pytest.approx(side, abs=0.6)
    octaves = [frame[peak + far : peak + 2 * far].max() for far in (400, 800)]
    assert octaves[0] - octaves[1] == pytest.approx(fall, abs=3 if fall == 18 else 2)


def test_a_tone_on_a_point_leaks_into_no_other(visitor):
    stft = {"stft": {"n_fft": 400, "hop_length": 400, "window": "rectangular", "output": "magnitude"}}
    frame = last(visitor, tone(frequency_hz=1000), stft)[2]
    assert frame.argmax() == 25
    assert np.delete(frame, 25).max() < 1e-4 * frame[25]
    between = last(visitor, tone(frequency_hz=1020), stft)[2]
    assert between[24] > 0.1 * between[25]


def test_what_leakage_hides(visitor):
    figure = described(2)["hidden"]["chains"][0]
    seen = {}
    for window in ("rectangular", "hamming", "hann", "blackman"):
        stft = {"stft": {**figure["stages"][1]["stft"], "window": window}}
        frame = last(visitor, figure["source"], figure["stages"][0], stft)[2]
        frame, at = frame - frame.max(), round(3030 / RATE * 8192)
        seen[window] = (frame[at - 5 : at + 6].max(), frame[at + 40 : at + 60].max())
    assert seen["blackman"][0] == pytest.approx(-66, abs=0.5)
    assert seen["hann"][0] == pytest.approx(-66, abs=0.5)
    for window in ("hann", "blackman"):
        assert seen[window][0] > seen[window][1] + 30
    assert seen["rectangular"][1] > -66
    assert seen["hamming"][1] > -66


def test_lines_part_by_the_window_and_not_by_the_points(visitor):
    def lines(length, points):
        stft = {"stft": {"n_fft": points, "win_length": length, "hop_length": 4000, "output": "decibel"}}
        frame = last(visitor, tone(frequency_hz=100, harmonics=20), stft)[2]
        part = frame[round(250 / RATE * points) : round(1450 / RATE * points)]
        return int(np.sum((part[1:-1] > part[:-2]) & (part[1:-1] >= part[2:])))

    assert lines(200, 1024) == 0
    assert lines(200, 8192) == 0
    assert lines(400, 2048) == 12
    assert lines(400, 8192) == 12


def phase_figure(visitor, rounds):
    kept, _, made, heard = described(2)["phase"]["chains"][0]["stages"]
    lim = {"griffin_lim": {**made["griffin_lim"], "n_iter": rounds}}
    header = [[-1, "audio"], [0, "kept"], [1, "again"], [2, "heard"]]
    return walk(visitor, SENTENCE_SOURCE, kept, lim, heard, show=header)[1]


def test_without_phases_magnitudes_agree_and_waves_do_not(visitor):
    agree = []
    for rounds in (0, 64):
        wave, kept, again, heard = phase_figure(visitor, rounds)
        assert snr(wave, again) < 0
        length = min(len(kept), len(heard))
        agree.append(-snr(kept[:length].ravel(), heard[:length].ravel()))
    assert agree[0] > -5
    assert agree[1] == pytest.approx(-28, abs=1)


def test_with_phases_the_wave_comes_back(visitor):
    frames = {"n_fft": 512, "hop_length": 128}
    again = last(
        visitor, SENTENCE_SOURCE, {"stft": {**frames, "as": "both"}}, {"istft": {**frames, "of": "both", "as": "again"}}
    )
    assert snr(last(visitor, SENTENCE_SOURCE, show=[[-1, "audio"]]), again) > 120


def test_an_octave_moves_the_constant_q_transform_by_twelve_bins(visitor):
    cqt = described(2)["octaves"]["chains"][1]["stages"][0]
    low, high = (last(visitor, tone(seconds=1.5, frequency_hz=hz, harmonics=12), cqt)[40] for hz in (110, 220))
    assert np.argsort(high)[::-1][0] - np.argsort(low)[::-1][0] == 12
    assert np.corrcoef(low[12:54], high[24:66])[0, 1] > 0.95


# Chapter 3


def test_a_third_of_80_mel_filters_lie_below_1_khz(visitor):
    header, _ = walk(visitor, SENTENCE_SOURCE, {"log_mel": {"n_mels": 80}})
    assert sum(hz < 1000 for hz in header["shown"][0]["axis"]["hz"]) == 26
    mels = hz_to_mel(np.array([1000.0, 8000.0]), "slaney")
    assert mels == pytest.approx([15, 45.2], abs=0.06)
    assert mels[0] / mels[1] * 81 == pytest.approx(26.9, abs=0.05)


def test_a_sweep_draws_its_filters(visitor):
    figure = described(3)["filters"]["chains"][0]
    header, (mel,) = walk(visitor, figure["source"], *figure["stages"])
    centres = np.array(header["shown"][0]["axis"]["hz"])
    tops = 20 + mel.argmax(axis=0) / header["shown"][0]["rate"] * (8000 - 20) / 2
    assert tops == pytest.approx(centres, abs=60)


def test_mel_is_a_linear_scale_below_1_khz_and_a_ratio_above():
    below = np.diff(hz_to_mel(np.array([0.0, 200, 400, 600, 800, 1000]), "slaney"))
    above = np.diff(hz_to_mel(1000.0 * 1.5 ** np.arange(5), "slaney"))
    assert below == pytest.approx(np.full(5, 3.0))
    assert np.allclose(above, above[0])


def test_what_mfcc_drops_is_what_the_transform_says(visitor):
    log_mel, mfcc = described(3)["mfcc"]["chains"][0]["stages"]
    bands = last(visitor, SENTENCE_SOURCE, log_mel).astype(np.float64)
    whole = last(visitor, SENTENCE_SOURCE, {"mfcc": {**mfcc["mfcc"], "n_mfcc": 40}})
    assert scipy.fft.idct(whole.astype(np.float64), axis=1, norm="ortho") == pytest.approx(bands, abs=1e-3)
    kept = np.zeros_like(bands)
    kept[:, :13] = last(visitor, SENTENCE_SOURCE, mfcc)
    off = np.sqrt(np.mean((scipy.fft.idct(kept, axis=1, norm="ortho") - bands) ** 2))
    assert off**2 == pytest.approx((np.sum(bands**2) - np.sum(kept**2)) / bands.size, rel=1e-4)


def test_20_db_softer_takes_4_6_from_log_mel_and_nothing_from_pcen(visitor):
    stages = described(3)["pcen"]["chains"][0]["stages"]
    found = []
    for gain in (0, -20):
        changed = [stages[0], {"gain": {"gain_db": gain, "act_on": "all"}}, *stages[2:]]
        found.append(walk(visitor, SENTENCE_SOURCE, *changed, show=[[2, "log_mel"], [4, "pcen"]])[1])
    (log_mel, pcen), (softer, softer_pcen) = found
    assert np.median(log_mel - softer) == pytest.approx(np.log(100), abs=1e-3)
    assert np.log(100) == pytest.approx(4.6, abs=0.01)
    assert abs(softer_pcen.mean() - pcen.mean()) < 0.2 * pcen.mean()


def test_the_table_of_forms_counts_numbers_a_second():
    frames = RATE / 128
    assert (frames * 257 * 2, frames * 257, 100 * 80, 100 * 13, 100 * 40) == (64_250, 32_125, 8000, 1300, 4000)


# Chapter 4


def test_patches_of_the_sentence(visitor):
    log_mel, patches = described(4)["patches"]["chains"][0]["stages"]
    frames, tiles = walk(visitor, SENTENCE_SOURCE, log_mel, patches, show=[[0, "log_mel"], [1, "patches"]])[1]
    assert frames.shape == (305, 64)
    assert tiles.shape == (76, 256)
    assert pytest.approx(16, rel=0.02) == (305 / 76) ** 2


def test_a_gain_is_gone_after_normalisation(visitor):
    stages = described(4)["normalisation"]["chains"][0]["stages"]
    loud, soft = (
        last(
            visitor,
            SENTENCE_SOURCE,
            {"gain": {"gain_db": gain, "act_on": "all"}},
            {"log_mel": {"n_mels": 64, "floor": 1e-30}},
            stages[3],
        )
        for gain in (0, -40)
    )
    assert np.corrcoef(loud.ravel(), soft.ravel())[0, 1] > 0.99


def test_speed_raises_the_pitch_by_its_factor(visitor):
    audio = last(visitor, tone(frequency_hz=1000), {"speed": {"factor": 1.1, "act_on": "all"}})[0]
    assert np.abs(np.fft.rfft(audio)).argmax() * RATE / len(audio) == pytest.approx(1100, abs=1.2)


def test_receptive_fields():
    assert 1 + 2 * (1 + 2 + 4 + 8) == 31
    assert 1 + 4 * 2 == 9


def test_integers_shift_features_most(visitor):
    trained = last(visitor, SENTENCE_SOURCE, {"log_mel": {"n_mels": 64, "floor": 1e-7}})

    def shift(*stages):
        return np.sqrt(np.mean((last(visitor, SENTENCE_SOURCE, *stages) - trained) ** 2)) / trained.std()

    figure = described(4)["front-end"]
    found = {}
    for option in figure["controls"][0]["options"]:
        made = [
            {"gain": {"gain_db": 0, "act_on": "all"}},
            {"log_mel": {"n_mels": 64, "floor": 1e-7, "mel_scale": "htk"}},
        ]
        for path, value in option["set"].items():
            chains = [{}, {"stages": made}]
            put(chains, path, value)
            made = chains[1]["stages"]
        found[option["label"]] = shift(*made)
    rivals = ["The other mel scale", "One parameter, n_fft", "A recording that was at 8 kHz"]
    assert found["Samples as 16-bit integers"] > max(found[one] for one in rivals)
    assert found["Nothing"] == 0
    assert found["The other mel scale"] > 0.2
    loud = last(
        visitor,
        SENTENCE_SOURCE,
        {"gain": {"gain_db": 90.309, "act_on": "all"}},
        {"log_mel": {"n_mels": 64, "floor": 1e-7}},
    )
    above = trained > np.log(1e-7) + 0.1
    assert np.median((loud - trained)[above]) == pytest.approx(20.8, abs=0.02)


# Chapter 5


def test_the_longest_phoneme_is_eleven_times_the_shortest():
    lengths = {span["text"]: span["to"] - span["from"] for span in TIMES["sentence"]["phonemes"]}
    longest, shortest = max(lengths.values()), min(lengths.values())
    assert (lengths["ˈɔːl"], lengths["ɡ"]) == (longest, shortest)
    assert (longest, shortest) == pytest.approx((0.297, 0.026), abs=0.0006)
    assert longest / shortest == pytest.approx(11, abs=0.5)


def test_the_sentence_needs_51_answers(visitor):
    repeats = sum(one == other for one, other in itertools.pairwise(SENTENCE))
    assert len(SENTENCE) + repeats == 51
    log_mel, characters, bound = described(5)["ctc"]["chains"][0]["stages"]
    header, (features,) = walk(visitor, SENTENCE_SOURCE, log_mel, characters, show=[[0, "log_mel"]])
    assert len(features) == 305
    for subsampling, fits in ((6, True), (7, False)):
        header, _ = walk(
            visitor, SENTENCE_SOURCE, log_mel, characters, {"ctc_bound": {"subsampling": subsampling}}, show=[[2, None]]
        )
        assert (header["steps"][-1]["verdict"] is None) is fits
    assert (-(-305 // 6), -(-305 // 7)) == (51, 44)
    assert bound


def test_more_pieces_make_a_shorter_sequence(visitor):
    lengths = [len(last(visitor, SENTENCE_SOURCE, {"bpe": {"vocabulary_size": size}})) for size in (22, 30, 40)]
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(lengths)) == 3


def test_a_wrong_parameter_of_a_figure_is_told_with_its_field(visitor):
    stages = described(2)["leakage"]["chains"][0]["stages"]
    found = refused(visitor, tone(), {"stft": {**stages[0]["stft"], "win_length": 500, "n_fft": 400}})
    assert found["field"].startswith("stages[0].stft")
