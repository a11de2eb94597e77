"""Examples show themselves in notebooks, and nothing of a recording becomes markup."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser

import matplotlib.image
import numpy as np
import pytest
import soundfile

from features.example import Audio, Example, Features, Tokens
from features.showing.drawing import draw
from features.showing.notebook import FEATURES_HEIGHT, SOUND_BYTES, WIDTH, example_html
from tests.factories import tone

HOSTILE = "<script>alert('1')</script>\"'&<img src=x onerror=alert(1)>"


class Tags(HTMLParser):
    """The tags, attributes and texts of some HTML, as a browser would find them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def data(self, kind: str) -> list[bytes]:
        """What the data URLs of a type hold."""
        urls = [attributes.get("src") or "" for _, attributes in self.tags]
        return [base64.b64decode(url.split(",")[1]) for url in urls if url.startswith(f"data:{kind};base64,")]


def example(**more: object) -> Example:
    arrays = {
        "audio": Audio(tone(0.5, 8000, 1000.0, channels=2), 8000),
        "log_mel": Features(np.random.Generator(np.random.Philox(key=1)).normal(size=(50, 40)), 100.0),
        "pitch": Features(np.linspace(0, 1, 50)[:, np.newaxis], 100.0),
        "characters": Tokens(np.array([2, 3, 3, 2], np.int32)),
    }
    return Example("digits/7.wav", None, arrays, "seven", "theo", {"digit": 7}, "train", **more)  # type: ignore[arg-type]


def test_it_says_what_is_known_and_shows_each_array() -> None:
    found = Tags(example(copy=2, part=1, notes={"gain": {"gain_db": -3.0}})._repr_html_())
    text = " ".join(found.texts)
    for words in (
        "digits/7.wav",
        "copy 2 part 1",
        "split: train",
        "speaker: theo",
        "text: seven",
        "digit: 7",
        "audio (2, 4000) at 8000 Hz, 0.50 s",
        "log_mel (50, 40) at 100 frames/s, 0.50 s",
        "2 3 3 2",
        '"gain_db": -3.0',
    ):
        assert words in text
    pictures = [matplotlib.image.imread(io.BytesIO(content), format="png") for content in found.data("image/png")]
    assert len(pictures) == 3
    shown = np.rint(pictures[1][..., :3] * 255).astype(np.uint8)
    assert np.array_equal(shown, draw(example().arrays["log_mel"], WIDTH, FEATURES_HEIGHT))


def test_the_player_has_the_samples_faded_in() -> None:
    (sound,) = Tags(example()._repr_html_()).data("audio/wav")
    samples, rate = soundfile.read(io.BytesIO(sound), dtype="int16")
    assert (rate, samples.shape) == (8000, (4000, 2))
    wanted = np.rint(tone(0.5, 8000, 1000.0)[0] * np.float32(32768))
    assert np.array_equal(samples[80:, 0], wanted[80:])


def test_nothing_of_a_recording_becomes_markup() -> None:
    plain = Tags(example(notes={"a": {"b": "c"}})._repr_html_())
    arrays = {f"{HOSTILE}{name}": value for name, value in example().arrays.items()}
    labels = {HOSTILE: HOSTILE}
    hostile = Example(HOSTILE, None, arrays, HOSTILE, HOSTILE, labels, HOSTILE, notes={HOSTILE: {HOSTILE: HOSTILE}})
    found = Tags(hostile._repr_html_())
    assert [tag for tag, _ in found.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(attributes) for _, attributes in found.tags] == [sorted(attributes) for _, attributes in plain.tags]
    assert " ".join(found.texts).count(HOSTILE) >= 8


def test_it_stays_small() -> None:
    noise = np.random.Generator(np.random.Philox(key=1)).normal(size=(1, 600_000)).astype(np.float32)
    waves = {f"audio{number}": Audio(noise, 16_000) for number in range(3)}
    frames = {f"mel{number}": Features(noise.reshape(-1, 80), 100.0) for number in range(30)}
    html = Example("a", None, {**waves, **frames}, "x" * 10**6, notes={"a": {"b": "y" * 10**6}})._repr_html_()
    assert len(html) < 1_400_000
    assert sum(map(len, Tags(html).data("audio/wav"))) <= SOUND_BYTES
    assert "the first 4.2 s" in html
    assert "<p>and mel5 (7500, 80) at 100 frames/s, mel6" in html


@pytest.mark.parametrize(
    "value",
    [
        Audio(np.zeros((1, 0), np.float32), 8000),
        Audio(np.full((1, 9), np.nan, np.float32), 8000),
        Audio(np.zeros((1, 9), np.float32), 0),
        Features(np.zeros((0, 40), np.float32), 100.0),
        Features(np.full((9, 40), np.inf, np.float32), 0.0),
        Features(np.zeros((0, 2), np.float16), 100.0),
        Tokens(np.zeros(0, np.int32)),
        Tokens(np.arange(9, dtype=np.int32), 16_000.0),
    ],
)
def test_odd_arrays_are_shown(value: Audio | Features | Tokens) -> None:
    assert "<figure" in example_html(Example("a", None, {"x": value}))
    assert draw(value, 8, 6).shape == (6, 8, 3)
