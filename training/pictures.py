"""Pictures of a run: its curves, and who was taken for whom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_curves(epochs: Sequence[dict[str, Any]], path: Path, title: str) -> None:
    """The losses, and the figures on the split that chooses, by epoch, as PNG."""
    figure = _figure(9.0, 3.5)
    losses, figures = figure.subplots(1, 2)
    numbers = [line["epoch"] for line in epochs]
    names = [name for name in epochs[0] if name.startswith("valid_") and name != "valid_loss"]
    for axes, shown, heading in ((losses, ["train_loss", "valid_loss"], "loss"), (figures, names, "valid")):
        for name in shown:
            values = [math.nan if line.get(name) is None else line[name] for line in epochs]
            axes.plot(numbers, values, marker=".", label=name)
        axes.set(xlabel="epoch", title=heading)
        axes.legend()
    figure.suptitle(title)
    figure.savefig(path)


def draw_confusion(matrix: Sequence[Sequence[int]], classes: Sequence[Any], path: Path, title: str) -> None:
    """A confusion matrix as PNG: truth down, answers across, each row coloured by its shares."""
    size = max(4.0, 0.45 * len(classes) + 1.5)
    figure = _figure(size, size)
    axes = figure.subplots()
    shares = [[count / max(1, sum(row)) for count in row] for row in matrix]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for y, row in enumerate(matrix):
        for x, count in enumerate(row):
            if count:
                dark = shares[y][x] > 0.5
                axes.text(x, y, str(count), ha="center", va="center", color="white" if dark else "black", fontsize=8)
    names = [str(name) for name in classes]
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="answer", ylabel="truth", title=title)
    figure.savefig(path)


def _figure(width: float, height: float) -> Figure:
    """A figure that is drawn in memory, without a display and without global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", dpi=110)
    FigureCanvasAgg(figure)
    return figure
