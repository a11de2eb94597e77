"""A YAML configuration as it was written: values, where each stands, and every mistake at once.

    digits.yaml:14:20 stages[3].log_mel.n_mells: unknown parameter; did you mean n_mels?

Recipes and training configurations are read by this one. YAML itself is in yaml_nodes, variables in
environment, --set in overrides, and the wording of mistakes in wording.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from pipelines.environment import expand_all
from pipelines.errors import ConfigError, Place, Problem, Steps, format_steps
from pipelines.overrides import Override, rewrite
from pipelines.wording import either, known_at, message, suggest
from pipelines.yaml_nodes import Node, parse, resolve

MAX_BYTES = 128 << 10

Model = TypeVar("Model", bound=BaseModel)


class Document:
    """One configuration that was read. `text` is as typed: overrides in it, variables unexpanded."""

    def __init__(self, path: str, text: str, root: Node) -> None:
        self.path, self.text, self.root = path, text, root
        self.problems: list[Problem] = []
        self._reported: set[Steps] = set()

    def get(self, steps: Steps = ()) -> Any:
        """The value there, None where there is none."""
        node = self._find(steps)
        return None if node is None else node.plain()

    def read(self, steps: Steps, kind: Any) -> Any:
        """The value there as a `kind`; None, without a word, where it is none. `validate` says what is wrong."""
        try:
            return self._parse(steps, TypeAdapter(kind))
        except ValidationError:
            return None

    def report(self, steps: Steps, text: str, key: bool = False) -> None:
        """Remembers a mistake at a value, or at its `key`; the first one at each place counts."""
        if steps in self._reported:
            return
        self._reported.add(steps)
        node = self._nearest(steps)
        self.problems.append(Problem(node.key_at if key else node.at, format_steps(steps), text))

    def validate(self, model: type[Model]) -> Model:
        """The document as a `model`, strictly; ConfigError with every mistake, reported before or found now."""
        if not isinstance(self.root.value, dict):
            self.report((), "expected a mapping (name: value) at the top")
            raise ConfigError(self.problems)
        found: Model | None = None
        try:
            found = self._parse((), TypeAdapter(model))
        except ValidationError as error:
            self._explain(error.errors(), model)
        if self.problems or found is None:
            raise ConfigError(self.problems)
        return found

    def _explain(self, errors: Iterable[ErrorDetails], model: type[BaseModel]) -> None:
        whole = self.get()
        alternatives: dict[Steps, list[str]] = {}
        for error in errors:
            steps = self._steps((), error["loc"])
            if error["type"] == "extra_forbidden":
                known = known_at(model, whole, steps[:-1])
                hint = suggest(str(steps[-1]), known, used=self.get(steps[:-1]))
                self.report(steps, f"unknown parameter{hint}", key=True)
            elif error["type"] == "missing":
                self.report((*steps, error["loc"][-1]), "missing", key=True)
            elif error["loc"][-1:] == ("[key]",):
                self.report(steps, message(error), key=True)
            else:
                alternatives.setdefault(steps, []).append(message(error))
        for steps, messages in alternatives.items():
            self.report(steps, _merge(messages))

    def _parse(self, steps: Steps, adapter: TypeAdapter[Any]) -> Any:
        """The value there by an adapter; expanded text is a number where one is wanted."""
        while True:
            try:
                return adapter.validate_json(json.dumps(self.get(steps)), strict=True)
            except ValidationError as error:
                if not any(self._retype(self._steps(steps, found["loc"]), found["type"]) for found in error.errors()):
                    raise

    def _retype(self, steps: Steps, mistake: str) -> bool:
        """Whether a mistake is mended by reading the expanded text there as the number that it looks like."""
        node = self._find(steps)
        if node is None or not node.expanded or mistake not in ("int_type", "float_type", "bool_type"):
            return False
        before, node.value = node.value, resolve(str(node.value))
        return before != node.value

    def _steps(self, base: Steps, loc: Sequence[str | int]) -> Steps:
        """The path of a location of pydantic's below a path; it names members of unions too."""
        node, steps = self._nearest(base), list(base)
        for step in loc:
            below = _below(node, step)
            if below is not None:
                steps.append(step)
                node = below
        return tuple(steps)

    def _find(self, steps: Steps) -> Node | None:
        node: Node | None = self.root
        for step in steps:
            node = None if node is None else _below(node, step)
        return node

    def _nearest(self, steps: Steps) -> Node:
        node = self.root
        for step in steps:
            node = _below(node, step) or node
        return node


def read_yaml(path: str | Path, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Document:
    """The document in a file, with overrides (`a.b=value`) and environment variables in it.

    ConfigError for a file that cannot be read or is no YAML; other mistakes wait for `validate`.
    """
    text = _text(path)
    root, duplicates = parse(text, str(path))
    changes = [Override(typed) for typed in overrides]
    for change in changes:
        change.apply(root)
    document = Document(str(path), text if duplicates else rewrite(text, changes), root)
    document.problems += duplicates
    for steps, missing in expand_all(root, os.environ if environ is None else environ):
        document.report(steps, missing)
    return document


def _below(node: Node, step: str | int) -> Node | None:
    if isinstance(node.value, dict):
        return node.value.get(str(step))
    if isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def _merge(messages: Sequence[str]) -> str:
    """The messages of the members of a union as one."""
    expected = [text.removeprefix("expected ").rpartition(", got ") for text in dict.fromkeys(messages)]
    if len(expected) > 1 and all(part[0] for part in expected):
        return f"expected {either([part[0] for part in expected])}, got {expected[0][2]}"
    return messages[0]


def _text(path: str | Path) -> str:
    place = Place(str(path))
    try:
        with open(path, "rb") as source:
            content = source.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError([Problem(place, "", "no such file")]) from None
    except OSError as error:
        raise ConfigError([Problem(place, "", f"cannot be read: {error.strerror}")]) from None
    if len(content) > MAX_BYTES:
        raise ConfigError([Problem(place, "", f"larger than {MAX_BYTES >> 10} KiB; is it a configuration?")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise ConfigError([Problem(Place(str(path), line, column), "", "not UTF-8 text")]) from None
