import sys
from pathlib import Path

import numpy as np
import pytest

from features.errors import SpeechError
from features.text import espeak

pytest.importorskip("espeakng_loader")


def test_equal_arguments_give_equal_samples_whatever_was_spoken_before():
    first = espeak.speak("seven", "en-us+f2", 150, 60)
    espeak.speak("something else entirely", "de+croak", 300)
    again = espeak.speak("seven", "en-us+f2", 150, 60)
    assert first.sample_rate == again.sample_rate == 22050
    np.testing.assert_array_equal(first.samples, again.samples)


def test_speech_is_mono_audible_and_as_long_as_a_word():
    audio = espeak.speak("seven")
    assert audio.samples.dtype == np.float32
    assert audio.channels == 1
    assert 0.2 < audio.seconds < 1.0
    assert 0.05 < float(np.abs(audio.samples).max()) <= 1.0


def test_rate_pitch_and_voice_do_what_they_say():
    slow, fast = (espeak.speak("one two three four", words_per_minute=wpm).seconds for wpm in (100, 300))
    assert slow > 2 * fast
    low, high = (_fundamental_hz(espeak.speak("a", pitch=pitch)) for pitch in (20, 90))
    assert high > 1.3 * low
    american, scottish = (espeak.speak("no", voice).samples for voice in ("en-us", "en-gb-scotland"))
    assert american.shape != scottish.shape or not np.array_equal(american, scottish)


def test_letters_beyond_ascii_are_spoken():
    assert espeak.speak("größer", "de").seconds > espeak.speak("gr", "de").seconds


def test_voices_and_variants_are_listed():
    assert {"en-us", "en-gb", "en-gb-scotland", "de"} <= set(espeak.voices())
    assert {"m1", "m7", "f1", "f4", "whisper"} <= set(espeak.variants())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": " "}, "no text"),
        ({"text": "a", "voice": "elvish"}, "unknown voice 'elvish'; there are af, "),
        ({"text": "a", "voice": "en-us+zz"}, "unknown variant 'zz' of voice en-us; there are .*whisper"),
        ({"text": "a", "words_per_minute": 20}, "words_per_minute must lie between 80 and 450, got 20"),
        ({"text": "a", "pitch": 101}, "pitch must lie between 0 and 100, got 101"),
    ],
)
def test_what_cannot_be_spoken_is_named(arguments, message):
    with pytest.raises(SpeechError, match=message) as caught:
        espeak.speak(**arguments)
    assert caught.value.exit_code == 2


def test_data_under_a_path_too_long_for_the_library_is_found(tmp_path, monkeypatch):
    library, data = espeak._installed()
    deep = tmp_path / ("d" * 200)
    deep.mkdir()
    (deep / "espeak-ng-data").symlink_to(data, target_is_directory=True)
    expected = espeak.speak("yes").samples
    monkeypatch.setattr(espeak, "_installed", lambda: (library, deep / "espeak-ng-data"))
    np.testing.assert_array_equal(espeak.speak("yes").samples, expected)


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    espeak._installed.cache_clear()
    with pytest.raises(SpeechError, match=r"pip install 'wavemill\[speech\]'"):
        espeak._installed()


def test_missing_data_is_an_error_and_not_silence(monkeypatch):
    library, _ = espeak._installed()
    espeak._identifiers(), espeak.variants()
    monkeypatch.setattr(espeak, "_installed", lambda: (library, Path("/nowhere/espeak-ng-data")))
    with pytest.raises(SpeechError, match="espeak-ng"):
        espeak.speak("yes")


def _fundamental_hz(audio):
    samples = audio.samples[0] - audio.samples[0].mean()
    spectrum = np.fft.rfft(samples, 2 * samples.size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)
    shortest, longest = audio.sample_rate // 220, audio.sample_rate // 60
    return audio.sample_rate / (shortest + int(correlation[shortest:longest].argmax()))
