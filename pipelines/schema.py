"""The JSON schema of a recipe (draft 2020-12), so that editors complete and check while one types."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from features import catalog
from manifests.corpora import CORPORA, reader_class
from manifests.splits import Split
from pipelines.recipe import SAID, Corpus, Recipe

Schema = dict[str, Any]

_VARIABLE = {"type": "string", "pattern": r"\$\{"}


def recipe_schema() -> Schema:
    """What a recipe may say: every stage of the catalog and every reader, with parameters and descriptions.

    Wherever a number, a truth value or one of a few names is expected, ${NAME} is allowed too.
    """
    stages = {name: catalog.stage_class(name) for name in catalog.names()}
    readers = {name: reader_class(name) for name in CORPORA}
    models: list[type[BaseModel]] = [Recipe, Corpus, Split, *stages.values(), *readers.values()]
    places, schema = models_json_schema([(model, "validation") for model in models], by_alias=True)
    found = {model: place["$ref"].rpartition("/")[2] for (model, _), place in places.items()}
    definitions: dict[str, Schema] = {name: _with_variables(part) for name, part in schema["$defs"].items()}
    recipe = definitions.pop(found[Recipe])
    names = {name: found[stage] for name, stage in stages.items()}
    recipe["properties"]["stages"]["items"] = _stage_entry(names, definitions)
    said = {name: definitions[found[Corpus]]["properties"][name] for name in SAID}
    own = {"split": {"$ref": f"#/$defs/{found[Split]}"}, **said}
    entries = [_corpus_entry(name, definitions[found[reader]], own) for name, reader in readers.items()]
    recipe["properties"]["corpora"]["additionalProperties"] = {"oneOf": entries}
    for unused in ("Corpus", "Reader", "Stage", *(found[reader] for reader in readers.values())):
        definitions.pop(unused, None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **recipe, "$defs": definitions}


def _stage_entry(names: dict[str, str], definitions: dict[str, Schema]) -> Schema:
    """A stage: its name, or its name with parameters; both are open to names that plugins add."""
    entries: dict[str, Schema] = {}
    for name, definition in names.items():
        parameters: Schema = {"$ref": f"#/$defs/{definition}"}
        required = "required" in definitions[definition]
        entries[name] = parameters if required else {"anyOf": [parameters, {"type": "null"}]}
    mapping = {"type": "object", "properties": entries, "minProperties": 1, "maxProperties": 1}
    return {"anyOf": [mapping, {"type": "string"}]}


def _corpus_entry(name: str, reader: Schema, own: dict[str, Schema]) -> Schema:
    """A corpus: its reader's name, with the reader's parameters beside it; `own` is what every corpus has."""
    return {
        **reader,
        "properties": {"reader": {"const": name}, **own, **reader["properties"]},
        "required": ["reader", *reader.get("required", [])],
    }


def _with_variables(part: Any) -> Any:
    """The schema with ${NAME} allowed beside every type that is no text."""
    if isinstance(part, list):
        return [_with_variables(item) for item in part]
    if not isinstance(part, dict):
        return part
    loose = {
        name: value if name in ("default", "enum", "examples") else _with_variables(value)
        for name, value in part.items()
    }
    if "enum" in part or part.get("type") in ("integer", "number", "boolean"):
        kept = {name: loose.pop(name) for name in ("title", "description", "default") if name in loose}
        return {**kept, "anyOf": [loose, _VARIABLE]}
    return loose
