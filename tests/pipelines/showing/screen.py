"""What a terminal would show of some output: the letters, and the colour of each half of a cell."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from pipelines.showing.blocks import _FIRST, _PALETTE

_ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")


def letters(line: str) -> str:
    """A line without its colours."""
    return _ESCAPE.sub("", line)


def pixels(lines: list[str]) -> NDArray[np.uint8]:
    """The colours of lines that are half blocks from end to end, uint8 of shape (2 x lines, columns, 3)."""
    return np.concatenate([_row(line) for line in lines])


def _row(line: str) -> NDArray[np.uint8]:
    colours: dict[int, list[int]] = {}
    found: list[list[list[int]]] = []
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        escape = _ESCAPE.fullmatch(piece)
        if escape:
            side, *code = (int(number) for number in escape[1].split(";"))
            if side == 0:
                colours.clear()
            else:
                colours[side] = code[1:] if code[0] == 2 else _PALETTE[code[1] - _FIRST].tolist()
        elif piece:
            assert set(piece) <= {"▀"}
            found += [[colours[38], colours[48]]] * len(piece)
    assert not colours, "colours go on behind the line"
    return np.array(found, np.uint8).transpose(1, 0, 2)
