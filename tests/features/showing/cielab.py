"""Colours as people see them: CIE L*a*b* of sRGB, the other way round than features.showing.colours has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def lab(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """L*a*b* of colours (.., 3): IEC 61966-2-1, then CIE 15:2004."""
    part = rgb / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    # the primaries of sRGB, (x, y), at the lightnesses that together make its white, D65
    primaries = np.array([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]])
    xyz = np.stack([primaries[:, 0], primaries[:, 1], 1 - primaries.sum(axis=1)]) / primaries[:, 1]
    white = np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290])
    part_of_white = (linear @ (xyz * np.linalg.solve(xyz, white)).T) / white
    root = np.where(part_of_white > (6 / 29) ** 3, np.cbrt(part_of_white), part_of_white * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
