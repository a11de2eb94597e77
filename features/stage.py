"""Stage: one step of a chain. A typed configuration, a version, and one pure method.

A stage does no I/O, logs nothing and counts nothing: the builder does. It answers an Example, several,
or a verdict with its reason. What it needs besides the example is a resource that the builder opens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Array, Audio, Example, Features, Tokens
from features.resources import Resources
from features.streaming import Stream


@dataclass(frozen=True, slots=True)
class Rejected:
    """This recording cannot be used: it is broken, or beyond the limits."""

    reason: str


@dataclass(frozen=True, slots=True)
class Filtered:
    """This recording is sound, and is left out as the recipe asks."""

    reason: str


Verdict = Rejected | Filtered

PREDICT = "predict"
"""The split of a recording that comes without text and labels, since these are what a model is asked for."""

Outcome = Example | Sequence[Example] | Rejected | Filtered


@dataclass(frozen=True, slots=True)
class AudioShape:
    """What is known of a waveform before anything runs; None where it depends on the recording."""

    sample_rate: int | None = None
    channels: int | None = None
    samples: int | None = None


@dataclass(frozen=True, slots=True)
class FeatureShape:
    """What is known of features before anything runs."""

    bins: int
    frame_rate: float | None = None
    frames: int | None = None


@dataclass(frozen=True, slots=True)
class TokenShape:
    """What is known of tokens before anything runs: how many different ones there are, and their rate."""

    vocabulary: int | None = None
    rate: float | None = None


Shape = AudioShape | FeatureShape | TokenShape
Shapes = Mapping[str, Shape]


class Stage(BaseModel):
    """Base of every stage: a frozen pydantic model whose fields are the stage's parameters.

    A subclass sets `name` and `version` (raised whenever the output changes), its parameters with their
    units in the names, and `check` and `apply`. `shown` is a short chain that ends with it, in JSON form: the
    documents, the explorer and the tests of all stages run it behind `decode`; by default it is the stage alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)

    name: ClassVar[str]
    version: ClassVar[int] = 1
    shown: ClassVar[Sequence[Mapping[str, Any]]] = ()
    source_digest: ClassVar[str] = ""  # of the file that a stage of a user's own comes from

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        """The shapes after this stage; ChainError when it cannot follow what comes before."""
        raise NotImplementedError

    def apply(self, example: Example, draws: Draws) -> Outcome:
        """The example after this stage, several of them, or a verdict. Pure: `example` is left as it was."""
        raise NotImplementedError

    def acts_on(self, split: str, copy: int) -> bool:
        """Whether this stage does its work on such an example; passes it on as `skip` says otherwise."""
        return True

    def skip(self, example: Example) -> Example:
        """The example where this stage does not act."""
        return example

    def corpora(self) -> tuple[str, ...]:
        """The names of the corpora whose clips this stage draws from."""
        return ()

    def bind(self, resources: Resources, label: str) -> Stage:
        """This stage with its resources opened; called once by whoever runs the chain.

        `label` is the stage's own in the chain, under which `resources.fitted` holds what `fit` answered.
        """
        return self

    def identity(self) -> dict[str, Any]:
        """What decides the output, as JSON: name, version, the source of a user's own stage, every parameter."""
        source = {"source_digest": self.source_digest} if self.source_digest else {}
        return {"stage": self.name, "version": self.version, **source, **self.model_dump(mode="json", by_alias=True)}


class Transform(Stage):
    """A stage that reads one array and writes one.

    Subclasses implement `transform` and `shape`; `writes` is the default name of the result, None where
    it replaces what was read.
    """

    reads: ClassVar[type[Audio] | type[Features] | type[Tokens]] = Audio
    writes: ClassVar[str | None] = None
    stretches: ClassVar[bool] = False  # whether the result is longer or shorter by a factor, which `stretch` tells

    of: str = Field("audio", description="Name of the array that is read.")
    as_: str | None = Field(None, alias="as", description="Name of the result; by default the stage's own.")

    @property
    def target(self) -> str:
        return self.as_ or self.writes or self.of

    def shape(self, before: Any) -> Shape:
        """The result's shape from that of the array that is read (AudioShape, FeatureShape or TokenShape)."""
        return before  # type: ignore[no-any-return]

    def transform(self, value: Any, draws: Draws) -> Array | Verdict:
        """The result from the array that is read."""
        raise NotImplementedError

    def applies(self, draws: Draws) -> bool:
        """Whether it acts on this one, where that is left to chance; what came of it is remembered."""
        return True

    def stretch(self, draws: Draws) -> float:
        """How many times as long the result will be, from the draws that `transform` makes; batches are cut by it."""
        return 1.0

    def stream(self, before: AudioShape, draws: Draws) -> Stream | None:
        """What makes the very same result of a waveform that comes in pieces; None where that cannot be.

        The rate and the channels of `before` are known. What is drawn is drawn here, or by the stream in its order.
        """
        return None

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        before = shapes.get(self.of)
        if before is None:
            known = ", ".join(shapes) or "none yet; start with decode"
            raise ChainError(f"{self.name} reads {self.of!r}, which no stage before it writes (there: {known})", "of")
        wanted, kind = _READS[self.reads]
        if not isinstance(before, wanted):
            raise ChainError(f"{self.name} reads {kind}, and {self.of!r} is none", "of")
        return {**shapes, self.target: self.shape(before)}

    def apply(self, example: Example, draws: Draws) -> Outcome:
        result = self.transform(example.arrays[self.of], draws)
        if isinstance(result, (Rejected, Filtered)):
            return result
        return example.put(self.target, result)

    def skip(self, example: Example) -> Example:
        return example.put(self.target, example.arrays[self.of]) if self.target != self.of else example


_READS: dict[type, tuple[type, str]] = {
    Audio: (AudioShape, "a waveform"),
    Features: (FeatureShape, "features"),
    Tokens: (TokenShape, "tokens"),
}


class TextStage(Stage):
    """A stage that changes the text of a recording and nothing else.

    Subclasses implement `rewrite`. What is fitted on texts sees them as these stages leave them. A recording whose
    text is to be found (`predict`) has none to change.
    """

    def acts_on(self, split: str, copy: int) -> bool:
        return split != PREDICT

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        return dict(shapes)

    def rewrite(self, text: str) -> str | Verdict:
        """The text after this stage."""
        raise NotImplementedError

    def apply(self, example: Example, draws: Draws) -> Outcome:
        if example.text is None:
            return Rejected("it has no text")
        text = self.rewrite(example.text)
        return replace(example, text=text) if isinstance(text, str) else text


class FittedStage(Stage):
    """A stage that must know something of the train split: a vocabulary, a BPE model, means and variances.

    It is fitted once, when the first build is planned, and what came of it is kept in the store's generations:
    a corpus that grows does not change it, until a build is told to `--refit`. One that is fitted `on_arrays`, which
    are not there before a build, is fitted by the loader, on what the store holds.
    """

    on_arrays: ClassVar[bool] = False

    def fit(self, examples: Iterable[Example]) -> str:
        """What is to be known, as JSON text, from the recordings of train: text, speaker and labels, and no arrays
        unless it is fitted `on_arrays`.

        Texts come as the text stages before this one leave them.
        """
        raise NotImplementedError

    def needs_fit(self) -> bool:
        """Whether it is to be fitted; False where the parameters say it all."""
        return True


class Augmentation(Transform):
    """A transform that makes copies differ: it acts on the train copies above 0, unless told otherwise.

    Where it does not act and writes under another name, the array is passed on under that name. A subclass that needs
    more of the example than the one array implements `augment`, and leaves `apply` as it is.
    """

    act_on: Literal["copies", "train", "all"] = Field(
        "copies", description="copies: train copies above 0; train: every train example; all: every example."
    )
    probability: float = Field(
        1.0, ge=0, le=1, description="How likely it acts, between 0 and 1; the notes then say `applied`."
    )

    def acts_on(self, split: str, copy: int) -> bool:
        if self.act_on == "all":
            return True
        return split == "train" and (copy > 0 or self.act_on == "train")

    def apply(self, example: Example, draws: Draws) -> Outcome:
        return self.augment(example, draws) if self.applies(draws) else self.skip(example)

    def applies(self, draws: Draws) -> bool:
        if self.probability == 1:
            return True
        applied = bool(draws.rng.random() < self.probability)
        draws.remember("applied", applied)
        return applied

    def augment(self, example: Example, draws: Draws) -> Outcome:
        """The example after this stage, where it acts."""
        return super().apply(example, draws)
