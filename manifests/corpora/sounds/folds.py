"""Folded: a corpus whose publishers have divided it into folds, to be left out one after the other.

Clips cut from one recording share a fold. Who shuffles them anew has the same recording in train and test, and scores
that are too high; so the folds stay what they are, and parameters say which one tests and which one chooses.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from manifests.corpora.lists import Line
from manifests.corpora.reader import Reader


class Folded(Reader):
    """Label: `fold`, from 1 on. A score is the mean over all test folds, each with a model of its own."""

    folds: ClassVar[int]

    test_fold: int | None = Field(default=1, ge=1, description="The fold that is test; null for no split of its own.")
    valid_fold: int | None = Field(default=None, ge=1, description="The fold that is valid.")

    @model_validator(mode="after")
    def _fits_together(self) -> Folded:
        for name, fold in (("test_fold", self.test_fold), ("valid_fold", self.valid_fold)):
            if fold is not None and fold > self.folds:
                raise ValueError(f"{name} is {fold}; there are folds 1 to {self.folds}")
        if self.valid_fold is not None and self.test_fold in (None, self.valid_fold):
            raise ValueError("valid_fold needs a test_fold, and another one")
        return self

    def fold_of(self, line: Line) -> int:
        """The fold of a row; CorpusError where there is no such one."""
        fold = line.whole("fold")
        if not 1 <= fold <= self.folds:
            raise line.error(f"fold is {fold}; there are folds 1 to {self.folds}")
        return fold

    def split_of(self, fold: int) -> str | None:
        if self.test_fold is None:
            return None
        return {self.test_fold: "test", self.valid_fold: "valid"}.get(fold, "train")
