"""Checkpoints: safetensors files that say what they are. Weights, and with them everything that predict needs.

The tensors are named `model.<parameter>`; a checkpoint to resume from holds `optimizer.` tensors, and one of the
random numbers of each rank (`rng.0`), too. One entry of the file's metadata, `wavemill`, is a JSON object: the fields
of `About`. Nothing in such a file can run code, and pickles are refused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from features.chain import Chain
from features.errors import ChainError
from manifests.generation import Generation
from manifests.spec import ArraySpec
from training.errors import CheckpointError

FORMAT = 2


@dataclass(frozen=True)
class About:
    """What a checkpoint says of itself. `chain`, `seed`, `arrays`, `fingerprint` and `fitted` are those of the store
    generation that it learnt from, and `stages`, which draw from `corpora`, ran on what was read from there; `heard`
    are the arrays behind them. `task` is its configuration and what it learnt; `state` is where training stands, to
    resume from.
    """

    model: dict[str, Any]
    task: dict[str, Any]
    chain: list[dict[str, Any]]
    seed: int
    fingerprint: str
    arrays: list[ArraySpec]
    fitted: dict[str, str] = field(default_factory=dict)
    stages: list[dict[str, Any]] = field(default_factory=list)
    corpora: dict[str, Any] = field(default_factory=dict)
    heard: list[ArraySpec] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT


def about_features(generation: Generation) -> dict[str, Any]:
    """The fields of About that come from the store."""
    return {
        "chain": generation.chain,
        "seed": generation.seed,
        "fingerprint": generation.fingerprint,
        "arrays": generation.arrays,
        "fitted": generation.fitted,
    }


def write(path: Path, tensors: Mapping[str, Tensor], about: About) -> None:
    """Writes a checkpoint whole or not at all: a temporary file beside it, fsync, rename."""
    content = save({name: tensor.contiguous() for name, tensor in tensors.items()}, {"wavemill": _encode(about)})
    temporary = path.with_name(f".{path.name}.tmp")
    with open(temporary, "wb") as sink:
        sink.write(content)
        sink.flush()
        os.fsync(sink.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # the name, too, is on disk before anything is built on it
    finally:
        os.close(folder)


def read(path: Path) -> tuple[dict[str, Tensor], About]:
    """The tensors of a checkpoint and what it says of itself; CheckpointError when it is none of ours."""
    if not path.is_file():
        raise CheckpointError(f"{path}: no checkpoint here; wavemill train writes one")
    try:
        with safe_open(path, framework="pt") as source:
            metadata = source.metadata() or {}
            tensors = {name: source.get_tensor(name) for name in source.keys()}  # noqa: SIM118 (it is no mapping)
    except SafetensorError as error:
        raise CheckpointError(
            f"{path}: no safetensors file ({error}). Checkpoints are never pickles (.pt, .ckpt), since reading one "
            "can run any code: train again, or save its weights with safetensors where you trust it"
        ) from error
    if "wavemill" not in metadata:
        raise CheckpointError(f"{path}: safetensors, but not of wavemill: its metadata do not say which features")
    return tensors, _decode(metadata["wavemill"], path)


def below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with a prefix, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def refuse(generation: Generation, about: About) -> None:
    """CheckpointError, naming stage and parameter, unless the store's features are those of the checkpoint.

    What only acts on the augmented copies of train may differ: it is not part of what a model hears later.
    """
    theirs, ours = (
        [s.identity() for s in parse_chain(chain).stages if s.acts_on("predict", 0)]
        for chain in (generation.chain, about.chain)
    )
    differences = _differences(theirs, ours)
    specs = [{spec.name: asdict(spec) for spec in arrays} for arrays in (generation.arrays, about.arrays)]
    if not differences:
        differences = [
            f"the array {name} is {specs[0][name]} in the store and {specs[1].get(name)} in the checkpoint"
            for name in specs[0]
            if specs[0][name] != specs[1].get(name)
        ]
    same_words = (generation.chain, generation.seed) == (about.chain, about.seed)
    if not differences and same_words and generation.fingerprint != about.fingerprint:
        differences = ["the same stages, in another version of wavemill or of a plugin"]
    if differences:
        raise CheckpointError(
            f"the checkpoint learnt from other features than the store holds: {'; '.join(differences)}. Build a "
            "store with the checkpoint's parameters, or train on this one"
        )


def parse_chain(described: list[dict[str, Any]], seed: int = 0) -> Chain:
    """The chain that a store or a checkpoint describes; CheckpointError when a stage of it is not known here."""
    try:
        return Chain.parse(described, seed)
    except ChainError as error:
        raise CheckpointError(f"{error}; a stage of your own is known once its file is named: --plugin FILE") from error


def _differences(theirs: list[dict[str, Any]], ours: list[dict[str, Any]]) -> list[str]:
    names = [[stage["stage"] for stage in chain] for chain in (theirs, ours)]
    if names[0] != names[1]:
        return [f"the stages are {' > '.join(names[0])} in the store and {' > '.join(names[1])} in the checkpoint"]
    return [
        f"{mine['stage']}.{key} is {other.get(key)!r} in the store and {mine.get(key)!r} in the checkpoint"
        for other, mine in zip(theirs, ours, strict=True)
        for key in sorted(other | mine)
        if other.get(key) != mine.get(key)
    ]


def _encode(about: About) -> str:
    return json.dumps(asdict(about), ensure_ascii=False)


def _decode(text: str, path: Path) -> About:
    try:
        found = json.loads(text)
        if found.get("format") != FORMAT:
            raise CheckpointError(f"{path}: checkpoint format {found.get('format')}; this version reads {FORMAT}")
        arrays, heard = ([ArraySpec(**item) for item in found.pop(name)] for name in ("arrays", "heard"))
        return About(arrays=arrays, heard=heard, **found)
    except (TypeError, KeyError, AttributeError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{path}: its metadata cannot be read: {error}") from error
