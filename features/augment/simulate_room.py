"""SimulateRoom: a recording as it would sound in a room that is made up, by the image-source method (see room.py),
where no responses were recorded.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, model_validator

from features.augment.convolution import reverberated
from features.augment.room import Place, Room, room_response, shortest_rt60
from features.draws import Draws, Random, Uniform, bounds, within
from features.example import Audio
from features.signal.levels import finite
from features.stage import Augmentation, Rejected

_MARGIN = 0.5  # metres from every wall, or a quarter of the room where it is small


class SimulateRoom(Augmentation):
    """Audio as heard in a box-shaped room, as long and as loud as before, and in time with it.

    Source and microphone are anywhere in the room, half a metre from its walls at least; the notes hold their places.
    The same room is heard in every channel. Silence stays as it is.
    """

    name: ClassVar[str] = "simulate_room"
    version: ClassVar[int] = 1
    shown = ({"simulate_room": {"act_on": "all"}},)

    length_m: Annotated[Random, within(1, 100)] = Field(
        Uniform(uniform=(3, 10)), description="Length of the room in metres, between 1 and 100."
    )
    width_m: Annotated[Random, within(1, 100)] = Field(
        Uniform(uniform=(3, 8)), description="Width of the room in metres, between 1 and 100."
    )
    height_m: Annotated[Random, within(1, 100)] = Field(
        Uniform(uniform=(2.4, 4)), description="Height of the room in metres, between 1 and 100."
    )
    rt60_seconds: Annotated[Random, within(0.01, 10)] = Field(
        Uniform(uniform=(0.2, 0.8)), description="Time in which sound decays by 60 dB, in seconds, between 0.01 and 10."
    )

    @model_validator(mode="after")
    def _can_be(self) -> SimulateRoom:
        largest = (bounds(self.length_m)[1], bounds(self.width_m)[1], bounds(self.height_m)[1])
        shortest = shortest_rt60(largest)
        if bounds(self.rt60_seconds)[0] < shortest:
            size = " x ".join(f"{side:g}" for side in largest)
            raise ValueError(f"sound lasts {shortest:.2f} s at least in a room of {size} m: raise rt60_seconds")
        return self

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        room = self._room(draws)
        response, direct = room_response(room, value.sample_rate, draws.rng)
        wet = reverberated(value.samples, response, direct)
        return value if wet is None else finite(Audio(wet, value.sample_rate))

    def _room(self, draws: Draws) -> Room:
        size = (
            draws.number("length_m", self.length_m),
            draws.number("width_m", self.width_m),
            draws.number("height_m", self.height_m),
        )
        rt60 = draws.number("rt60_seconds", self.rt60_seconds)
        source, microphone = _inside(size, draws.rng), _inside(size, draws.rng)
        draws.remember("source_m", list(source))
        draws.remember("microphone_m", list(microphone))
        return Room(size, source, microphone, rt60)


def _inside(size: Place, rng: np.random.Generator) -> Place:
    """A place in the room, away from its walls."""
    x, y, z = (float(rng.uniform(min(_MARGIN, side / 4), side - min(_MARGIN, side / 4))) for side in size)
    return x, y, z
