"""Notebook: an example as HTML, for Jupyter: what is known of it, a picture of each array, a player for what sounds.

Whatever comes from a recording is escaped. Pictures and sound are data URLs, so that nothing is asked of a server and a
saved notebook still shows them; together they take a few hundred KB.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.audio.encode import wav
from features.example import Array, Audio, Example, Features, Tokens
from features.pictures import describe
from features.showing import png
from features.showing.drawing import draw, timing
from features.showing.sound import playable

WIDTH = 640
WAVEFORM_HEIGHT, FEATURES_HEIGHT = 80, 160
MOST_ARRAYS = 8
SOUND_BYTES = 400_000
"""Of all WAVs of an example together; base64 makes a third more of it."""
MOST_LETTERS = 2000
_SOME_IDS = 200
_FIGURE = '<figure style="margin:0.5em 0"><figcaption>{}</figcaption>{}</figure>'


def example_html(example: Example, sound_bytes: int = SOUND_BYTES) -> str:
    """An example as HTML. `sound_bytes` are shared by its waveforms, which are cut where they are longer."""
    sounds = sum(isinstance(value, Audio) for value in example.arrays.values())
    share = sound_bytes // max(sounds, 1)
    shown = list(example.arrays.items())[:MOST_ARRAYS]
    parts = [_head(example), *(_figure(example.key, name, value, share) for name, value in shown)]
    left = [describe(name, value) for name, value in list(example.arrays.items())[MOST_ARRAYS:]]
    if left:
        parts.append(f"<p>and {_text(', '.join(left))}</p>")
    if example.notes:
        parts.append(f"<details><summary>notes</summary><pre>{_json(example.notes)}</pre></details>")
    return f'<div class="wavemill-example">{"".join(parts)}</div>'


def picture_tag(image: NDArray[np.uint8], words: str) -> str:
    """A picture, uint8 of shape (height, width, 3), as an <img>; `words` say what it shows."""
    url = base64.b64encode(png.encode(image)).decode()
    style = "display:block;max-width:100%"
    return f'<img alt="{escape(words)}" style="{style}" src="data:image/png;base64,{url}">'


def player_tag(audio: Audio, most_bytes: int = SOUND_BYTES) -> str:
    """A waveform as a player (features.showing.sound), which says where it was cut; a word where none fits."""
    heard = playable(audio, most_bytes=most_bytes)
    if not heard.samples.size or audio.sample_rate <= 0:
        return "<p>no sound to play</p>"
    url = base64.b64encode(wav(heard)).decode()
    cut = f" the first {heard.seconds:.1f} s" if heard.samples.shape[1] < audio.samples.shape[1] else ""
    mixed = f" the mean of {audio.channels} channels" if heard.channels != audio.channels else ""
    return f'<audio controls preload="metadata" src="data:audio/wav;base64,{url}"></audio>{cut}{mixed}'


def _head(example: Example) -> str:
    facts = [("split", example.split), ("speaker", example.speaker), ("text", example.text), *example.labels.items()]
    told = [f"<div>{_text(name)}: {_text(value)}</div>" for name, value in facts if value not in (None, "")]
    copy = f" copy {example.copy}" if example.copy else ""
    part = f" part {example.part}" if example.part else ""
    return f"<div><b>{_text(example.key)}</b>{copy}{part}</div>{''.join(told)}"


def _figure(key: str, name: str, value: Array, sound_bytes: int) -> str:
    words, (length, rate) = describe(name, value), timing(value)
    if isinstance(value, Tokens) and rate is None:
        ids = " ".join(map(str, value.ids[:_SOME_IDS].tolist())) + (" .." if length > _SOME_IDS else "")
        return _FIGURE.format(_text(words), f"<code>{ids}</code>")
    height = FEATURES_HEIGHT if isinstance(value, Features) else WAVEFORM_HEIGHT
    shown = picture_tag(draw(value, WIDTH, height), f"{words} of {key}")
    if isinstance(value, Audio):
        shown += player_tag(value, sound_bytes)
    return _FIGURE.format(_text(words) + (f", {length / rate:.2f} s" if rate else ""), shown)


def _text(value: Any) -> str:
    """Escaped, and cut where it is too long to be read."""
    text = str(value)
    return escape(text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]} ..")


def _json(value: Mapping[str, Any]) -> str:
    return _text(json.dumps(value, ensure_ascii=False, indent=1, default=str))
