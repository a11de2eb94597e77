"""Reference: what a library is asked for, beside the chain of ours that is to give the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
Compute = Callable[[Values, float], Values]
"""The library's array in our layout, from what the last stage of the chain reads, and its rate per second; NaN where it
has no answer."""

Measure = Literal["relative", "cents", "level"]
"""relative: the largest difference over the reference's largest magnitude. cents: of pitch, where both are voiced.
level: as relative, of what the logarithm was taken of; the reference is handed the logarithm as it is."""


@dataclass(frozen=True)
class Reference:
    """One row of the tables: a chain, whose last stage is compared, and a library's way to the same numbers."""

    library: str
    chain: tuple[Mapping[str, Any], ...]
    compute: Compute
    measure: Measure | None = "relative"
    decibels: float = 0.0
    """For `level`: what one unit of the logarithm is, in decibels."""
    double: bool = False
    """Whether parity hands the library double precision: where a threshold decides, its own rounding would."""
    remark: str = ""
    """Why only the speed is compared, or what the library is told."""

    @property
    def stage(self) -> str:
        return next(iter(self.chain[-1]))

    @property
    def label(self) -> str:
        """The stage, with the parameters that are not its own defaults.

        >>> Reference("numpy", ({"gain": {"gain_db": 3, "act_on": "all"}},), lambda samples, rate: samples).label
        'gain (gain_db: 3)'
        """
        parameters = {key: value for key, value in self.chain[-1][self.stage].items() if key not in HIDDEN}
        shown = ", ".join(f"{key}: {value}" for key, value in parameters.items())
        return f"{self.stage} ({shown})" if shown else self.stage


HIDDEN = ("act_on", "of", "as")
NATURAL, DECIBEL = 10 / np.log(10), 1.0


def reference(library: str, *chain: Mapping[str, Any], **facts: Any) -> Callable[[Compute], Reference]:
    """Makes a Reference of the function that asks the library; `facts` are its other fields."""
    return lambda compute: Reference(library, chain, compute, **facts)
