"""Left out: the reasons, with their counts, and expressions that find as many rows."""

from __future__ import annotations

import pytest

from explorer.browsing.columns import Columns
from explorer.browsing.left_out import expression, ledger
from manifests.store import Store
from pipelines.ledger import read_ledger
from tests.explorer.browsing.many import write_many
from tests.explorer.browsing.stores import selected


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return write_many(tmp_path_factory.mktemp("left-out") / "store", 4000, per_shard=900)


def test_the_ledger_of_the_browser_is_that_of_the_command_line(many):
    opened = Store.open(many)
    found, expected = ledger(Columns(opened)), read_ledger(opened).to_json()
    names = ("count", "fate", "stage", "reason")
    assert [{name: one[name] for name in names} for one in found["reasons"]] == expected["reasons"]
    (reason,) = found["reasons"]
    assert reason["reason"].endswith(" to 89 s are missing"), "numbers that differ are a range"


def test_the_expression_of_a_reason_finds_its_rows(many):
    (reason,) = ledger(Columns(Store.open(many)))["reasons"]
    assert len(selected(many, where=reason["where"])) == reason["count"] > 50


@pytest.mark.parametrize("reason", ['it\'s "odd": 3 of 4\\5', "piece 1, a\nb.wav: <script>", "12", ""])
def test_any_reason_can_be_asked_for(reason):
    import pyarrow as pa

    from manifests.where import Where

    table = pa.table({"fate": ["rejected", "produced"], "stage": ["decode", None], "reason": [reason, None]})
    assert Where(expression("rejected", "decode", reason)).mask(table).tolist() == [True, False]


def test_reasons_beyond_those_that_are_listed_are_counted(many, monkeypatch):
    monkeypatch.setattr("explorer.browsing.left_out.MOST", 0)
    found = ledger(Columns(Store.open(many)))
    assert (found["reasons"], found["others"]) == ([], read_ledger(Store.open(many)).totals["rejected"])
