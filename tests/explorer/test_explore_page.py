"""The explorer's page in a real browser: what it draws, says and plays, by pointer and by keys."""

from __future__ import annotations

import hashlib
import io
import json
from urllib.parse import quote

import numpy as np
import pytest
import soundfile
from ruamel.yaml import YAML

from explorer.signals import signal
from explorer.waves import float_wav
from explorer.world import World
from features.chain import Chain
from features.example import Example, Features, Source
from features.showing import colours
from tests.in_browser import needs_axe, served, until, violations

TONE = {"signal": "tone", "seconds": 1, "frequency_hz": 1000}


@pytest.fixture(scope="module")
def server(browser):
    with served(World.of()) as address:
        yield address


@pytest.fixture
def visit(visits, server):
    """Opens the explorer, or another page, on a state."""

    def opened(state=None, path="explore", **looks):
        page = visits.open(server, f"{path}{'#' + quote(json.dumps(state)) if state else ''}", **looks)
        if path == "explore":
            until(page, "window.wavemill?.explorer?.view.array")
        return page

    return opened


def state(*stages, source=TONE, **more):
    return {"source": source, "stages": list(stages), "at": len(stages) - 1, **more}


def digest(page):
    """The digest that the page took over the bytes that it drew, when it has said that the server's is the same."""
    page.locator("#facts .verdict.good").first.wait_for()
    return page.locator("#facts .hash .whole").text_content()


def made_here(*stages):
    """The last array of a chain on the tone, by the stage code, without a server."""
    audio = signal("tone", {name: value for name, value in TONE.items() if name != "signal"}).audio()
    chain = Chain.parse([{"decode": {"channels": "mono"}}, *stages])
    (example,) = chain.run(Example("tone", Source(float_wav(audio), "tone.wav"), split="train"))
    return next(reversed(example.arrays.values()))


def test_the_array_on_the_screen_is_the_one_that_the_stage_makes(visit):
    page = visit(state({"log_mel": {"n_mels": 40}}, keep={"log_mel": "float16"}))
    value = made_here({"log_mel": {"n_mels": 40}})
    assert isinstance(value, Features)
    assert digest(page) == hashlib.sha256(value.frames.astype("<f2").tobytes()).hexdigest()
    drawn = page.evaluate("Array.from(wavemill.explorer.view.picture.array.values)")
    assert np.array_equal(np.float32(drawn), value.frames.astype(np.float16).astype(np.float32).ravel())


def test_colours_are_those_of_the_pictures_drawn_by_python(visit):
    page = visit()
    found = page.evaluate("import(new URL('static/colours.js', document.baseURI)).then((one) => one.COLOURS)")
    assert found == colours.table().tolist()


def test_the_brightest_pixels_lie_at_the_frequency_of_the_tone(visit):
    page = visit(state({"stft": {"n_fft": 512, "hop_length": 128, "output": "power"}}))
    rows, columns, pixels = page.evaluate(
        """() => {
          const { plot, box } = wavemill.explorer.view.picture;
          const [x, y, w, h] = [box.left, box.top, box.width, box.height].map((one) => Math.round(one * box.ratio));
          const data = plot.getContext('2d').getImageData(x, y, w, h).data;
          return [h, w, Array.from(data.filter((_, at) => at % 4 === 1))];
        }"""
    )
    green = np.array(pixels).reshape(rows, columns)
    brightest = green[:, columns // 4 : columns // 2].mean(axis=1).argmax()
    assert abs((1 - brightest / rows) * 8000 - 1000) < 40


def test_halves_are_decoded_as_numpy_does(visit):
    page = visit()
    found = page.evaluate(
        """() => import(new URL('static/arrays.js', document.baseURI)).then(({decodeFloat16}) => {
          const values = decodeFloat16(Uint16Array.from({length: 65536}, (_, at) => at));
          return Array.from(new Uint32Array(values.buffer));
        })"""
    )
    wanted = np.arange(65536, dtype="<u2").view("<f2").astype(np.float32)
    given = np.array(found, np.uint32).view(np.float32)
    assert np.array_equal(given, wanted, equal_nan=True)
    assert np.array_equal(np.signbit(given[wanted == 0]), np.signbit(wanted[wanted == 0]))


def test_turning_a_slider_draws_again_and_is_timed(visit):
    page = visit(state({"log_mel": {}}))
    page.get_by_label("n_mels, slider").press("ArrowRight")
    until(page, "wavemill.explorer.view.array.width === 81 && wavemill.timings.at(-1)?.painted")
    timing = page.evaluate("wavemill.timings.at(-1)")
    assert 0 < timing["moment"] <= timing["sent"] <= timing["answered"] <= timing["drawn"] <= timing["painted"]
    assert page.locator(".control.changed").get_by_text("n_mels").count() == 1
    page.get_by_role("button", name="Put n_mels back to its default").click()
    until(page, "wavemill.explorer.view.array.width === 80")
    assert page.evaluate("wavemill.explorer.chain.state.stages") == [{"log_mel": {}}]


def test_of_many_turns_only_the_newest_is_asked_for(visit):
    page = visit(state({"log_mel": {}}))
    page.get_by_label("n_mels, slider").wait_for()
    asked = []
    page.on("request", lambda one: asked.append(one.url) if one.url.endswith("api/walk") else None)
    page.evaluate(
        """() => {
          const slider = document.querySelector('[aria-label="n_mels, slider"]');
          for (let at = 300; at < 400; at += 1) {
            slider.value = at;
            slider.dispatchEvent(new Event('input', {bubbles: true}));
          }
        }"""
    )
    wanted = page.evaluate("wavemill.explorer.chain.state.stages[0].log_mel.n_mels")
    until(page, f"wavemill.explorer.view.array.width === {wanted}")
    assert wanted != 80
    assert len(asked) <= 2


def test_the_recipe_beside_it_is_one(visit):
    steps = [
        {"gain": {"gain_db": {"uniform": [-6, 1e-7]}, "act_on": "all"}},
        {"log_mel": {"log": "db", "f_max": 7000.5}},
    ]
    page = visit(state(*steps))
    read = YAML(typ="safe").load(io.StringIO(page.locator("#recipe pre").text_content()))
    assert Chain.parse([{one: {}} if isinstance(one, str) else one for one in read["stages"]]).describe() == (
        Chain.parse([{"decode": {}}, *steps]).describe()
    )


def test_a_link_shows_the_same(visit):
    page = visit(state({"resample": {"sample_rate": 8000}}, {"log_mel": {"n_mels": 30}}))
    page.locator("#view .main-picture .picture").focus()
    page.keyboard.press("+")
    page.evaluate("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }")
    page.get_by_role("button", name="Copy link").click()
    until(page, "window.copied")
    other = visit(json.loads(page.evaluate("decodeURIComponent(new URL(copied).hash.slice(1))")))
    assert digest(other) == digest(page)
    view = "wavemill.explorer.view.picture.view"
    until(other, f"{view}.from > 0")
    assert other.evaluate(view) == pytest.approx(page.evaluate(view), abs=1e-5)


def test_zoom_and_cursor_by_keys(visit):
    page = visit(state({"stft": {"n_fft": 512, "hop_length": 160, "output": "magnitude"}}))
    page.locator("#view .main-picture .picture").focus()
    page.keyboard.press("+")
    spans = page.evaluate("[wavemill.explorer.view.picture.view, wavemill.explorer.view.wave.view]")
    assert spans[0]["to"] - spans[0]["from"] == pytest.approx(
        page.evaluate("wavemill.explorer.view.picture.extent.seconds") / 1.5
    )
    until(page, "wavemill.explorer.view.wave.array")
    page.keyboard.press("0")
    assert page.evaluate("wavemill.explorer.view.picture.full")
    page.evaluate("wavemill.explorer.view.picture.point({seconds: 0.5, row: 32.5})")
    page.keyboard.press("ArrowDown")
    words = page.locator("#view .reading span").all_text_contents()
    value = made_here({"stft": {"n_fft": 512, "hop_length": 160, "output": "magnitude"}}).frames[50, 31]
    assert words[:2] == ["0.500 s", "968.8 Hz (bin 31)"]
    assert float(words[2].replace("−", "-").split()[0]) == pytest.approx(value, rel=1e-3)


def test_dragging_and_the_wheel_zoom(visit):
    page = visit(state({"log_mel": {}}))
    box = page.locator("#view .main-picture .picture").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 84, steps=4)
    page.mouse.up()
    view = page.evaluate("wavemill.explorer.view.picture.view")
    assert 0.3 < view["from"] < 0.45
    assert 0.55 < view["to"] < 0.7
    page.mouse.wheel(0, -400)
    closer = page.evaluate("wavemill.explorer.view.picture.view")
    assert closer["to"] - closer["from"] < view["to"] - view["from"]
    page.mouse.dblclick(box["x"] + box["width"] * 0.5, box["y"] + 80)
    until(page, "wavemill.explorer.view.picture.full")


def test_a_and_b_and_their_difference(visit):
    page = visit(state({"log_mel": {}}))
    first = made_here({"log_mel": {}}).frames
    page.keyboard.press("a")
    page.get_by_label("power", exact=True).fill("1")
    until(page, "wavemill.explorer.chain.answer.body.stages[0].log_mel.power === 1")
    page.keyboard.press("Escape")
    page.locator("#view .play").focus()
    page.keyboard.press("x")
    assert page.locator("#view .view-title").text_content() == "A: log_mel"
    assert np.array_equal(np.float32(page.evaluate("Array.from(wavemill.explorer.view.array.values)")), first.ravel())
    page.keyboard.press("d")
    second = made_here({"log_mel": {"power": 1}}).frames
    shown = np.float32(page.evaluate("Array.from(wavemill.explorer.view.array.values)"))
    assert np.array_equal(shown, (second - first).ravel())
    page.keyboard.press("s")
    assert page.locator(".views .view-title:visible").all_text_contents() == ["A: log_mel", "B: log_mel"]
    page.get_by_label("n_mels", exact=True).fill("33")
    until(page, "wavemill.explorer.view.array.width === 33")
    page.locator("#view .play").focus()
    page.keyboard.press("d")
    page.get_by_text("A and B differ in shape").wait_for()


def test_stages_are_added_moved_and_removed_by_keys(visit):
    page = visit(state({"resample": {"sample_rate": 8000}}))
    names = "wavemill.explorer.chain.state.stages.map((one) => Object.keys(one)[0])"
    page.keyboard.press("n")
    page.keyboard.type("mfcc")
    page.keyboard.press("Enter")
    until(page, f"{names}.join() === 'resample,mfcc'")
    page.keyboard.press("n")
    page.keyboard.type("low_pass")
    page.keyboard.press("Enter")
    until(page, f"{names}.join() === 'resample,mfcc,low_pass'")
    page.keyboard.press("Alt+ArrowUp")
    assert page.evaluate(names) == ["resample", "low_pass", "mfcc"]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Delete")
    assert page.evaluate(names) == ["low_pass", "mfcc"]
    page.locator(".stage", has_text="mfcc").locator(".grip").drag_to(page.locator(".stage", has_text="low_pass").first)
    assert page.evaluate(names) == ["mfcc", "low_pass"]


def test_what_is_wrong_is_said_where_it_is(visit):
    page = visit(state({"resample": {"sample_rate": 8000}}, {"log_mel": {}}))
    page.fine.append("422")
    page.get_by_label("f_max", exact=True).fill("9000")
    page.locator(".control.wrong .alert").wait_for()
    assert "9000" in page.locator("#problem").text_content()
    assert page.locator("#view .view.stale").count() == 1
    page.get_by_label("f_max", exact=True).fill("")
    until(page, "!document.querySelector('.view.stale') && !document.querySelector('.control.wrong')")
    assert page.locator("#problem").is_hidden()


def test_a_recording_that_is_left_out_says_why(visit):
    page = visit(state({"filter_duration": {"max_seconds": 9}}, {"log_mel": {}}))
    page.locator(".stage-name", has_text="filter_duration").click()
    page.get_by_label("min_seconds", exact=True).fill("2")
    page.locator(".stage-verdict", has_text="filtered").wait_for()
    page.locator(".stage-name", has_text="log_mel").click()
    page.locator("#problem", has_text="filtered").wait_for()
    assert "min_seconds" in page.locator("#problem").text_content()


def test_it_plays_with_a_moving_cursor_and_pauses(visit):
    page = visit(state({"log_mel": {}}, source={**TONE, "seconds": 5}))
    page.evaluate("wavemill.explorer.view.player.addEventListener('time', ({detail}) => (window.heard = detail))")
    page.locator("#view .main-picture .picture").focus()
    page.keyboard.press(" ")
    until(page, "window.heard > 0.05")
    assert page.locator("#view .play").get_attribute("aria-label") == "Pause"
    assert page.locator("#view .badge").is_visible()
    page.keyboard.press(" ")
    until(page, "!wavemill.explorer.view.player.playing")


def test_a_file_of_ones_own_with_a_name_that_is_markup(visit):
    page = visit()
    rng = np.random.default_rng(3)
    samples = (0.1 * rng.standard_normal(8000)).astype(np.float32)
    file = io.BytesIO()
    soundfile.write(file, samples, 8000, "FLOAT", format="WAV")
    name = "<img src=x onerror=wrong()>.wav"
    page.get_by_label("File", exact=True).check()
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "audio/wav", "buffer": file.getvalue()})
    page.locator("#opened .hint", has_text="<img src=x").first.wait_for()
    page.locator(".stage-name", has_text="what was opened").click()
    until(page, "wavemill.explorer.view.array.kind === 'audio' && wavemill.explorer.view.array.rate === 8000")
    shown = page.evaluate("Array.from(wavemill.explorer.view.array.channels[0])")
    assert np.array_equal(np.float32(shown), samples)
    assert page.locator("img").count() == 0


def test_a_file_that_is_no_audio_is_refused_in_words(visit):
    page = visit()
    page.fine.append("422")
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(['no sound at all'], 'letter.wav'));
          document.body.dispatchEvent(new DragEvent('drop', {bubbles: true, dataTransfer: data}));
        }"""
    )
    page.locator("#opened .hint", has_text="letter.wav:").wait_for()
    assert "not audio" in page.locator("#opened .hint", has_text="letter.wav:").text_content()


def test_tokens_are_symbols(visit):
    page = visit(state({"characters": {}}, source={"signal": "speech", "said": "three"}))
    assert page.locator(".symbols .symbol").all_text_contents() == list("three")
    assert page.locator("#view .main-picture").is_hidden()


def test_signals_and_theirs_controls(visit):
    page = visit()
    page.get_by_label("Signal", exact=True).nth(1).select_option("chirp")
    until(page, "wavemill.explorer.chain.answer.body.source.signal === 'chirp'")
    page.get_by_label("seconds", exact=True).fill("0.5")
    until(page, "Math.abs(wavemill.explorer.view.wave.array?.seconds - 0.5) < 0.01")
    shown = page.evaluate("Array.from(wavemill.explorer.view.wave.array.channels[0])")
    assert np.array_equal(np.float32(shown), signal("chirp", {"seconds": 0.5}).audio().samples[0])


def test_themes_and_their_button(visit):
    page = visit(color_scheme="dark")
    assert page.evaluate("document.documentElement.dataset.look") == "dark"
    page.locator("#theme").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.look") == "light"


@pytest.mark.parametrize("path", ["explore", ""])
@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_is_wider_than_the_window(visit, path, width):
    page = visit(path=path, viewport={"width": width, "height": 800})
    page.locator("main").wait_for()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@needs_axe
@pytest.mark.parametrize("path", ["explore", ""])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing(visit, path, scheme, width):
    page = visit(path=path, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page.wait_for_load_state("networkidle")
    if path == "explore":
        page.keyboard.press("a")
        page.keyboard.press("s")
    assert not violations(page)
