"""espeak-ng: text to speech in some hundred voices, through the shared library that espeakng-loader brings.

espeak-ng (github.com/espeak-ng/espeak-ng, GPL-3.0) is no dependency of this project; it is there after
`pip install 'wavemill[speech]'`. The C interface is that of its header speak_lib.h.

The library keeps what it did last (the phase of a voice's flutter, the state of the formant filters) and cannot be
told to forget it, so the same call twice would give two waveforms. It is therefore loaded anew for every
call, with its random seed set: equal arguments give equal samples, in any order, for a few
milliseconds a call.
"""

from __future__ import annotations

import ctypes
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from features.errors import SpeechError
from features.example import Audio

SLOWEST, FASTEST = 80, 450  # words per minute, the bounds of speak_lib.h

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples come through the callback, before espeak_Synth returns
_DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: a fault is returned, and does not end the process
_UTF8 = 1  # espeakCHARS_UTF8
_RATE, _PITCH = 1, 3  # espeak_PARAMETER
_IPA, _BETWEEN = 2, "_"  # bit 1 of phonememode, and the character that stands between phonemes (bits 8 to 23)
_SWITCHED = re.compile(r"\([a-z-]+\)")  # (en)computer(de): a word that is spoken as of another language
_LONGEST_PATH = 150  # bytes; the library cuts the path of its data at 160, and then finds nothing

_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int16), ctypes.c_int, ctypes.c_void_p)
_lock = threading.Lock()  # the library has one state for the whole process


class _Voice(ctypes.Structure):
    """espeak_VOICE; `languages` is a priority byte and a name, as far as we read it."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("traits", ctypes.c_ubyte * 4),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


def speak(text: str, voice: str = "en-us", words_per_minute: int = 175, pitch: int = 50) -> Audio:
    """The text as speech, mono, at the library's own rate (22,050 Hz).

    `voice` is a language of `voices`, with a variant of `variants` after a plus sign if one is wanted:
    "en-gb-scotland+f2". `words_per_minute` is 80 to 450, `pitch` 0 to 100 with 50 for the voice's own.
    SpeechError names what is wrong, or what must be installed.
    """
    if not text.strip():
        raise SpeechError("there is no text to speak")
    if not SLOWEST <= words_per_minute <= FASTEST:
        raise SpeechError(f"words_per_minute must lie between {SLOWEST} and {FASTEST}, got {words_per_minute}")
    if not 0 <= pitch <= 100:
        raise SpeechError(f"pitch must lie between 0 and 100, got {pitch}")
    identifier = _identifier(voice)
    blocks: list[bytes] = []

    def receive(samples: ctypes.c_void_p, count: int, _events: int | None) -> int:
        if samples and count > 0:
            blocks.append(ctypes.string_at(samples, 2 * count))
        return 0

    callback = _CALLBACK(receive)  # a name of its own keeps it alive as long as the library may call it
    content = text.encode() + b"\0"
    with _library() as (library, sample_rate):
        library.espeak_SetSynthCallback(callback)
        _require(library.espeak_SetVoiceByName(identifier.encode()), f"voice {voice}")
        _require(library.espeak_SetParameter(_RATE, words_per_minute, 0), "words_per_minute")
        _require(library.espeak_SetParameter(_PITCH, pitch, 0), "pitch")
        status = library.espeak_Synth(content, ctypes.c_size_t(len(content)), 0, 0, 0, _UTF8, None, None)
        _require(status, "synthesis")
    samples = np.frombuffer(b"".join(blocks), np.int16).astype(np.float32) / np.float32(32768)
    return Audio(samples[np.newaxis], sample_rate)


def phonemes(text: str, language: str = "en-us") -> list[list[str]]:
    """How the text is spoken: for each word its phonemes in the International Phonetic Alphabet.

    SpeechError for a language that is not there, and where the library is not installed.
    """
    identifier = _identifier(language)
    clauses: list[str] = []
    with _library() as (library, _):
        library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        _require(library.espeak_SetVoiceByName(identifier.encode()), f"voice {language}")
        rest = ctypes.c_char_p(text.encode())
        while rest.value is not None:  # one clause at a time; the library moves the pointer, and sets it to null
            found = library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA | ord(_BETWEEN) << 8)
            clauses.append((found or b"").decode())
    words = _SWITCHED.sub("", " ".join(clauses)).split()
    return [[phoneme for phoneme in word.split(_BETWEEN) if phoneme] for word in words]


def voices() -> list[str]:
    """The languages and accents that can be spoken: af, .., en-gb, en-gb-scotland, en-us, .., sorted."""
    return sorted(_identifiers())


@cache
def variants() -> tuple[str, ...]:
    """The variants that any voice can be spoken in: f1 to f5, m1 to m8, croak, whisper, .., sorted."""
    return tuple(sorted(path.name for path in (_installed()[1] / "voices" / "!v").iterdir()))


def _identifier(voice: str) -> str:
    """The library's own name of a voice, with its variant: gmw/en-GB-scotland+f2."""
    language, plus, variant = voice.partition("+")
    if language not in _identifiers():
        raise SpeechError(f"unknown voice {language!r}; there are {', '.join(voices())}")
    if plus and variant not in variants():
        raise SpeechError(f"unknown variant {variant!r} of voice {language}; there are {', '.join(variants())}")
    return _identifiers()[language] + plus + variant


@cache
def _identifiers() -> dict[str, str]:
    with _library() as (library, _):
        library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        found: dict[str, str] = {}
        for entry in library.espeak_ListVoices(None):
            if not entry:
                break
            found.setdefault(entry.contents.languages[1:].decode(), entry.contents.identifier.decode())
    return found


@cache
def _installed() -> tuple[str, Path]:
    """Where the library is, and where its data."""
    try:
        import espeakng_loader
    except ImportError as error:
        raise SpeechError("speech needs espeak-ng; install it with: pip install 'wavemill[speech]'") from error
    return espeakng_loader.get_library_path(), Path(espeakng_loader.get_data_path())


@contextmanager
def _library() -> Iterator[tuple[ctypes.CDLL, int]]:
    """The library as if it had just been started, and its sample rate; nobody else has it meanwhile."""
    place, data = _installed()
    with _lock, _short(data) as path:
        library = ctypes.CDLL(place)
        try:
            sample_rate = library.espeak_Initialize(_SYNCHRONOUS, 0, str(path).encode(), _DONT_EXIT)
            if sample_rate <= 0:
                raise SpeechError(f"espeak-ng cannot read its data in {data}; install espeakng-loader again")
            library.espeak_ng_SetRandSeed(1)
            yield library, sample_rate
            library.espeak_Terminate()
        finally:
            ctypes.CDLL(None).dlclose(ctypes.c_void_p(library._handle))


@contextmanager
def _short(path: Path) -> Iterator[Path]:
    """The same folder under a path that the library can hold."""
    if len(str(path).encode()) <= _LONGEST_PATH:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "espeak-ng-data"
        link.symlink_to(path, target_is_directory=True)
        yield link


def _require(status: int, what: str) -> None:
    if status != 0:
        raise SpeechError(f"espeak-ng refused: {what} (status {status})")
