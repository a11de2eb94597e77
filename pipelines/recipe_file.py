"""Reading a recipe: every mistake in it, at once and where it stands, before anything runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from features.chain import Chain
from features.errors import ChainError
from features.stage import AudioShape, Augmentation, FeatureShape, FittedStage, Shape, Stage
from manifests.address import scheme_of
from manifests.corpora.reader import Reader
from manifests.errors import ManifestError
from manifests.index import COLUMNS
from manifests.splits import SPLITS, TRAIN, Split, standard_split
from pipelines.errors import ConfigError, PluginError, RecipeError
from pipelines.plugins import load_plugin
from pipelines.recipe import CorpusEntry, Origin, Recipe, StageEntry, Store, array_spec
from pipelines.wording import suggest
from pipelines.yaml_source import Document, read_yaml


def load_recipe(path: str | Path, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Recipe:
    """The recipe in a YAML file; RecipeError with every mistake.

    `overrides` are `a.b=value` as typed after --set; `environ` stands in for the process's own.
    """
    try:
        document = read_yaml(path, overrides, environ)
        plugins = _load_plugins(document)
        _check_corpora(document)
        _check_stages(document)
        recipe = document.validate(Recipe)
    except ConfigError as error:
        raise RecipeError(error.problems) from None
    return recipe.with_origin(Origin(str(path), document.text, plugins))


def _load_plugins(document: Document) -> tuple[str, ...]:
    paths = []
    for position, name in enumerate(document.read(("plugins",), list[str]) or []):
        path = Path(document.path).parent.resolve() / name
        try:
            load_plugin(path)
        except PluginError as error:
            document.report(("plugins", position), str(error))
        paths.append(str(path))
    return tuple(paths)


def _check_corpora(document: Document) -> None:
    """Every source is a corpus of the recipe, and every corpus is where its root says."""
    corpora = _mapping(document, ("corpora",))
    sources = document.read(("source",), list[str]) or []
    for position, name in enumerate(sources):
        if name not in corpora:
            document.report(("source", position), f"unknown corpus {name!r}{suggest(name, corpora)}")
        elif name in sources[:position]:
            document.report(("source", position), f"{name!r} is listed twice")
    for name in corpora:
        corpus = document.read(("corpora", name), CorpusEntry)
        problem = _root_problem(corpus.reader) if corpus is not None else None
        if problem:
            document.report(("corpora", name, "root"), problem)


def _root_problem(reader: Reader) -> str | None:
    root = reader.root
    try:
        if reader.files.is_there():
            return None
    except ManifestError as error:
        return str(error)
    if scheme_of(root):
        return f"nothing lies below {root}"
    return f"no such folder{'' if os.path.isabs(root) else ' in the current directory'}: {root}"


def _check_stages(document: Document) -> None:
    """The stages fit together as far as they are right by themselves; keep and copies fit the stages."""
    described = document.get(("stages",))
    if not isinstance(described, list) or not described:
        return
    given: dict[str, Shape] = {}
    if _name(described[0]) != "decode":
        document.report(("stages", 0), "the first stage must be decode, which turns a file into audio")
        given = {"audio": AudioShape()}
    read = [document.read(("stages", position), StageEntry) for position in range(len(described))]
    _check_clips(document, read)
    sound = read[: read.index(None)] if None in read else read
    shapes = _shapes(document, sound, given)
    _check_fitted(document, read)
    if None not in read:
        _check_copies(document, read)
        _check_gates(document, read)
        if shapes is not None:
            _check_keep(document, shapes)


def _check_clips(document: Document, stages: Sequence[Stage | None]) -> None:
    """Every corpus that stages draw from is there, also where other parameters of the stage are wrong."""
    corpora = _mapping(document, ("corpora",))
    for position, stage in enumerate(stages):
        name = stage.name if stage else str(_name(document.get(("stages", position))))
        parameters = _mapping(document, ("stages", position, name))
        wanted = stage.corpora() if stage else (parameters.get("from", ""),)
        for corpus in wanted:
            if isinstance(corpus, str) and corpus and corpus not in corpora:
                parameter = next((key for key, value in parameters.items() if value == corpus), "from")
                steps = ("stages", position, name, parameter)
                document.report(steps, f"unknown corpus {corpus!r}{suggest(corpus, corpora)}")


def _check_fitted(document: Document, stages: Sequence[Stage | None]) -> None:
    for position, stage in enumerate(stages):
        if isinstance(stage, FittedStage) and stage.on_arrays:
            document.report(
                ("stages", position),
                f"{stage.name} is fitted on what a store holds: write it under stages of a training configuration, and "
                f"what it reads under store.statistics here, so that later builds keep its statistics",
            )


def _shapes(document: Document, stages: Sequence[Stage], given: Mapping[str, Shape]) -> dict[str, Shape] | None:
    try:
        return Chain(stages).check(given)
    except ChainError as error:
        position = error.index or 0
        parameter = () if error.parameter is None else (error.parameter,)
        document.report(("stages", position, stages[position].name, *parameter), str(error))
        return None


def _check_keep(document: Document, shapes: Mapping[str, Shape]) -> None:
    store: Store | None = document.read(("store",), Store)
    if store is None:
        return
    for name, encoding in store.keep.items():
        steps = ("store", "keep", name)
        if name not in shapes:
            document.report(steps, f"no stage writes {name!r}{suggest(name, shapes)}", key=True)
        elif name in COLUMNS:
            document.report(
                steps, f"{name!r} is a column of every store; give the array another name with as:", key=True
            )
        else:
            try:
                array_spec(name, shapes[name], encoding)
            except ValueError as error:
                document.report(steps, str(error))
    features = [name for name in store.keep if isinstance(shapes.get(name), FeatureShape)]
    for position, name in enumerate(store.statistics):
        if name not in features:
            problem = f"{name!r} is no features that the store keeps{suggest(name, features)}"
            document.report(("store", "statistics", position), problem)


def _check_copies(document: Document, stages: Sequence[Stage]) -> None:
    copies = document.read(("copies",), dict[str, int]) or {}
    rule: Split | None = document.read(("split",), Split)
    known = [split for split in SPLITS if rule and (split == TRAIN or rule.share(split) is not None)]
    for split, count in copies.items():
        if rule and rule.source is None and split not in known:
            document.report(("copies", split), f"the recipe makes no split {split!r}{suggest(split, known)}", key=True)
        elif standard_split(split) != split:
            document.report(("copies", split), f"this split is called {standard_split(split)} here", key=True)
        elif count > 1 and not any(isinstance(s, Augmentation) and s.acts_on(split, 1) for s in stages):
            document.report(("copies", split), f"no stage augments copies of {split}, so all {count} would be the same")


def _check_gates(document: Document, stages: Sequence[Stage]) -> None:
    gate = "duplicate_fingerprint"
    if gate in _mapping(document, ("gates",)) and not any(stage.name == "fingerprint" for stage in stages):
        document.report(("gates", gate), "needs the stage fingerprint, behind decode", key=True)


def _mapping(document: Document, steps: tuple[str | int, ...]) -> dict[str, Any]:
    found = document.get(steps)
    return found if isinstance(found, dict) else {}


def _name(described: Any) -> Any:
    return next(iter(described), None) if isinstance(described, dict) else described
