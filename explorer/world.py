"""World: what a server was opened on: stores, recipes and runs by name, and the files that visitors sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pipelines
from explorer.errors import ExplorerError
from explorer.recipes import OpenedRecipe
from explorer.uploads import Uploads
from explorer.walking import Walker

T = TypeVar("T")

SHIPPED = Path(pipelines.__file__).parent / "recipes"


@dataclass(frozen=True)
class World:
    """What can be opened. Names are what pages and requests know; addresses and paths stay here."""

    stores: Mapping[str, str] = field(default_factory=dict)
    recipes: Mapping[str, OpenedRecipe] = field(default_factory=dict)
    runs: Mapping[str, Path] = field(default_factory=dict)
    uploads: Uploads = field(default_factory=Uploads)
    walker: Walker = field(default_factory=Walker)

    @classmethod
    def of(cls, stores: Iterable[str] = (), recipes: Iterable[str] = (), runs: Iterable[str] = ()) -> World:
        """Of addresses of stores, files of recipes (those that are shipped come with them), and folders of runs."""
        files = [*map(Path, recipes), *sorted(SHIPPED.glob("*.yaml"))]
        return cls(
            named((address.rstrip("/").rpartition("/")[2].partition("@")[0], address) for address in stores),
            named((path.stem, OpenedRecipe(path)) for path in files),
            named((path.name, path) for path in map(Path, runs)),
        )

    def store(self, name: str) -> str:
        """The address of a store; ExplorerError where there is none of that name."""
        if name not in self.stores:
            raise ExplorerError(f"no store is called {name!r} here", "store", 404)
        return self.stores[name]

    def recipe(self, name: str) -> OpenedRecipe:
        """A recipe; ExplorerError where there is none of that name."""
        if name not in self.recipes:
            raise ExplorerError(f"no recipe is called {name!r} here", "recipe", 404)
        return self.recipes[name]


def named(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """By name; where one comes again it has a number behind it.

    >>> named([("digits", 1), ("digits", 2)])
    {'digits': 1, 'digits-2': 2}
    """
    found: dict[str, T] = {}
    for name, value in pairs:
        number = 1
        while (wanted := name if number == 1 else f"{name}-{number}") in found:
            number += 1
        found[wanted] = value
    return found
