"""The page of a store in a real browser: the table over many rows, filters, one row, its sound, the ledger, links."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np
import pytest

from explorer.recipes import OpenedRecipe
from explorer.world import World
from manifests.store import Store
from pipelines.build import build
from tests.explorer.browsing.many import write_many
from tests.explorer.browsing.stores import damaged, rows_of, varied_store
from tests.in_browser import needs_axe, served, until, violations
from tests.pipelines.corpora import Tones
from tests.pipelines.in_process import in_process
from tests.stores import LOG_MEL, Made, log_mel, write_store
from training.scores import scores_file, write_scores
from training.tasks.classification import Classification, ClassificationConfig

MANY = 200_000
READY = "(document.querySelector('.table-bar .count')?.textContent ?? 'Reading …') !== 'Reading …'"
EVIL = "<img src=x onerror=alert(1)>'\"&"
CHAIN = "  - filter_duration: {min_seconds: 0.205}\n  - add_noise: {from: tones, snr_db: {uniform: [5, 20]}}\n"


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Stores by name, and a run that was evaluated on one of them."""
    place = tmp_path_factory.mktemp("browse")
    tones = Tones(place / "tones", 12, more=CHAIN, tail="copies: {train: 2}\n")
    with in_process():
        build(tones.recipe(), "inline")
        tones.add(12)
        build(tones.recipe("stages[4].log_mel.n_mels=24"), "inline")
    made = varied_store(place)
    hurt = Path(shutil.copytree(made, place / "hurt"))
    first = next(row for row in rows_of(Store.open(made)) if row["fate"] == "produced")
    damaged(hurt / Store.open(hurt).generation.shards[0].shard, first["log_mel.offset"])
    evil = Made(f"a/{EVIL}", {"log_mel": log_mel(np.random.default_rng(0), 9)}, {"word": EVIL}, EVIL, EVIL)
    write_store(place / "evil", {"train": [evil]}, (LOG_MEL,))
    write_many(place / "many", MANY)
    task = Classification(ClassificationConfig(label="x"), {"classes": ["a", "b"]})
    rows = [row for row in rows_of(Store.open(made)) if row["split"] == "test" and row["fate"] == "produced"]
    said = {"truth": "a", "answer": "b", "probability": 0.5}
    who = [{name: row[name] for name in ("key", "copy", "part")} for row in rows]
    answers = [{**one, "loss": float(at * 7 % 10), **said} for at, one in enumerate(who)]
    (place / "net").mkdir()
    write_scores(scores_file(place / "net", "test"), task, answers, {"store": f"{made}@1", "split": "test"})
    return {"tones": tones.store, "store": made, "hurt": hurt, "evil": place / "evil", "many": place / "many"}, place


@pytest.fixture(scope="module")
def server(browser, stores):
    named, place = stores
    recipe = {"tones": OpenedRecipe(place / "tones/recipe.yaml")}
    world = World({name: str(path) for name, path in named.items()}, recipe, {"net": place / "net"})
    with served(world) as address:
        yield address


@pytest.fixture
def visit(visits, server):
    """Opens a store's page on a state."""

    def opened(store, state=None, **looks):
        page = visits.open(server, f"stores/{store}{'#' + quote(json.dumps(state)) if state else ''}", **looks)
        until(page, READY)
        return page

    return opened


def shown(page):
    """The numbers of the rows in sight that are loaded, by their place."""
    return page.evaluate(
        """() => { const {table} = wavemill.browser; return [...document.querySelectorAll(".grid-row:not(.empty)")]
            .map((one) => [Number(one.dataset.index), table.row(Number(one.dataset.index)).row])
            .sort((a, b) => a[0] - b[0]); }"""
    )


def counted(page, text):
    until(
        page,
        f"document.querySelector('.table-bar .count').textContent.replaceAll('\\u202f', '') === {json.dumps(text)}",
    )


def loaded(page):
    until(page, "document.querySelector('.grid-row') && !document.querySelector('.grid-row.empty')")


def test_two_hundred_thousand_rows_are_scrolled_and_few_are_loaded(visit):
    page = visit("many")
    counted(page, f"{MANY} rows")
    loaded(page)
    assert shown(page)[0] == [0, 0]
    page.locator(".grid").focus()
    page.keyboard.press("End")
    until(page, f"wavemill.browser.table.row({MANY - 1})")
    loaded(page)
    assert shown(page)[-1] == [MANY - 1, MANY - 1]
    assert page.locator(".grid-row").count() < 40, "only what is in sight is in the page"
    page.keyboard.press("Home")
    loaded(page)
    assert shown(page)[0] == [0, 0]
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowDown")
    active = page.evaluate("wavemill.browser.table.active")
    assert page.locator(".grid").get_attribute("aria-activedescendant").endswith(f"-{active}")
    assert page.locator('.grid-row[aria-selected="true"]').get_attribute("aria-rowindex") == str(active + 2)
    assert 5 < active < 30


def test_the_scroll_bar_reaches_every_row_where_browsers_limit_heights(visit):
    page = visit("many")
    loaded(page)
    grid = "document.querySelector('.grid')"
    assert page.evaluate(f"{grid}.scrollHeight") < 9_000_000 < MANY * 56
    for share in (0.25, 0.5, 1.0, 0.0):
        page.evaluate(f"{grid}.scrollTop = {share} * ({grid}.scrollHeight - {grid}.clientHeight)")
        page.wait_for_timeout(50)
        loaded(page)
        first = shown(page)[0][0]
        assert abs(first - share * MANY) < 60, f"at {share}"
    before = shown(page)[0][0]
    page.mouse.move(900, 500)
    for _ in range(5):
        page.mouse.wheel(0, 112)
        page.wait_for_timeout(120)
    loaded(page)
    assert shown(page)[0][0] == before + 10, "the wheel moves rows pixel by pixel"


def test_filters_narrow_down_and_stand_in_the_address(visit, stores):
    page = visit("store")
    named, _ = stores
    found = [row for row in rows_of(Store.open(named["store"])) if "number 1" in (row["text"] or "").lower()]
    counted(page, "35 rows")
    page.get_by_label("Find").fill("number 1")
    counted(page, f"{len(found)} of 35 rows")
    page.get_by_label("Where").fill("speaker == 'theo'")
    page.keyboard.press("Enter")
    counted(page, f"{sum(row['speaker'] == 'theo' for row in found)} of 35 rows")
    page.get_by_role("radio", name="train").check()
    until(page, "location.hash.includes('theo') && location.hash.includes('train')")
    again = visit("store", json.loads(page.evaluate("decodeURIComponent(location.hash.slice(1))")))
    assert again.get_by_label("Where").input_value() == "speaker == 'theo'"
    assert again.locator(".table-bar .count").text_content() == page.locator(".table-bar .count").text_content()
    page.get_by_text("Clear filters").click()
    counted(page, "35 rows")


def test_pressing_a_bar_finds_as_many_rows_as_it_counts(visit):
    page = visit("store")
    bar = page.locator(".facet", has_text="Speaker").locator(".bars button").first
    bar.wait_for()
    count = bar.locator(".count").text_content()
    bar.click()
    counted(page, f"{count} of 35 rows")
    page.locator('.bars [aria-pressed="true"]').first.click()
    counted(page, "35 rows")
    bars = page.locator(".histogram button")
    label = bars.nth(0).get_attribute("aria-label")
    bars.nth(0).click()
    counted(page, f"{label.rpartition(': ')[2].removesuffix(' rows')} of 35 rows")
    assert page.evaluate("wavemill.browser.table.total") < 35


def test_a_wrong_expression_is_said_at_its_field(visit):
    page = visit("store")
    page.fine.append("422")
    page.get_by_label("Where").fill("spekaer == 'x'")
    page.keyboard.press("Enter")
    page.get_by_text("did you mean speaker?").wait_for()
    assert page.get_by_label("Where").get_attribute("aria-invalid") == "true"
    page.get_by_label("Where").fill("speaker == 'theo'")
    page.keyboard.press("Enter")
    counted(page, "10 of 35 rows")
    assert page.get_by_label("Where").get_attribute("aria-invalid") == "false"


def test_sorting_by_a_column_and_by_loss(visit, stores):
    named, _ = stores
    rows = rows_of(Store.open(named["store"]))
    page = visit("store")
    page.get_by_role("button", name="Length").click()
    until(page, "wavemill.browser.state.sort === 'seconds' && wavemill.browser.table.row(0)")
    loaded(page)
    seconds = [rows[row]["seconds"] for _, row in shown(page) if rows[row]["seconds"] is not None]
    assert seconds == sorted(seconds)
    assert page.locator('[aria-sort="ascending"]').text_content().startswith("Length")
    page.get_by_label("Sort by").select_option("score:net:test:loss")
    until(page, "wavemill.browser.state.descending && wavemill.browser.table.row(0)?.score")
    loaded(page)
    losses = page.evaluate("[0, 1, 2, 3].map((at) => wavemill.browser.table.row(at).score.loss)")
    assert losses == [9.0, 8.0, 7.0, 6.0]
    page.locator(".grid-row").first.click()
    page.get_by_text("a heard as b").wait_for()


def test_a_row_is_explained_and_its_bytes_are_those_of_the_store(visit, stores):
    named, _ = stores
    store = Store.open(named["tones"])
    number, row = next((at, row) for at, row in enumerate(rows_of(store)) if row["copy"] == 1)
    page = visit("tones", {"where": f"key == '{row['key']}' and copy == 1"})
    loaded(page)
    assert shown(page) == [[0, number]]
    page.locator(".grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    noise = json.loads(row["notes"])["add_noise"]
    page.locator(".story").get_by_text(f"clip {noise['clip']}").wait_for()
    assert f"snr {noise['snr_db']:.4g} dB" in page.locator(".story .drawn").text_content()
    verdicts = page.locator(".row-facts .verdict", has_text="the store's too")
    verdicts.nth(1).wait_for(state="attached")  # the arrays come in any order
    for number in range(2):
        page.locator(".row-facts summary").nth(number).click()
        verdicts.nth(number).wait_for()
    reader = store.shard(next(one for one in store.generation.shards if one.split == row["split"]))
    digests = page.locator(".row-facts .hash .whole").all_text_contents()
    assert digests == [hashlib.sha256(reader.read(row, name).tobytes()).hexdigest() for name in ("audio", "log_mel")]
    link = page.get_by_role("link", name="Open in the explorer").get_attribute("href")
    state = json.loads(unquote(link.partition("#")[2]))
    assert state["source"] == {"store": "tones", "generation": 2, "key": row["key"], "copy": 1, "part": 0}
    page.keyboard.press("Escape")
    page.locator(".row-panel").wait_for(state="hidden")


def test_a_row_that_is_opened_in_the_explorer_has_the_bytes_of_the_store(visit, visits, stores, server):
    key = next(row["key"] for row in rows_of(Store.open(stores[0]["tones"])) if row["copy"] == 0)
    page = visit("tones", {"where": f"key == '{key}' and copy == 0", "row": 1, "at": 0})
    link = page.get_by_role("link", name="Open in the explorer").get_attribute("href")
    opened = visits.open(server, link.rpartition("/")[2])
    opened.locator("#facts .verdict.good", has_text="the store's too").wait_for()
    opened.get_by_label("n_mels, slider").press("ArrowRight")
    opened.locator("#facts .verdict.bad", has_text="not what the store holds").wait_for()
    assert opened.locator("#facts .verdict", has_text="the store's too").count() == 0


def test_sound_is_played_and_stopped_from_the_table(visit):
    page = visit("tones")
    loaded(page)
    page.locator(".grid").focus()
    page.keyboard.press("ArrowDown")
    page.evaluate("wavemill.browser.player.audio.playbackRate = 0.1")
    page.keyboard.press(" ")
    until(page, "wavemill.browser.player.playing")
    page.locator('.grid-row [aria-label^="Pause"]').wait_for()
    page.keyboard.press(" ")
    until(page, "!wavemill.browser.player.playing")
    page.locator('.grid-row [aria-label^="Pause"]').wait_for(state="detached")
    assert page.evaluate("wavemill.browser.player.audio.paused")


def test_pictures_come_when_scrolling_rests(visit):
    page = visit("many")
    until(page, "[...document.querySelectorAll('.grid-row img')].filter((one) => one.naturalWidth === 160).length > 5")
    heights = page.evaluate("[...document.querySelectorAll('.grid-row img')].map((one) => one.naturalHeight)")
    assert set(heights) <= {0, 40}


def test_a_damaged_row_says_so_and_the_page_goes_on(visit):
    page = visit("hurt")
    page.fine.append("409")
    page.get_by_text("damaged").first.wait_for()
    page.locator(".grid-row", has_text="damaged").click()
    page.locator(".row-panel .problem", has_text="wavemill repair mends it").wait_for()
    until(page, "[...document.querySelectorAll('.grid-row img')].some((one) => one.naturalWidth === 160)")
    page.get_by_label("The next row").click()
    page.locator(".row-panel .view").first.wait_for()
    assert page.locator(".row-panel .problem:visible").count() == 0


def test_what_was_left_out_is_listed_and_found(visit):
    page = visit("tones", {"tab": "left-out"})
    reason = page.locator(".reason").first
    reason.wait_for()
    count = reason.locator(".count").text_content()
    reason.click()
    until(page, "wavemill.browser.state.tab === 'rows'")
    until(page, f"wavemill.browser.table.total === {count}")
    page.locator(".grid-row .fate.filtered").first.wait_for()
    assert page.locator(".grid-row .fate.filtered").count() == int(count)


def test_generations_are_compared(visit):
    page = visit("tones", {"tab": "history"})
    page.get_by_role("button", name="Compare").click()
    page.get_by_text("log_mel.n_mels").wait_for()
    assert "32 → 24" in page.locator(".stage-changes").text_content()
    page.locator(".differences details", has_text="1 recordings added").get_by_role("button").click()
    until(page, "window.wavemill?.browser?.state.find && wavemill.browser.table.total > 0")
    assert "0012" in page.get_by_label("Find").input_value()


def test_another_generation_is_opened(visit):
    page = visit("tones")
    page.get_by_label("Generation", exact=True).select_option("1")
    until(page, "window.wavemill?.browser?.store.generation === 1")
    assert page.get_by_label("Generation", exact=True).input_value() == "1"


def test_the_selection_is_exported(visit, tmp_path):
    page = visit("store", {"where": "speaker == 'theo'"})
    page.get_by_role("button", name="Export").click()
    assert "reader: table" in page.locator(".dialog pre").text_content()
    with page.expect_download() as coming:
        page.get_by_text("Download the manifest").click()
    path = tmp_path / "selection.jsonl"
    coming.value.save_as(path)
    assert coming.value.suggested_filename == "store-selection.jsonl"
    assert {json.loads(line)["speaker"] for line in path.read_text("utf-8").splitlines()} == {"theo"}


def test_whatever_comes_from_data_is_text(visit):
    page = visit("evil")
    loaded(page)
    row = page.locator(".grid-row", has_text=EVIL)
    assert row.locator(".text").text_content() == EVIL
    page.locator(".bars button", has_text=EVIL).first.wait_for()
    row.click()
    page.locator(".row-panel .facts dd", has_text=EVIL).first.wait_for()
    page.locator(".bars button", has_text=EVIL).first.wait_for(state="attached")
    page.keyboard.press("Escape")
    page.locator(".facet", has_text="Speaker").locator(".bars button").first.click()
    counted(page, "1 of 2 rows")


def test_a_link_shows_the_row_again(visit):
    page = visit("store", {"sort": "key", "descending": True})
    loaded(page)
    page.locator('.grid-row[data-index="7"]').click()
    page.locator(".row-panel .view").first.wait_for()
    until(page, "location.hash.includes('row')")
    again = visit("store", json.loads(page.evaluate("decodeURIComponent(location.hash.slice(1))")))
    again.locator(".row-panel .view").first.wait_for()
    assert again.locator("#row-title").text_content() == page.locator("#row-title").text_content()


@needs_axe
@pytest.mark.parametrize("state", [{}, {"tab": "left-out"}, {"tab": "history"}, {"at": 1, "row": 1}])
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)])
def test_axe_finds_nothing(visit, state, scheme, width):
    page = visit("tones", state, color_scheme=scheme, viewport={"width": width, "height": 844})
    if "row" in state:
        page.locator(".row-panel .view").first.wait_for()
        page.locator(".story summary").first.click()
    page.wait_for_timeout(400)
    assert not violations(page)
