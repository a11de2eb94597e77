"""Overrides: `--set stages[3].log_mel.n_mels=80` changes one value of a configuration that was read."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML

from pipelines.errors import ConfigError, Place, Problem, Steps, format_steps
from pipelines.yaml_nodes import Node, parse

_STEP = re.compile(r"\.?([^.\[\]=]+)|\[([0-9]{1,6})\]")


class Override:
    """One `a.b=value` as typed: the path it leads to, and the value as YAML. ConfigError where it is none."""

    def __init__(self, typed: str) -> None:
        self.place = Place(f"--set {typed}")
        key, equals, self.text = typed.partition("=")
        steps = list(_STEP.finditer(key))
        if not equals or not steps or "".join(step[0] for step in steps) != key or key.startswith("."):
            raise ConfigError(
                [Problem(self.place, "", "write it as name.name=value, such as stages[3].log_mel.n_mels=80")]
            )
        self.path: Steps = tuple(int(s[2]) if s[2] else s[1] for s in steps)

    def apply(self, root: Node) -> None:
        """Sets the value in the nodes; mappings on the way are made where there are none."""
        node, _ = parse(self.text or "''", "", self.place)
        *way, last = self.path
        for depth, step in enumerate(way):
            root = self._child(root, step, depth)
        if isinstance(root.value, list):
            root.value[self._index(root.value, last)] = node
        else:
            self._mapping(root, len(way))[str(last)] = node

    def apply_to_text(self, loaded: Any) -> None:
        """The same in what ruamel's round-trip loader made; only after `apply` has found no fault."""
        *way, last = self.path
        for step in way:
            if isinstance(loaded, list):
                loaded = loaded[int(step)]
                continue
            if loaded.get(step) is None:
                loaded[step] = {}
            loaded = loaded[step]
        loaded[int(last) if isinstance(loaded, list) else str(last)] = YAML().load(self.text or "''")

    def _child(self, node: Node, step: str | int, depth: int) -> Node:
        if isinstance(node.value, list):
            return node.value[self._index(node.value, step)]
        return self._mapping(node, depth).setdefault(str(step), Node(None, self.place, self.place))

    def _mapping(self, node: Node, depth: int) -> dict[str, Node]:
        if node.value is None:
            node.value = {}
        if not isinstance(node.value, dict):
            there = format_steps(self.path[:depth])
            raise ConfigError([Problem(self.place, "", f"{there} is {node.value!r}, which has nothing inside to set")])
        return node.value

    def _index(self, items: list[Node], step: str | int) -> int:
        if not str(step).isdecimal() or int(step) >= len(items):
            raise ConfigError(
                [Problem(self.place, "", f"{step} is no place in a list of {len(items)}, counted from 0")]
            )
        return int(step)


def rewrite(text: str, overrides: Sequence[Override]) -> str:
    """The text with the overrides in it, its comments kept; as it was when there are none."""
    if not overrides:
        return text
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    loaded = yaml.load(text)
    for override in overrides:
        override.apply_to_text(loaded)
    sink = io.StringIO()
    yaml.dump(loaded, sink)
    return sink.getvalue()
