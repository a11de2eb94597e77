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


def test_the_ladder_from_a_sentence_to_a_period():
    lengths = {kind: [one["to"] - one["from"] for one in TIMES["sentence"][kind]] for kind in ("words", "phonemes")}
    assert all(0.1 < one < 0.5 for one in lengths["words"])
    assert sum(one < 0.1 for one in lengths["phonemes"]) > len(lengths["phonemes"]) / 2
    (period,) = [one["look"]["0"] for one in described(0)["zoom"]["controls"][0]["options"] if "period" in one["label"]]
    assert period["to"] - period["from"] == pytest.approx(1 / pitch_at(1.505), abs=0.0001)


def pitch_at(seconds, said="sentence"):
    """The pitch of what is said, by how much it is like itself a little later, in Hz."""
    return RATE / (60 + likeness(seconds, said)[60:140].argmax())


def likeness(seconds, said="sentence"):
    """How much the samples around a moment are like those so many samples later."""
    samples = signal("speech", {"said": said}).audio().samples[0].astype(np.float64)
    piece = samples[round((seconds - 0.015) * RATE) : round((seconds + 0.015) * RATE)]
    later = [(piece[:-lag], piece[lag:]) for lag in range(1, 261)]
    return np.array(
        [1.0, *(np.dot(one, other) / np.sqrt(np.dot(one, one) * np.dot(other, other)) for one, other in later)]
    )


def test_a_sample_is_close_to_the_one_before_and_a_period_much_like_it():
    samples = signal("speech", {"said": "sentence"}).audio().samples[0]
    assert np.corrcoef(samples[1:], samples[:-1])[0, 1] > 0.85
    for moment in (0.26, 1.505, 1.9, 2.25):
        assert likeness(moment)[60:140].max() > 0.7


def test_sat_is_hiss_lines_silence_and_hiss_and_the_other_words_are_not():
    samples = signal("speech", {"said": "sentence"}).audio().samples[0]
    spans = {one["text"]: one for one in TIMES["sentence"]["words"]}

    def silent(word):
        span = spans[word]
        inside = samples[round(span["from"] * RATE) + 320 : round(span["to"] * RATE) - 320]
        return any(not inside[at : at + 160].any() for at in range(0, len(inside) - 160, 80))

    assert [word for word in ("sea", "sat", "wall") if silent(word)] == ["sat"]
    (puff,) = [span for span in TIMES["sentence"]["phonemes"] if span["text"] == "t"]
    hz, power = spectrum_of(puff)
    assert power[hz > 4000].sum() > 0.7 * power.sum()


def test_a_hiss_turns_into_a_voice_at_0_19_s():
    for moment, hisses in ((0.175, True), (0.21, False)):
        hz, power = spectrum_of({"from": moment - 0.01, "to": moment + 0.01})
        assert (power[hz > 4000].sum() > power[hz < 1000].sum()) == hisses


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
    flat = {
        hz: np.ptp(last(visitor, {**figure["source"], "frequency_hz": hz}, show=[[-1, "audio"]]))
        for hz in range(100, 24_000, 100)
    }
    assert [hz for hz, spread in flat.items() if spread < 1e-6] == [16_000], (
        "they have one value there, and nowhere else"
    )


def test_resample_without_its_filter_folds_and_with_it_does_not(visitor):
    source = tone(frequency_hz=9000, sample_rate=48000)
    levels = {}
    for quality in ("QQ", "HQ"):
        audio = last(visitor, source, {"resample": {"sample_rate": RATE, "quality": quality}})[0, 2000:-2000]
        levels[quality] = 20 * np.log10(np.sqrt(2 * np.mean(np.square(audio, dtype=np.float64))))
    assert levels["QQ"] == pytest.approx(-12, abs=0.1)
    assert levels["HQ"] < -100


def test_an_s_loses_11_db_to_the_filter_and_nothing_without(visitor):
    whole = last(visitor, SENTENCE_SOURCE, show=[[-1, "audio"]])[0]
    lost = {}
    for quality in ("HQ", "QQ"):
        lower = last(visitor, SENTENCE_SOURCE, {"resample": {"sample_rate": 8000, "quality": quality}})[0]
        for span in TIMES["sentence"]["phonemes"]:
            was, now = (
                np.mean(np.square(one[round(span["from"] * rate) : round(span["to"] * rate)], dtype=np.float64))
                for one, rate in ((whole, RATE), (lower, 8000))
            )
            lost.setdefault((quality, span["text"]), []).append(10 * np.log10(was / now))
    assert lost["HQ", "s"] == pytest.approx([11.3, 11.3, 11.3], abs=0.2)
    assert lost["QQ", "s"] == pytest.approx([0, 0, 0], abs=0.2)
    assert max(*lost["HQ", "m"], *lost["HQ", "ˈɑː"]) < 0.2


def test_the_figure_of_bits_has_49_db_with_8(visitor):
    source = described(1)["bits"]["chains"][0]["source"]
    whole = last(visitor, source, show=[[-1, "audio"]])
    assert snr(whole, last(visitor, source, {"quantize": {"bits": 8}})) == pytest.approx(49, abs=0.2)


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
    assert snr(last(visitor, source, show=[[-1, "audio"]])[0], heard) == pytest.approx(-5, abs=0.3)
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


def test_a_cut_at_the_peak_changes_nothing_and_the_sentence_peaks_at_minus_6_db(visitor):
    source = described(1)["clipping"]["chains"][0]["source"]
    whole = last(visitor, source, show=[[-1, "audio"]])
    assert np.array_equal(last(visitor, source, {"clip": {"level_db": -6, "act_on": "all"}}), whole)
    sentence = last(visitor, SENTENCE_SOURCE, show=[[-1, "audio"]])
    assert 20 * np.log10(np.abs(sentence).max()) == pytest.approx(-6, abs=0.05)


def test_the_mu_law_is_better_for_soft_signals_and_even_steps_for_loud_ones(visitor):
    def both(level):
        source = tone(frequency_hz=997, level_db=level)
        whole = last(visitor, source, show=[[-1, "audio"]])
        even = last(visitor, source, {"quantize": {"bits": 8}})
        return snr(whole, even), snr(whole, last(visitor, source, {"mu_law": {}}, {"mu_law_expand": {}}))

    softest, softer, soft, middle, loud = both(-50), both(-40), both(-30), both(-20), both(-1)
    assert softest[0] == pytest.approx(0), "nothing is left"
    assert softest[1] > 25
    assert softer == pytest.approx((11, 34), abs=0.5)
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
    assert 4 * RATE / 320 / 2 == 100, "half a main lobe"
    assert lines(320, 8192) == 0
    assert lines(368, 8192) == 12
    assert lines(400, 2048) == 12
    assert lines(400, 8192) == 12


def test_clicks_are_upright_lines_then_a_little_of_both_then_level_ones(visitor):
    figure = described(2)["trade"]["chains"][0]

    def ripples(length):
        """How far the picture goes up and down along time, and along frequency, in dB."""
        stft = {"stft": {**figure["stages"][0]["stft"], "win_length": length}}
        part = last(visitor, figure["source"], stft)[200:400, 20:100]
        return np.mean(np.ptp(part, axis=0)), np.mean(np.ptp(part, axis=1))

    assert ripples(96)[0] > 30
    assert ripples(96)[1] < 1
    assert all(2 < one < 10 for one in ripples(400)), "a little of both"
    assert ripples(640)[0] < 2
    assert ripples(640)[1] > 30
    assert [pitch_at(moment, "seven") for moment in (0.12, 0.36)] == pytest.approx([180, 140], abs=4)


def test_phases_keep_the_place_of_a_click(visitor):
    stages = described(2)["angles"]["chains"][0]["stages"]
    magnitudes, phases = walk(visitor, {"signal": "impulse"}, *stages, show=[[0, "stft"], [1, "angles"]])[1]
    held = np.flatnonzero(magnitudes.max(axis=1) > -65)
    places = RATE - 64 * held
    assert list(places) == [192, 128, 64, 0, -64, -128, -192]
    for frame, place in zip(held, places, strict=True):
        turns = np.exp(1j * np.diff(phases[frame].astype(np.float64)))
        assert np.angle(turns * np.exp(2j * np.pi * (256 + place) / 512)) == pytest.approx(0, abs=0.05)
        assert np.abs(np.angle(turns)).mean() == pytest.approx(np.pi * (1 - abs(place) / 256), abs=0.05), (
            "the finest in the middle"
        )


@pytest.mark.parametrize(("hop", "turns"), [(64, 0.12), (16, 0.03), (128, 0.24)])
def test_phases_of_a_tone_are_stripes_that_fold(hop, turns, visitor):
    figure = described(2)["angles"]
    (source,) = [one["set"]["0.source"] for one in figure["controls"][0]["options"] if one["label"] == "A tone"]
    stft = {"stft": {**figure["chains"][0]["stages"][1]["stft"], "hop_length": hop}}
    bins = last(visitor, source, stft)[20:60, 33].astype(np.float64)
    assert np.diff(np.unwrap(bins)) / (2 * np.pi) == pytest.approx(turns, abs=0.005)


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
        assert rounds == 0 or snr(wave, again) == pytest.approx(-3, abs=0.5)
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


def test_a_spectrogram_spans_millions_and_a_floor_of_1_hides_a_t(visitor):
    power = last(visitor, SENTENCE_SOURCE, described(3)["decibels"]["chains"][0]["stages"][0])
    frames = {
        text: np.concatenate(
            [
                power[round(span["from"] * 125) + 1 : round(span["to"] * 125)]
                for span in TIMES["sentence"]["phonemes"]
                if span["text"] == text
            ]
        )
        for text in ("v", "s", "t", "ˈɛ")
    }
    assert power.max() > 1e6 * np.percentile(frames["v"], 5)
    above = {text: np.mean(found > 1) for text, found in frames.items()}
    assert above["t"] == 0
    assert 0.005 < above["s"] < 0.05
    assert above["ˈɛ"] > 0.1


def test_100_hz_more_are_an_octave_or_a_quarter_of_a_semitone():
    assert np.log2(200 / 100) == 1
    assert 12 * np.log2(7100 / 7000) == pytest.approx(0.25, abs=0.01)


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
    back = scipy.fft.idct(kept, axis=1, norm="ortho")
    vowel = slice(66, 86)
    stripes = [np.abs(np.diff(one[vowel, :14], 2, axis=1)).mean() for one in (bands, back)]
    assert stripes[1] < stripes[0] / 5, "the stripes of the voice vanish"
    edges = [np.abs(np.diff(one, axis=0)).mean(axis=1) for one in (bands, back)]
    assert np.corrcoef(*edges)[0, 1] > 0.99, "every edge in time stays"
    off = np.sqrt(np.mean((back - bands) ** 2))
    assert off**2 == pytest.approx((np.sum(bands**2) - np.sum(kept**2)) / bands.size, rel=1e-4)


def test_neighbouring_coefficients_have_less_in_common_than_neighbouring_bands(visitor):
    log_mel, mfcc = described(3)["mfcc"]["chains"][0]["stages"]
    bands, cepstra = (last(visitor, SENTENCE_SOURCE, one).astype(np.float64) for one in (log_mel, mfcc))
    spoken = bands.mean(axis=1) > -60

    def alike(found):
        pairs = itertools.pairwise(found[spoken].T)
        return np.mean([abs(np.corrcoef(one, other)[0, 1]) for one, other in pairs])

    assert [alike(cepstra), alike(bands)] == pytest.approx([0.3, 0.9], abs=0.05)


def test_more_overlap_brings_the_guess_nearer(visitor):
    def off(hop):
        """How far the bands of what is heard are from those that were given, in dB."""
        frames = {"n_fft": 1024, "win_length": 400}
        given = {**frames, "hop_length": hop, "n_mels": 80, "log": "db", "floor": 1e-7}
        again = {"log_mel": {**given, "hop_length": 160, "as": "again"}}
        guess = {"griffin_lim": {**frames, "hop_length": hop, "n_iter": 32}}
        heard = last(visitor, SENTENCE_SOURCE, {"log_mel": given}, {"mel_to_linear": {"log_mel": given}}, guess, again)
        was = last(visitor, SENTENCE_SOURCE, {"log_mel": {**given, "hop_length": 160}})
        length = min(len(was), len(heard))
        return np.sqrt(np.mean((heard[:length] - was[:length]) ** 2))

    assert off(40) < 0.9 * off(160)


def test_20_db_softer_takes_4_6_from_log_mel_and_nothing_from_pcen(visitor):
    stages = described(3)["pcen"]["chains"][0]["stages"]
    found = []
    for gain in (0, -20):
        changed = [stages[0], {"gain": {"gain_db": gain, "act_on": "all"}}, *stages[2:]]
        found.append(walk(visitor, SENTENCE_SOURCE, *changed, show=[[2, "log_mel"], [4, "pcen"]])[1])
    (log_mel, pcen), (softer, softer_pcen) = found
    assert np.median(log_mel - softer) == pytest.approx(np.log(100), abs=1e-3)
    assert np.log(100) == pytest.approx(4.6, abs=0.01)
    means = [one.mean() for one in (log_mel, softer, pcen, softer_pcen)]
    assert means == pytest.approx([-5.7, -10.3, 0.30, 0.27], abs=0.01)


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


def test_a_softer_or_duller_recording_moves_log_mel_far_more_than_the_normalised(visitor):
    gain, dull, log_mel, normal = described(4)["normalisation"]["chains"][0]["stages"]

    def features(gain_db, cutoff_hz):
        first = (
            {"gain": {**gain["gain"], "gain_db": gain_db}},
            {"low_pass": {**dull["low_pass"], "cutoff_hz": cutoff_hz}},
        )
        return walk(visitor, SENTENCE_SOURCE, *first, log_mel, normal, show=[[2, "log_mel"], [3, "normal"]])[1]

    plain = features(0, 7900)

    def moved(*changes):
        return [np.sqrt(np.mean((b - a) ** 2)) / a.std() for a, b in zip(plain, features(*changes), strict=True)]

    for changes in ((-20, 7900), (0, 1000)):
        left, right = moved(*changes)
        assert left > 0.4
        assert right < 0.2
    assert moved(-40, 7900)[1] > 0.4
    floor = np.log(1e-10) + 0.01
    assert np.mean(features(-40, 7900)[0] < floor) > 3 * np.mean(plain[0] < floor), "so much has reached the floor"


def test_speed_raises_the_pitch_by_its_factor(visitor):
    audio = last(visitor, tone(frequency_hz=1000), {"speed": {"factor": 1.1, "act_on": "all"}})[0]
    assert np.abs(np.fft.rfft(audio)).argmax() * RATE / len(audio) == pytest.approx(1100, abs=1.2)


def test_receptive_fields():
    assert 1 + 2 * (1 + 2 + 4 + 8) == 31
    assert 1 + 4 * 2 == 9
    assert 1 + 6 * 2 < 400 / 10 < 1 + 2 * (1 + 2 + 4 + 8 + 16), "six plain layers, and five with strides or dilation"


def test_the_three_s_take_evenly_from_each_other(visitor):
    stages = described(4)["attention"]["chains"][0]["stages"]
    frames = last(visitor, SENTENCE_SOURCE, *stages).astype(np.float64)
    frames /= np.sqrt(np.mean(frames**2, axis=1, keepdims=True))
    weights = np.exp(frames @ frames.T / (0.5 * np.sqrt(frames.shape[1])))
    weights /= weights.sum(axis=1, keepdims=True)
    spans = [range(round(one["from"] * 50), round(one["to"] * 50) + 1) for one in TIMES["sentence"]["phonemes"]]
    sounds = [one["text"] for one in TIMES["sentence"]["phonemes"]]
    hisses = [span for span, text in zip(spans, sounds, strict=True) if text == "s"]
    assert len(hisses) == 3
    for one in hisses:
        shares = [weights[one[len(one) // 2], list(other)].sum() for other in hisses]
        assert shares == pytest.approx([0.28, 0.28, 0.28], abs=0.04)
    (vowel,) = [span for span, text in zip(spans, sounds, strict=True) if text == "ˈiː"]
    assert weights[vowel[len(vowel) // 2], list(vowel)].sum() > 0.99


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
    assert found["The other mel scale"] == pytest.approx(0.39, abs=0.01)
    loud = last(
        visitor,
        SENTENCE_SOURCE,
        {"gain": {"gain_db": 90.309, "act_on": "all"}},
        {"log_mel": {"n_mels": 64, "floor": 1e-7}},
    )
    above = trained > np.log(1e-7) + 0.1
    assert np.median((loud - trained)[above]) == pytest.approx(20.8, abs=0.02)


# Chapter 5


def test_the_longest_phoneme_is_ten_times_the_shortest():
    lengths = {span["text"]: span["to"] - span["from"] for span in TIMES["sentence"]["phonemes"]}
    *_, longest, two_in_one = sorted(lengths, key=lambda text: lengths[text])
    shortest = min(lengths, key=lambda text: lengths[text])
    assert (shortest, longest, two_in_one) == ("ɡ", "ˈɑː", "ˈɔːl")
    found = [lengths[one] for one in (shortest, longest, two_in_one)]
    assert found == pytest.approx([0.026, 0.258, 0.297], abs=0.0006)
    assert found[1] / found[0] == pytest.approx(10, abs=0.2)


def test_positions_a_second_are_between_four_and_sixteen_for_text(visitor):
    seconds = 48_689 / RATE
    assert len(SENTENCE.split()) / seconds == pytest.approx(4, abs=0.5)
    assert len(SENTENCE) / seconds == pytest.approx(16, abs=0.2)
    _, log_mel, patches, *_ = described(5)["rates"]["chains"][0]["stages"]
    longer = {"patches": {**patches["patches"], "patch_frames": 25}}
    assert len(last(visitor, SENTENCE_SOURCE, log_mel, longer)) / seconds == pytest.approx(16, abs=0.3)


def test_a_vocabulary_of_50_has_the_words_of_the_sentence_whole(visitor):
    assert len(last(visitor, SENTENCE_SOURCE, {"bpe": {"vocabulary_size": 50}})) == len(SENTENCE.split())


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
