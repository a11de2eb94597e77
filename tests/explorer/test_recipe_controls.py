"""Each control of three recipes is turned by keys in a real browser, and what it was turned to is walked and drawn."""

from __future__ import annotations

import json

import pytest

from explorer.world import World
from tests.in_browser import served, until

ANSWERED = "(({chain}) => chain.answer?.body === chain.state)(wavemill.explorer)"
REFUSED = "!document.getElementById('problem').hidden"
OTHER = "(box) => Array.from(box.options).find((one) => !one.selected && one.value !== 'null')?.value ?? null"


@pytest.fixture(scope="module")
def server(browser):
    with served(World.of()) as address:
        yield address


def turn(page, control):
    """Turns a control as a person with a keyboard does, by its kind; False where there is but one choice."""
    field = control.locator("select, input").first
    field.focus()
    kind = field.get_attribute("role") or field.get_attribute("type") or "select"
    if kind == "select":
        other = field.evaluate(OTHER)
        if other is not None:
            field.select_option(other)
        return other is not None
    if kind == "switch":
        page.keyboard.press("Space")
    elif kind == "range":
        before = field.input_value()
        page.keyboard.press("ArrowRight")
        if field.input_value() == before:
            page.keyboard.press("ArrowLeft")
    else:
        page.keyboard.press("Control+A")
        page.keyboard.type("1" if kind == "number" else "other")
        page.keyboard.press("Enter")
    return True


@pytest.mark.parametrize("recipe", ["spoken-words", "spoken-digits-augmented", "instruments"])
def test_every_control_is_turned_and_its_picture_drawn(visits, server, recipe):
    page = visits.open(server, "explore")
    page.fine.append("422")  # what does not fit the other parameters is refused, and said
    until(page, "window.wavemill?.explorer?.view.array")
    page.get_by_label("Take the chain of").select_option(label=recipe)
    until(page, f"wavemill.explorer.chain.state.stages.length > 1 && {ANSWERED}")
    stages = page.evaluate("wavemill.explorer.chain.state.stages")
    drawn, refused = [], []
    for at, (stage,) in enumerate(stages):
        number, count = 0, 1
        while number < count:
            page.evaluate(
                "(at) => wavemill.explorer.load({...at, source: wavemill.explorer.chain.state.source})",
                {"stages": stages, "at": at},
            )
            until(page, f"{ANSWERED} && !({REFUSED})")
            controls = page.locator("#chain .stage.selected .control")
            controls.first.wait_for()
            count = controls.count()
            name = controls.nth(number).locator("label.name").text_content()
            if turn(page, controls.nth(number)):
                until(
                    page, f"JSON.stringify(wavemill.explorer.chain.state.stages) !== {json.dumps(json.dumps(stages))}"
                )
                until(page, f"{ANSWERED} || {REFUSED}")
                (refused if page.locator("#problem").is_visible() else drawn).append(f"{stage}.{name}")
            number += 1
    assert len(drawn) == len(set(drawn)) > 15
    assert {one.partition(".")[2] for one in refused} <= {"of", "from", "color", "win_length", "sample_rate"}
