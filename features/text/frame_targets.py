"""FrameTargets: for each frame of some features, which events sound: the targets of sound event detection.

A frame belongs to an event when its centre, t / frame_rate, lies inside: onset <= centre < offset.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Example, Features
from features.stage import PREDICT, FeatureShape, Outcome, Rejected, Shape, Shapes, Stage


class FrameTargets(Stage):
    """Features, (frames, classes), 1 where an event of the class sounds and 0 elsewhere, beside those of `like`.

    The label is a list of events, each as "onset offset class" with times in seconds: "0.5 1.25 dog".
    """

    name: ClassVar[str] = "frame_targets"
    version: ClassVar[int] = 1
    shown = (
        {"log_mel": {"n_mels": 40}},
        {"frame_targets": {"label": "events", "classes": ["voice", "noise"], "like": "log_mel"}},
    )

    label: str = Field("events", description="The label that lists the events.")
    classes: tuple[str, ...] = Field(min_length=1, description="The classes, in the order of the columns.")
    like: str = Field(description="Name of the features whose frames are meant.")
    as_: str = Field("targets", alias="as", description="Name of the result.")

    def acts_on(self, split: str, copy: int) -> bool:
        return split != PREDICT

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        before = shapes.get(self.like)
        if not isinstance(before, FeatureShape):
            raise ChainError(f"frame_targets reads features {self.like!r}, which no stage before it writes", "like")
        return {**shapes, self.as_: FeatureShape(len(self.classes), before.frame_rate, before.frames)}

    def apply(self, example: Example, draws: Draws) -> Outcome:
        like = example.features(self.like)
        targets = np.zeros((len(like.frames), len(self.classes)), np.float32)
        events = example.labels.get(self.label, [])
        centres = np.arange(len(targets)) / like.frame_rate
        for event in [events] if isinstance(events, str) else events if isinstance(events, list) else [str(events)]:
            read = read_event(event)
            if isinstance(read, Rejected):
                return read
            onset, offset, name = read
            if name not in self.classes:
                return Rejected(f"the event {event!r} is of no class that frame_targets.classes lists")
            targets[(centres >= onset) & (centres < offset), self.classes.index(name)] = 1
        return example.put(self.as_, Features(targets, like.frame_rate))


def read_event(text: str) -> tuple[float, float, str] | Rejected:
    """Onset and offset in seconds, and the class, of an event as a label writes it.

    >>> read_event("0.5 1.25 dog")
    (0.5, 1.25, 'dog')
    """
    onset, _, rest = text.strip().partition(" ")
    offset, _, name = rest.strip().partition(" ")
    try:
        begins, ends = float(onset), float(offset)
    except ValueError:
        return Rejected(f"the event {text!r} is not written as `onset offset class`")
    if not 0 <= begins < ends < float("inf"):
        return Rejected(f"the event {text!r} does not end after it begins")
    return begins, ends, name.strip()
