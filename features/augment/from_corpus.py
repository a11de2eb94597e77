"""What the augmentations share that draw clips from a corpus: noises, room responses, other speakers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from features.errors import FeatureError
from features.resources import Clip, Clips, Resources
from features.stage import Augmentation


class FromCorpus(Augmentation):
    """An augmentation that draws clips of a corpus, those of the example's own split."""

    from_: str | None = Field(None, alias="from", description="Name of the corpus that clips are drawn from.")

    _clips: Clips | None = PrivateAttr(None)

    def corpora(self) -> tuple[str, ...]:
        return (self.from_,) if self.from_ else ()

    def bind(self, resources: Resources, label: str) -> Self:
        if not self.from_:
            return self
        if self.from_ not in resources.clips:
            raise FeatureError(f"{self.name} draws from corpus {self.from_!r}, which is not there")
        bound = self.model_copy()
        bound._clips = resources.clips[self.from_]
        return bound

    def clips(self, split: str) -> Sequence[Clip]:
        """The clips that an example of `split` may hear, one at least."""
        clips = self._bound().of_split(split)
        if not clips:
            raise FeatureError(
                f"{self.name}: corpus {self.from_!r} has no clips for split {split!r}; give it a split too"
            )
        return clips

    def samples(self, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        """The clip in mono, (1, samples)."""
        return self._bound().audio(clip, sample_rate).samples

    def _bound(self) -> Clips:
        if self._clips is None:
            raise FeatureError(f"{self.name} has no clips: bind the chain to corpus {self.from_!r} first")
        return self._clips


def piece(samples: NDArray[np.float32], wanted: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], int]:
    """`wanted` samples from any place of a clip, (1, wanted), and the place; a clip that is shorter is looped.

    >>> piece(np.float32([[1, 2, 3]]), 3, np.random.default_rng(0))
    (array([[1., 2., 3.]], dtype=float32), 0)
    """
    length = samples.shape[1]
    if not length:
        return np.zeros((1, wanted), np.float32), 0
    if length >= wanted:
        offset = int(rng.integers(0, length - wanted + 1))
        return samples[:, offset : offset + wanted], offset
    offset = int(rng.integers(0, length))
    return np.resize(np.roll(samples, -offset), (1, wanted)), offset
