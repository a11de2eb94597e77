"""A small picture of what each stage does to its showcase: what it reads on the left, what it makes on the right."""

from __future__ import annotations

import io
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from features.catalog import STAGES
from features.chain import Chain, Stopped
from features.example import Audio, Example, Tokens
from features.pictures import draw
from features.showcase import showcase
from features.stage import Stage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = [name for name in STAGES if name != "decode"]
WIDTH, HEIGHT, DPI = 6.0, 1.6, 100
CLOSE_SECONDS = (0.3, 0.32)
SMOOTH = 40  # bins of the spectrum of two seconds: 20 Hz
COLORS = 48
"""How many the palette of a picture has."""


def write(folder: Path) -> None:
    """The picture of every stage, as <name>.png; pictures of stages that are gone are removed."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.png"):
        if path.stem not in NAMES:
            path.unlink()
    for name in NAMES:
        (folder / f"{name}.png").write_bytes(illustration(name))


def illustration(name: str) -> bytes:
    """A PNG of 600 x 160 pixels."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    stage, before, after = _shown(name)
    heard, made = _changed(stage, before, after)
    with rc_context({"font.size": 6, "axes.titlesize": 7, "axes.titlelocation": "left", "axes.linewidth": 0.5}):
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        if heard and made:
            _beside(figure.subplots(1, 3), heard, made)
        else:
            left, right = figure.subplots(1, 2)
            _read(left, stage, before)
            _made(right, stage, before, after)
        canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    sink = io.BytesIO()
    image.quantize(COLORS, dither=Image.Dither.NONE).save(sink, format="PNG", optimize=True)
    return sink.getvalue()


def _shown(name: str) -> tuple[Stage, Example, list[Example]]:
    """The last stage of a showcase, the example before it, and those after it."""
    chain, example = showcase(name)
    last = len(chain.stages) - 1
    before = Chain(chain.stages[:last]).run(example)
    assert not isinstance(before, Stopped)  # a test runs every showcase
    after = chain.only(last).run(before[0])
    assert not isinstance(after, Stopped)
    return chain.stages[last], before[0], after


def _changed(stage: Any, before: Example, after: list[Example]) -> tuple[Audio | None, Audio | None]:
    """One channel before and after a stage that changes a waveform; None twice for any other stage."""
    heard = before.arrays.get(getattr(stage, "of", ""))
    made = after[0].arrays.get(getattr(stage, "target", ""))
    alike = isinstance(heard, Audio) and isinstance(made, Audio) and heard.channels == made.channels == 1
    return (heard, made) if alike and made is not heard else (None, None)


def _beside(axes: Any, before: Audio, after: Audio) -> None:
    """The waveform, 20 ms of it, and its spectrum: grey before the stage, blue after."""
    whole, close, spectrum = axes
    for audio, color in ((before, "0.7"), (after, "C0")):
        times = np.arange(audio.samples.shape[1]) / audio.sample_rate
        near = (times >= CLOSE_SECONDS[0]) & (times < CLOSE_SECONDS[1])
        whole.plot(times, audio.samples[0], color=color, linewidth=0.5)
        close.plot(times[near], audio.samples[0, near], color=color, linewidth=0.8)
        power = np.abs(np.fft.rfft(audio.samples[0] * np.hanning(len(times)))) ** 2
        smooth = np.convolve(power, np.ones(SMOOTH) / SMOOTH, "same")
        hz = np.fft.rfftfreq(len(times), 1 / audio.sample_rate)
        spectrum.plot(hz[::SMOOTH] / 1000, 10 * np.log10(smooth[::SMOOTH] + 1e-9), color=color, linewidth=0.8)
    whole.set(title="grey: before, blue: after", xlabel="seconds")
    close.set(title="20 ms of it", xlabel="seconds")
    spectrum.set(title="spectrum in dB", xlabel="kHz")


def _read(axis: Axes, stage: Stage, before: Example) -> None:
    of = getattr(stage, "of", getattr(stage, "like", getattr(stage, "features", None)))
    if of is not None:
        axis.set_title(of)
        draw(axis, before.arrays[of])
    elif label := getattr(stage, "label", None):
        _words(axis, f"label {label}", str(before.labels[label]))
    else:
        _words(axis, "text", before.text or "")


def _made(axis: Axes, stage: Stage, before: Example, after: list[Example]) -> None:
    axis.set_title(stage.name)
    if len(after) > 1:
        _parts(axis, stage, after)
        return
    new = [value for name, value in after[0].arrays.items() if value is not before.arrays.get(name)]
    if new and isinstance(new[-1], Tokens) and new[-1].rate is None:
        _words(axis, stage.name, _symbols(stage, new[-1]))
    elif new:
        draw(axis, new[-1])
    elif after[0].text != before.text:
        _words(axis, stage.name, after[0].text or "")
    else:
        _words(axis, stage.name, _verdict(after[0].notes.get(stage.name, {})))


def _symbols(stage: Any, tokens: Tokens) -> str:
    """The tokens, and what they stand for."""
    known = getattr(stage, "vocabulary", [])
    symbols = "|".join(known[number] for number in tokens.ids) if known else ""
    return f"{' '.join(map(str, tokens.ids))}\n\n{symbols}"


def _parts(axis: Axes, stage: Any, after: list[Example]) -> None:
    """Each part at its time, one below the other."""
    for number, part in enumerate(after):
        audio, start = part.audio(stage.of), part.notes[stage.name]["start_seconds"]
        times = start + np.arange(audio.samples.shape[1]) / audio.sample_rate
        axis.plot(times, audio.samples[0] - number, linewidth=0.5)
    axis.set(xlabel="seconds", ylabel="part", yticks=[-number for number in range(len(after))])
    axis.set_yticklabels([str(number) for number in range(len(after))])


def _verdict(notes: dict[str, Any]) -> str:
    """What a filter found."""
    return "\n".join(["stays as it is", *(f"{key}: {value}" for key, value in notes.items())])


def _words(axis: Axes, title: str, text: str) -> None:
    axis.set_title(title)
    axis.set_axis_off()
    lines = [line for paragraph in text.splitlines() for line in textwrap.wrap(paragraph, 44, max_lines=4)]
    axis.text(0.02, 0.9, "\n".join(lines), va="top", family="monospace", fontsize=8, transform=axis.transAxes)
