"""Pictures of arrays: a waveform over time, features as a heat map, tokens as steps. matplotlib, imported when used."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from features.example import Array, Audio, Features, Tokens

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT, DPI = 10.0, 2.6, 110
FEW_BINS = 8
"""Up to so many bins are drawn as lines: pitch, energy, descriptors."""
_FAR = 20.0


def describe(name: str, value: Array) -> str:
    """An array in words: its name, shape and rate."""
    if isinstance(value, Audio):
        return f"{name} {value.samples.shape} at {value.sample_rate} Hz"
    if isinstance(value, Features):
        return f"{name} {value.frames.shape} at {value.frame_rate:g} frames/s"
    return f"{name} {value.ids.shape}" + (f" at {value.rate:g} Hz" if value.rate else "")


def picture(arrays: Mapping[str, Array], title: str = "", width: float = WIDTH, height: float = HEIGHT) -> bytes:
    """A PNG with the arrays below each other; `width` and `height`, of each, in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height * len(arrays)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(arrays), 1, squeeze=False)[:, 0]
    for axis, (name, value) in zip(axes, arrays.items(), strict=True):
        draw(axis, value)
        axis.set_title(f"{title}: {describe(name, value)}" if title else describe(name, value), fontsize=9, loc="left")
    sink = io.BytesIO()
    figure.savefig(sink, format="png", dpi=DPI, metadata={"Software": None})
    return sink.getvalue()


def draw(axis: Axes, value: Array) -> None:
    """An array on the axes of a figure."""
    if isinstance(value, Audio):
        times = np.arange(value.samples.shape[1]) / value.sample_rate
        axis.plot(times, value.samples.T, linewidth=0.5)
        top = float(max(1.0, np.abs(value.samples).max(initial=0)))
        axis.set(xlim=(0, max(value.seconds, 1e-3)), ylim=(-top, top), ylabel="amplitude", xlabel="seconds")
    elif isinstance(value, Tokens):
        axis.step(np.arange(len(value.ids)), value.ids, where="mid")
        axis.set(ylabel="token", xlabel="position")
    elif value.frames.shape[1] <= FEW_BINS:
        axis.plot(np.arange(len(value.frames)) / value.frame_rate, value.frames, linewidth=0.8)
        axis.set(ylabel="value", xlabel="seconds")
    else:
        _heat_map(axis, value)


def _heat_map(axis: Axes, value: Features) -> None:
    end = max(len(value.frames) / value.frame_rate, 1e-3)
    extent = (0.0, end, 0.0, float(value.frames.shape[1]))
    shown = {"origin": "lower", "aspect": "auto", "extent": extent, "cmap": "magma", "norm": _scale(value.frames)}
    axis.figure.colorbar(axis.imshow(value.frames.T, **shown), ax=axis)
    axis.set(ylabel="bin", xlabel="seconds")


def _scale(frames: NDArray[Any]) -> Any:
    """How values become colours: as they are, or, where a few are far larger than most, bent so that most are seen."""
    from matplotlib.colors import AsinhNorm

    sizes = np.abs(frames[frames != 0])
    middle = float(np.median(sizes)) if sizes.size else 0.0
    return AsinhNorm(linear_width=middle) if middle and sizes.max() > _FAR * middle else None
