"""Pictures of speech: its mel features, the tokens that they belong to, and its pitch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_SYMBOLS = 80
"""Tokens that are written below each other; of longer texts none is."""


@dataclass(frozen=True)
class Picture:
    """What is drawn of one text, and beside it what is known of its real speech, where some was given.

    `mel` is (frames, bins), `durations` and `pitch` (in Hz) are those of each token, whose names are `symbols`. `given`
    and `given_pitch` (frames,), nan where there is none, are those of the recording; `alignment` (frames, tokens) holds
    the probabilities of the tokens.
    """

    mel: NDArray[Any]
    durations: NDArray[Any]
    pitch: NDArray[Any]
    symbols: Sequence[str]
    frame_rate: float
    title: str = ""
    given: NDArray[Any] | None = None
    given_pitch: NDArray[Any] | None = None
    alignment: NDArray[Any] | None = None


def draw_speech(picture: Picture, path: Path) -> None:
    """Writes PNG: mel features, those of the recording where it is given, the alignment, and the pitch, over time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = 3 + (picture.given is not None)
    figure = Figure(figsize=(9.0, 2.4 * rows + 0.6), layout="constrained", dpi=110)
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(rows, 1, sharex=True))
    if picture.given is not None:
        _features(axes.pop(0), picture.given, picture, "mel, recorded")
    _features(axes.pop(0), picture.mel, picture, "mel, answered")
    _alignment(axes.pop(0), picture)
    _pitch(axes.pop(0), picture)
    figure.suptitle(picture.title.replace("$", r"\$"))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _features(axes: Axes, mel: NDArray[Any], picture: Picture, title: str) -> None:
    axes.imshow(mel.T, origin="lower", aspect="auto", extent=(0, len(mel) / picture.frame_rate, 0, mel.shape[1]))
    axes.set(ylabel="bin", title=title)


def _alignment(axes: Axes, picture: Picture) -> None:
    """Probabilities where there are some, and the tokens one after the other as steps."""
    number, ends = len(picture.durations), np.cumsum(picture.durations) / picture.frame_rate
    if picture.alignment is not None:
        length = len(picture.alignment) / picture.frame_rate
        axes.imshow(picture.alignment.T, aspect="auto", cmap="Blues", extent=(0, length, number - 0.5, -0.5), vmin=0)
    axes.step(np.concatenate([[0], ends]), np.concatenate([[0], np.arange(number)]), color="tab:orange", linewidth=1)
    axes.set(title="alignment", ylabel="token", ylim=(number - 0.5, -0.5))
    if number <= MOST_SYMBOLS:
        axes.set_yticks(range(number), [symbol.replace("$", r"\$") for symbol in picture.symbols], fontsize=6)


def _pitch(axes: Axes, picture: Picture) -> None:
    ends = np.concatenate([[0], np.cumsum(picture.durations)]) / picture.frame_rate
    axes.stairs(picture.pitch, ends, baseline=None, color="tab:orange", label="answered, by token")
    if picture.given_pitch is not None:
        times = np.arange(len(picture.given_pitch)) / picture.frame_rate
        axes.plot(times, picture.given_pitch, color="tab:blue", linewidth=1, label="recorded")
    axes.set(xlabel="seconds", ylabel="Hz", title="pitch")
    axes.legend(loc="upper right", fontsize=7)
