"""Recipe: what a store is made of. Corpora in, stages in order, what is kept, and the limits.

A recipe is read by `load_recipe` (pipelines.recipe_file), which finds every mistake before anything runs;
these models hold what was read, and answer what planning asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    ValidationInfo,
    create_model,
)
from pydantic_core import PydanticCustomError

from features import catalog
from features.chain import Chain
from features.stage import AudioShape, Shape, Stage, TokenShape
from manifests.corpora import CORPORA, reader_class, require_reader
from manifests.corpora.reader import Reader
from manifests.licences import require_licence
from manifests.spec import ArraySpec, Encoding
from manifests.splits import Split
from pipelines.gates.config import Gates
from pipelines.named import parse_as
from pipelines.schedule.cron import Cron
from pipelines.schedule.zones import zone
from pipelines.units import Bytes, Duration
from pipelines.wording import Chosen, suggest


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise ValueError(f"a name has letters, digits and . _ - only, got {text!r}")
    return text


Name = Annotated[str, AfterValidator(_name)]
"""Becomes part of keys and of file names."""

Count = Annotated[int, Field(ge=1)]

Text = Annotated[str, Field(min_length=1)]

SAID = ("licence", "attribution", "url")
"""What a recipe may say of a corpus that decides no byte of a shard."""

LEAST_MEMORY = 512 << 20
"""Address space in bytes: Python, numpy, Arrow and the decoders are loaded before a recording is."""


def _enough(memory: int) -> int:
    if memory < LEAST_MEMORY:
        raise ValueError(f"a builder takes nearly {LEAST_MEMORY >> 20} MiB before its first recording; give it more")
    return memory


def _cron(text: str) -> str:
    Cron.parse(text)
    return text


def _zone(text: str) -> str:
    zone(text)
    return text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Corpus(_Part):
    """Where recordings come from. In a recipe the reader's parameters stand beside its name."""

    reader: Reader = Field(description="How the corpus is read.")
    split: Split | None = Field(None, description="How clips that stages draw from are divided; a source needs none.")
    licence: Annotated[str, AfterValidator(require_licence)] | None = Field(
        None, description="Licence of what brings none of its own, such as cc-by-4.0; by default the reader's."
    )
    attribution: Text | None = Field(None, description="How its publishers want to be named; by default the reader's.")
    url: Text | None = Field(None, description="Page of the corpus; by default the reader's.")


def _corpus_type(value: Any) -> Any:
    """What a corpus entry must look like, which depends on the reader it names."""
    name = value.get("reader") if isinstance(value, Mapping) else None
    if name not in CORPORA:
        known: Any = Annotated[str, AfterValidator(require_reader)]
        return create_model("Corpus", __config__=ConfigDict(extra="allow"), reader=(known, ...))
    reader = reader_class(cast(str, name))
    beside: Any = {name: (field.rebuild_annotation(), field) for name, field in Corpus.model_fields.items()}
    return create_model("Corpus", __base__=reader, **(beside | {"reader": (str, ...)}))


def _read_corpus(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, Corpus):
        return value
    found = parse_as(_corpus_type(value), value, info)
    reader = reader_class(found.reader)
    beside = {name: getattr(found, name) for name in Corpus.model_fields if name != "reader"}
    return Corpus(reader=reader(**{name: getattr(found, name) for name in reader.model_fields}), **beside)


def _dump_corpus(corpus: Corpus) -> dict[str, Any]:
    split = (
        {}
        if corpus.split is None
        else {"split": corpus.split.model_dump(mode="json", by_alias=True, exclude_none=True)}
    )
    said = {name: value for name in SAID if (value := getattr(corpus, name)) is not None}
    return {"reader": corpus.reader.name, **corpus.reader.model_dump(mode="json", by_alias=True), **split, **said}


def _stage_type(value: Any) -> Any:
    """What a stage entry must look like, which depends on the stage it names."""
    if not isinstance(value, Mapping):
        raise PydanticCustomError("stage", "write a stage as its name, or as its name with parameters below it")
    if len(value) != 1:
        keys = ", ".join(value)
        raise PydanticCustomError("stage", f"a stage has one name, got {keys}; indent parameters below the name")
    (name,) = value
    if name not in catalog.names():
        raise PydanticCustomError("stage", f"unknown stage {name!r}{suggest(name, catalog.names())}")
    return dict[str, catalog.stage_class(name)]  # type: ignore[misc]


def _read_stage(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, Stage):
        return value
    entry = {value: {}} if isinstance(value, str) else value
    if isinstance(entry, Mapping):
        entry = {name: {} if parameters is None else parameters for name, parameters in entry.items()}
    (stage,) = parse_as(_stage_type(entry), entry, info).values()
    return stage


CorpusEntry = Annotated[Corpus, Chosen(_corpus_type), BeforeValidator(_read_corpus), PlainSerializer(_dump_corpus)]
StageEntry = Annotated[
    Stage,
    Chosen(_stage_type),
    BeforeValidator(_read_stage),
    PlainSerializer(lambda stage: {stage.name: stage.model_dump(mode="json", by_alias=True)}),
]


class Store(_Part):
    """Where the result lies, and what of each example it keeps."""

    path: str = Field(min_length=1, description="Folder of the store, relative to the current directory.")
    format: Literal["arrow", "tar"] = Field("arrow", description="Format of the shards.")
    keep: dict[str, Encoding] = Field(min_length=1, description="The arrays that are kept, each with its encoding.")
    statistics: list[str] = Field([], description="Features whose mean and variance over train the store keeps.")
    shard_bytes: Bytes = Field(128 << 20, description="Size that a shard is filled to, such as 128 MiB.")


class Limits(_Part):
    """What one recording may cost before its builder is stopped and the recording set aside."""

    memory: Annotated[Bytes, AfterValidator(_enough)] = Field(
        4 << 30, description="Address space of a builder, such as 4 GiB; 512 MiB at least."
    )
    seconds: float = Field(120.0, gt=0, allow_inf_nan=False, description="Wall-clock seconds for one recording.")


class Schedule(_Part):
    """When the store is brought up to date; `wavemill schedule` makes it happen."""

    cron: Annotated[str, AfterValidator(_cron)] = Field(description="Five fields as in crontab, such as 0 2 * * *.")
    timezone: Annotated[str, AfterValidator(_zone)] = Field("UTC", description="Time zone, such as Europe/Berlin.")
    deadline: Duration | None = Field(None, description="A build that takes longer is stopped, such as 6h.")


class Notify(_Part):
    """A command that hears of every build: the note of the run comes on its standard input, as JSON."""

    command: list[Annotated[str, Field(min_length=1)]] = Field(
        min_length=1, description="Program and arguments; no shell reads them."
    )
    on: list[Literal["success", "failure"]] = Field(
        ["success", "failure"], min_length=1, description="Of what it hears; an interrupted build is a failure."
    )


class Retain(_Part):
    """Which generations `gc` keeps besides the current one: those that either rule keeps."""

    generations: Count | None = Field(None, description="So many of the newest.")
    days: Count | None = Field(None, description="Every one that is younger than so many days.")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a recipe was read from.

    `text` is what a store keeps: overrides applied, environment variables as they were typed. `plugins` are
    the absolute paths of the files that the recipe's own stages come from.
    """

    path: str = ""
    text: str = ""
    plugins: tuple[str, ...] = ()


class Recipe(_Part):
    """A whole recipe, every default filled in."""

    name: Name = Field(description="Short name of the store.")
    description: str = Field("", description="What the store is for.")
    seed: int = Field(0, ge=0, lt=1 << 63, description="Seed of everything that is drawn.")
    corpora: dict[Name, CorpusEntry] = Field(min_length=1, description="The corpora, each under a name.")
    source: list[str] = Field(min_length=1, description="Names of the corpora whose recordings are built.")
    split: Split = Field(Split.model_validate({"from": "corpus"}), description="How the recordings are divided.")
    copies: dict[str, Count] = Field({}, description="Copies of each recording by split; copy 0 is not augmented.")
    stages: list[StageEntry] = Field(min_length=1, description="The stages, in order; the first one is decode.")
    store: Store
    gates: Gates = Gates()
    limits: Limits = Limits()
    schedule: Schedule | None = Field(None, description="When the store is brought up to date by itself.")
    notify: Notify | None = Field(None, description="What is run when a build has ended.")
    retain: Retain = Retain()
    plugins: list[str] = Field([], description="Python files with stages of one's own, relative to the recipe.")

    _origin: Origin = PrivateAttr(default_factory=Origin)

    @property
    def origin(self) -> Origin:
        return self._origin

    @property
    def path(self) -> Path:
        """The file that the recipe was read from."""
        return Path(self._origin.path)

    @property
    def text(self) -> str:
        """The recipe as a store keeps it: overrides applied, environment variables unexpanded."""
        return self._origin.text

    def with_origin(self, origin: Origin) -> Recipe:
        copy = self.model_copy()
        copy._origin = origin
        return copy

    def chain(self) -> Chain:
        """The stages in order, with the recipe's seed."""
        return Chain(self.stages, self.seed)

    def arrays(self) -> list[ArraySpec]:
        """What the store keeps of each example, in order of the name; ChainError where the stages do not fit."""
        shapes = self.chain().check()
        return [array_spec(name, shapes[name], encoding) for name, encoding in sorted(self.store.keep.items())]


def array_spec(name: str, shape: Shape, encoding: Encoding) -> ArraySpec:
    """How an array of such a shape lies on disk; ValueError for an encoding that cannot hold it."""
    if isinstance(shape, AudioShape):
        if encoding == "int32":
            raise ValueError(f"{name} is a waveform, and int32 holds tokens; write flac, int16, float16 or float32")
        return ArraySpec(name, "audio", encoding, shape.channels, shape.sample_rate)
    if isinstance(shape, TokenShape):
        if encoding not in ("int16", "int32") or (encoding == "int16" and (shape.vocabulary or 0) > 1 << 15):
            raise ValueError(f"{name} is tokens, which {encoding} does not hold all of; write int32")
        return ArraySpec(name, "tokens", encoding, 1, shape.rate)
    if encoding in ("flac", "int16", "int32"):
        raise ValueError(f"{name} is features, and {encoding} does not hold them; write float16 or float32")
    return ArraySpec(name, "features", encoding, shape.bins, shape.frame_rate)
