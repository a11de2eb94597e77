"""Fields that are one of several models, by the name in their value."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import ConfigError
from pipelines.named import Named
from pipelines.yaml_source import read_yaml
from tests.factories import write_lines


class Animal(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str


class Dog(Animal):
    name: Literal["dog"] = "dog"
    barks: int = Field(1, ge=0)


class Bird(Animal):
    name: Literal["bird"] = "bird"
    wing_span: float = Field(alias="wing span")


KINDS = {"dog": Dog, "bird": Bird}
asked: list[str] = []


def find(name: str) -> type[Animal]:
    asked.append(name)
    return KINDS[name]


class House(BaseModel):
    pet: Annotated[Animal, Named.among(Animal, KINDS, find)]
    guests: list[Annotated[Animal, Named.among(Animal, KINDS, find)]] = []


def test_the_name_says_which():
    asked.clear()
    house = House.model_validate({"pet": {"name": "dog", "barks": 3}, "guests": [{"name": "bird", "wing span": 0.5}]})
    assert house.pet == Dog(barks=3)
    assert house.guests == [Bird.model_validate({"wing span": 0.5})]
    assert asked == ["dog", "bird"]  # and no other


def test_a_value_that_is_one_already_stays():
    dog = Dog(barks=2)
    assert House(pet=dog).pet is dog


def test_what_is_dumped_is_read_again():
    house = House.model_validate({"pet": {"name": "bird", "wing span": 0.5}})
    dumped = house.model_dump(mode="json")
    assert dumped == {"pet": {"name": "bird", "wing span": 0.5}, "guests": []}
    assert House.model_validate(dumped) == house
    assert House.model_validate_json(house.model_dump_json()) == house


def test_a_value_is_read_as_strictly_as_the_model_around_it():
    with pytest.raises(ValidationError, match="valid integer"):
        House.model_validate_json('{"pet": {"name": "dog", "barks": "3"}}')
    assert House.model_validate({"pet": {"name": "dog", "barks": "3"}}).pet == Dog(barks=3)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pet: {name: cat}", "1:13 pet.name: expected dog or bird, got 'cat'"),
        ("pet: {name: dgo}", "pet.name: expected dog or bird, got 'dgo'; did you mean dog?"),
        ("pet: {name: dog, bark: 2}", "1:18 pet.bark: unknown parameter; did you mean barks?"),
        ("pet: {name: dog, barks: -1}", "1:25 pet.barks: must be at least 0, got -1"),
        ("pet: {barks: 1}", "pet.name: missing"),
        ("pet: dog", "pet: expected a mapping"),
        ("pet: {name: [dog]}", "pet.name: expected dog or bird"),
        ("{pet: {name: dog}, guests: [{name: dog, wings: 2}]}", "guests[0].wings: unknown parameter"),
    ],
)
def test_mistakes_are_named_where_they_stand(tmp_path, line, expected):
    path = write_lines(tmp_path / "house.yaml", line)
    with pytest.raises(ConfigError) as error:
        read_yaml(path, (), {}).validate(House)
    assert expected in str(error.value)
