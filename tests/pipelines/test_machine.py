"""Random operations on a store against a plain dictionary; make chaos takes thousands of steps, and some on Dask."""

from __future__ import annotations

from tests.chaos.machine import walk


def test_whatever_is_done_a_store_holds_what_the_dictionary_says() -> None:
    done = walk(60, start=2, length=12)
    assert done.total() >= 60, done
    assert len(done) >= 8, done
