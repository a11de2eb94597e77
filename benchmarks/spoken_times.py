"""When each word and phoneme of the explorer's signal `speech` is said: `python -m benchmarks.spoken_times`.

espeak-ng tells it while it speaks (speak_lib.h, espeakEVENT_PHONEME), in samples of its own rate.
A phoneme that takes no time of its own is written together with the one before it; "on the" it speaks as one word.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from explorer.pages import STATIC
from explorer.signals import SENTENCE
from features.text import espeak

VOICE = "en-us+f1"
TIMES = STATIC / "spoken_times.json"
SHORTEST_SECONDS = 0.01
_PHONEME = 7  # espeak_EVENT_TYPE
_PHONEME_EVENTS, _IN_IPA = 1, 2  # options of espeak_Initialize


class _Identity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


def main() -> None:
    told = {name: times(text) for name, text in {"three": "three", "seven": "seven", "nine": "nine"}.items()}
    told["sentence"] = times(SENTENCE)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in told.items())
    TIMES.write_text(f"{{\n{lines}\n}}\n", "utf-8")


def times(text: str) -> dict[str, list[dict[str, Any]]]:
    """The words and the phonemes of a text, each with `text`, `from` and `to` in seconds."""
    marks = list(_phonemes(text))
    phonemes: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    for (name, start, position), (_, end, _) in pairwise(marks):
        if not name:
            continue  # silence
        if end - start < SHORTEST_SECONDS and phonemes:
            phonemes[-1] |= {"text": phonemes[-1]["text"] + name, "to": round(end, 4)}
        else:
            phonemes.append({"text": name, "from": round(start, 4), "to": round(end, 4)})
        if not words or words[-1]["text"] != position:
            words.append({"text": position, "from": round(start, 4)})
        words[-1]["to"] = round(end, 4)
    starts = [word["text"] - 1 for word in words] + [len(text)]
    for word, (first, last) in zip(words, pairwise(starts), strict=True):
        word["text"] = text[first:last].strip(" ,")
    return {"words": words, "phonemes": phonemes}


def _phonemes(text: str) -> Iterator[tuple[str, float, int]]:
    """Each phoneme (silence has no name), when it begins in seconds, and where its word begins in the text, from 1."""
    identifier = espeak._identifier(VOICE)
    place, data = espeak._installed()
    library, content, told = ctypes.CDLL(place), text.encode() + b"\0", []
    options = espeak._DONT_EXIT | _PHONEME_EVENTS | _IN_IPA
    rate = library.espeak_Initialize(espeak._SYNCHRONOUS, 0, str(data).encode(), options)

    def receive(_samples: Any, _count: int, events: Any) -> int:
        at = 0
        while events and events[at].type:
            one = events[at]
            if one.type == _PHONEME:
                told.append((one.id.string.decode(), one.sample / rate, one.text_position))
            at += 1
        return 0

    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int16), ctypes.c_int, ctypes.POINTER(_Event))
    callback = kind(receive)
    library.espeak_ng_SetRandSeed(1)
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(identifier.encode())
    library.espeak_Synth(content, ctypes.c_size_t(len(content)), 0, 0, 0, espeak._UTF8, None, None)
    library.espeak_Terminate()
    ctypes.CDLL(None).dlclose(ctypes.c_void_p(library._handle))
    yield from told


if __name__ == "__main__":
    main()
