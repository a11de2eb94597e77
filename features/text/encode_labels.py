"""EncodeLabels: a label of the recording, or several, as tokens: what a classifier is to answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import ClassVar

import numpy as np
from pydantic import Field, PrivateAttr

from features.draws import Draws
from features.errors import FeatureError
from features.example import Example, Tokens
from features.resources import Resources
from features.stage import PREDICT, FittedStage, Outcome, Rejected, Shape, Shapes, TokenShape

MOST = 1 << 15


class EncodeLabels(FittedStage):
    """Tokens, one for each value of the label: one class, or the classes of a multi-label, sorted.

    The vocabulary is that of train, sorted, and is kept in the store. `label: speaker` encodes the speaker.
    """

    name: ClassVar[str] = "encode_labels"
    version: ClassVar[int] = 1
    shown = ({"encode_labels": {"label": "tags", "as": "classes"}},)

    label: str = Field(min_length=1, description="The label that is encoded, text or a list of texts; or `speaker`.")
    as_: str = Field(alias="as", min_length=1, description="Name of the result.")

    _ids: dict[str, int] = PrivateAttr(default_factory=dict)

    def acts_on(self, split: str, copy: int) -> bool:
        return split != PREDICT

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        return {**shapes, self.as_: TokenShape(len(self._ids) or MOST)}

    def fit(self, examples: Iterable[Example]) -> str:
        seen = {value for example in examples for value in self._values(example)}
        if len(seen) > MOST:
            raise ValueError(f"encode_labels: {self.label!r} has more than {MOST} different values in train")
        return json.dumps(sorted(seen), ensure_ascii=False)

    def bind(self, resources: Resources, label: str) -> EncodeLabels:
        if label not in resources.fitted:
            raise FeatureError(f"{label} was not fitted on the labels of train; build the store first")
        bound = self.model_copy()
        bound._ids = {value: number for number, value in enumerate(json.loads(resources.fitted[label]))}
        return bound

    def apply(self, example: Example, draws: Draws) -> Outcome:
        values = self._values(example)
        if not values and self.label not in example.labels:
            return Rejected(f"it has no label {self.label!r}; there are {', '.join(example.labels) or 'none'}")
        new = next((value for value in values if value not in self._ids), None)
        if new is not None:
            return Rejected(f"{self.label} {new!r} is none of those of train; --refit takes it in")
        ids = sorted({self._ids[value] for value in values})
        return example.put(self.as_, Tokens(np.array(ids, np.int32)))

    def _values(self, example: Example) -> list[str]:
        value = example.speaker if self.label == "speaker" else example.labels.get(self.label)
        if value is None:
            return []
        return list(value) if isinstance(value, list) else [str(value)]
