"""The JSON schema: it describes what the models take, and lets variables through."""

from __future__ import annotations

import json
from typing import Any

import pytest

from features import catalog
from manifests.corpora import CORPORA
from pipelines.recipe import Recipe
from pipelines.schema import recipe_schema


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return recipe_schema()


def references(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*map(references, part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return own.union(*map(references, part.values()))


def test_it_names_every_key_stage_and_reader(schema: dict[str, Any]) -> None:
    assert set(schema["properties"]) == set(Recipe.model_fields)
    assert schema["additionalProperties"] is False
    stages = schema["properties"]["stages"]["items"]["anyOf"][0]["properties"]
    assert set(stages) >= set(catalog.STAGES)
    readers = schema["properties"]["corpora"]["additionalProperties"]["oneOf"]
    assert [entry["properties"]["reader"]["const"] for entry in readers] == list(CORPORA)
    assert all({"reader", "root"} <= set(entry["required"]) for entry in readers)


def test_parameters_stand_under_the_names_of_a_recipe(schema: dict[str, Any]) -> None:
    noise = schema["$defs"]["AddNoise"]
    assert {"from", "as", "of", "snr_db"} <= set(noise["properties"])
    assert noise["required"] == ["snr_db"]
    assert all("description" in parameter for parameter in noise["properties"].values())


def test_every_reference_leads_somewhere_and_it_is_json(schema: dict[str, Any]) -> None:
    found = references(schema)
    assert found == {f"#/$defs/{name}" for name in schema["$defs"]}
    assert json.loads(json.dumps(schema)) == schema


def test_variables_are_allowed_where_numbers_and_names_stand(schema: dict[str, Any]) -> None:
    variable = {"type": "string", "pattern": r"\$\{"}
    resample = schema["$defs"]["Resample"]["properties"]
    assert resample["sample_rate"]["anyOf"] == [{"type": "integer", "minimum": 1}, variable]
    assert variable in resample["quality"]["anyOf"]
    assert variable in schema["$defs"]["Store"]["properties"]["format"]["anyOf"]
