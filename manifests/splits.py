"""Splits: who trains, who chooses, who tests. A seeded hash of the group decides, so growth moves nobody.

    split: {from: corpus}                                        the corpus's own
    split: {from: corpus, by: speaker, valid: 0.1}               the same, with valid carved out of its train
    split: {by: speaker, valid: 0.1, test: 0.2, seed: 7}         fractions of the groups
    split: {by: speaker, test: [theo], valid: 0.1}               named groups; the rest by fraction
    split: {by: speaker, test: [theo], valid: 0.1, valid_by: key}    the same, with voices of train in valid

A group's hash is a number from 0 to 1; those below `test` are test, those from 1 - `valid` on are valid. So
changing one fraction moves groups between that split and train only.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from manifests.errors import CorpusError, SplitError
from manifests.recording import Recording

TRAIN, VALID, TEST = SPLITS = ("train", "valid", "test")

ALIASES = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("valid", "validation", "val", "dev"), VALID),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), TEST),
}

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_MAX_NAMES = 1000
_MAX_KNOWN = 1 << 15


def standard_split(name: str) -> str:
    """The name that the field uses here: `dev` and `validation` are valid; unknown names stay, in lower case."""
    name = name.strip().lower()
    return ALIASES.get(name, name)


def position(seed: int, group: str) -> float:
    """A group's place in [0, 1): BLAKE2b of its name, keyed with the seed; uniform over groups."""
    digest = hashlib.blake2b(group.encode(), digest_size=8, key=str(seed).encode(), person=b"split").digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


def _share(value: Any) -> Any:
    if isinstance(value, list) and value:
        return [str(group) for group in value]
    if isinstance(value, int | float) and 0 < value < 1:
        return float(value)
    raise ValueError("a fraction between 0 and 1, or a list of groups: [theo]")


Share = Annotated[float | list[str], BeforeValidator(_share)]


class Split(BaseModel):
    """A recipe's `split:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["corpus"] | None = Field(default=None, alias="from", description="corpus: its own split.")
    by: str | None = Field(
        default=None, description="What stays together: speaker, path, key, or the name of a label.", min_length=1
    )
    valid: Share | None = Field(default=None, description="A fraction of the groups, or their names.")
    test: Share | None = Field(default=None, description="A fraction of the groups, or their names.")
    valid_by: str | None = Field(
        default=None, description="What valid is drawn by, where that is not `by`; valid is a fraction.", min_length=1
    )
    seed: int = Field(default=0, description="Another seed draws other groups.", ge=0, lt=1 << 63)

    @model_validator(mode="after")
    def _fits_together(self) -> Split:
        shares = [share for share in (self.valid, self.test) if share is not None]
        if self.source is None and self.by is None:
            raise ValueError("say `from: corpus`, or `by: speaker` with `valid` or `test`")
        if self.by is None and shares:
            raise ValueError("say by what valid and test are drawn: `by: speaker`, path, key or a label")
        if self.by is not None and not shares:
            raise ValueError(f"`by: {self.by}` needs `valid` or `test`, a fraction or a list of groups")
        if sum(share for share in shares if isinstance(share, float)) >= 1:
            raise ValueError("valid and test leave nothing to train")
        if self.valid_by is not None and not (isinstance(self.valid, float) and self.by is not None):
            raise ValueError("`valid_by` needs `by`, and a fraction for `valid`")
        both = set(self.named(VALID)) & set(self.named(TEST))
        if both:
            raise ValueError(f"{', '.join(sorted(both))} cannot be in valid and in test")
        return self

    def share(self, split: str) -> float | list[str] | None:
        return {VALID: self.valid, TEST: self.test}.get(split)

    def named(self, split: str) -> list[str]:
        """The groups that the recipe names for a split."""
        share = self.share(split)
        return share if isinstance(share, list) else []

    def fraction(self, split: str) -> float:
        share = self.share(split)
        return share if isinstance(share, float) else 0.0


class Assigner:
    """Gives each recording of a stream its split, and counts what came where.

    `recordings` counts by split. The groups of each split are remembered up to a thousand names, which
    bounds the memory for `by: key`; they are only for the message of `finish`.
    """

    def __init__(self, rule: Split) -> None:
        self.rule = rule
        self.recordings: Counter[str] = Counter()
        self._test, self._valid = rule.fraction(TEST), rule.fraction(VALID)
        self._named = {group: split for split in (VALID, TEST) for group in rule.named(split)}
        self._unseen = set(self._named)
        self._groups: set[str] = set()
        self._known: dict[str, str] = {}

    def assign(self, recording: Recording) -> str:
        """The split of a recording; CorpusError when it says nothing of what the rule asks for."""
        split = self._own(recording) if self.rule.source else TRAIN
        if split == TRAIN and self.rule.by is not None:
            group = _group(recording, self.rule.by)
            split = self._known.get(group) or self._know(group)
            if split == TRAIN and self.rule.valid_by is not None:
                place = position(self.rule.seed, _group(recording, self.rule.valid_by))
                split = VALID if place >= 1 - self._valid else TRAIN
        self.recordings[split] += 1
        return split

    def finish(self) -> None:
        """After the last row: SplitError for a named group that never came, and for a split that is empty."""
        for group in sorted(self._unseen):
            close = difflib.get_close_matches(group, self._groups, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            whose = "no recording of the corpus's train" if self.rule.source else "no recording"
            raise SplitError(f"split: {self._named[group]} names {group!r}, which {whose} has{hint}{self._there()}")
        if self.rule.by is None:
            return
        for split in SPLITS:
            asked = split == TRAIN or self.rule.share(split) is not None
            if asked and not self.recordings[split]:
                raise SplitError(f"split: {split} came out empty; change a fraction or the seed{self._there()}")

    def _own(self, recording: Recording) -> str:
        if recording.split is None:
            raise _error(recording, "has no split of its own; give the table one, or split `by: speaker`")
        split = standard_split(recording.split)
        if not _NAME.fullmatch(split):
            raise _error(recording, f"{recording.split!r} is no name for a split: letters, digits, - and _")
        return split

    def _know(self, group: str) -> str:
        """The split of a group that was not seen lately."""
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
        self._unseen.discard(group)
        if len(self._groups) < _MAX_NAMES:
            self._groups.add(group)
        self._known[group] = split = self._named.get(group) or self._drawn(group)
        return split

    def _drawn(self, group: str) -> str:
        place = position(self.rule.seed, group)
        if place < self._test:
            return TEST
        if self.rule.valid_by is not None:
            return TRAIN
        return VALID if place >= 1 - self._valid else TRAIN

    def _there(self) -> str:
        names = sorted(self._groups)
        more = f" and {len(names) - 20} more" if len(names) > 20 else ""
        over = "or more " if len(names) >= _MAX_NAMES else ""
        return f"; by {self.rule.by} there are {len(names)} {over}groups: {', '.join(names[:20])}{more}"


def _group(recording: Recording, by: str) -> str:
    """What a recording is kept together by."""
    if by in ("speaker", "key"):
        value = getattr(recording, by)
    elif by == "path":
        value, *others = {piece.span.path for piece in recording.pieces} or {recording.span.path}
        if others:
            raise _error(recording, "is composed of several files, which a split by path may tear apart")
    else:
        value = recording.labels.get(by)
    if isinstance(value, str):
        return value
    if value is None:
        label = by not in ("speaker", "path", "key")
        known = f"label {by!r}" if label else by
        labels = f"; its labels are {', '.join(recording.labels) or 'none'}" if label else ""
        raise _error(recording, f"has no {known}, and the recipe splits by it{labels}")
    if isinstance(value, list):
        raise _error(recording, f"label {by!r} is a list, which is no group")
    return str(value)


def _error(recording: Recording, problem: str) -> CorpusError:
    return CorpusError(f"{recording.key}: {problem}", recording.origin)
