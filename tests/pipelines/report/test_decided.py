"""What gates decided, from the generation alone."""

from __future__ import annotations

from dataclasses import replace

from manifests.store import Store
from pipelines.report.decided import ACCEPTED, PASSED, REFUSED, decisions, refusals

TEXT = "gates: {max_rejected: 5%, max_dropped: 2%, disjoint: [speaker], class_balance: {label: {max_ratio: 2}}}\n"
AGAINST = "gates.class_balance: label a; label b; gates.class_balance: kind; gates.disjoint: 3 values"


def test_each_gate_has_its_decision(built):
    made = replace(Store.open(built.root).generation, recipe_text=TEXT)
    share = f"{made.count('rejected') / made.count('recordings'):.2%} rejected"
    found = decisions(made, {"planned": {"dropped_recordings": 4}})
    assert [(one.gate, one.asked, one.outcome, one.found) for one in found] == [
        ("max_rejected", "5%", PASSED, share),
        ("max_dropped", "2%", PASSED, "4 dropped"),
        ("disjoint", '["speaker"]', PASSED, ""),
        ("class_balance", '{"label": {"max_ratio": 2}}', PASSED, ""),
    ]
    for reason, outcome in ((AGAINST, REFUSED), (f"published, though {AGAINST}", ACCEPTED)):
        refused = {one.gate: one for one in decisions(replace(made, reason=reason))}
        assert [name for name, one in refused.items() if one.outcome == outcome] == ["disjoint", "class_balance"]
        assert refused["class_balance"].found == "label a; label b; kind"
        assert refused["max_rejected"].outcome == PASSED


def test_no_gates_and_no_recipe(built):
    made = Store.open(built.root).generation
    assert decisions(replace(made, recipe_text="name: a\n")) == decisions(replace(made, recipe_text="")) == []


def test_reasons_that_are_no_refusals():
    assert refusals("built") == refusals("rolled back to generation 3") == refusals("") == {}
