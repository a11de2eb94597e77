"""The chapters in a real browser: every figure draws, every control draws again, questions and folds, by keys alone."""

from __future__ import annotations

import json
import os
from urllib.parse import quote, unquote, urlparse

import numpy as np
import pytest

from explorer.chapters import CHAPTERS
from explorer.signals import signal
from explorer.waves import float_wav
from explorer.world import World
from tests.explorer.asking import asked, client, walk
from tests.explorer.figures import described
from tests.in_browser import WAIT, served, violations

NUMBERS = [one.number for one in CHAPTERS]


@pytest.fixture(scope="module")
def server(browser):
    with served(World.of()) as address:
        yield address


@pytest.fixture
def visit(visits, server):
    """Opens a chapter."""

    def opened(number, prepare=None, **looks):
        page = visits.open(server, f"chapters/{number}", prepare, **looks)
        until(page, "() => Object.keys(window.wavemill?.figures ?? {}).length > 0")
        until(page, "() => Object.values(wavemill.figures).every((one) => one.controls)")
        return page

    return opened


def until(page, condition, argument=None):
    page.wait_for_function(condition, arg=argument, timeout=WAIT)


def shown(page, name):
    """A figure that has drawn."""
    figure = page.locator(f"#figure-{name}")
    figure.scroll_into_view_if_needed()
    until(page, "(name) => wavemill.figures[name].drawn > 0", name)
    return figure


def drawn(page, name):
    return page.evaluate("(name) => wavemill.figures[name].drawn", name)


def press_until_drawn(page, name, key):
    """Presses a key where the focus is, and waits until the figure has drawn again."""
    before = drawn(page, name)
    page.keyboard.press(key)
    until(page, "([name, before]) => wavemill.figures[name].drawn > before", [name, before])


def inks(page, name):
    """How many different colours each canvas of a figure has: one is nothing."""
    return page.evaluate(
        """(name) => [...wavemill.figures[name].host.querySelectorAll('canvas.plot')]
          .filter((one) => one.offsetParent && one.width > 10)
          .map((one) => {
            const { data } = one.getContext('2d').getImageData(0, 0, one.width, one.height);
            return new Set(new Uint32Array(data.buffer)).size;
          })""",
        name,
    )


@pytest.mark.parametrize("number", NUMBERS)
def test_every_figure_draws_and_each_control_draws_it_again_by_keys(number, visit):
    page = visit(number)
    for name in described(number):
        figure = shown(page, name)
        assert all(count > 2 for count in inks(page, name)), name
        assert figure.locator(".problem:visible").count() == 0, name
        choose_each(page, figure, name)
        turn_each(page, figure, name)


def choose_each(page, figure, name):
    """Chooses each option, with the controls that it has, and the first one again."""
    groups = figure.locator(".live-choice")
    for at in range(groups.count()):
        radios = groups.nth(at).get_by_role("radio")
        radios.first.focus()
        for _ in range(radios.count() - 1):
            press_until_drawn(page, name, "ArrowRight")
            turn_each(page, figure, name)
        radios.first.focus()
        page.keyboard.press("Space")


def turn_each(page, figure, name):
    """Turns each control that is there, and goes back to where the focus was."""
    focus = page.evaluate_handle("document.activeElement")
    controls = figure.locator(".live-control:visible")
    for at in range(controls.count()):
        one = controls.nth(at)
        slider, choice, switch = one.locator("input[type=range]"), one.locator("select"), one.get_by_role("switch")
        if slider.count():
            slider.focus()
            end = slider.input_value() == "1000"
            press_until_drawn(page, name, "ArrowLeft" if end else "ArrowRight")
        elif choice.count():
            last = choice.evaluate("(one) => one.selectedIndex === one.options.length - 1")
            choice.focus()
            press_until_drawn(page, name, "ArrowUp" if last else "ArrowDown")
        else:
            switch.focus()
            press_until_drawn(page, name, "Space")
        one.locator(".back").focus()
        page.keyboard.press("Enter")
    focus.as_element().focus()


@pytest.mark.parametrize("number", NUMBERS)
def test_questions_formulas_and_sources_by_keys(number, visit):
    page = visit(number)
    for question in page.locator(".question").all():
        assert question.locator(".answer").is_hidden()
        question.get_by_role("button", name="Show the answer").focus()
        page.keyboard.press("Enter")
        assert question.locator(".answer").is_hidden(), "an answer is wanted first"
        right = question.get_attribute("data-answer")
        radios = question.get_by_role("radio")
        if radios.count():
            radios.nth(int(right) - 1).focus()
            page.keyboard.press("Space")
        else:
            question.locator("input").focus()
            page.keyboard.type(right)
        page.keyboard.press("Enter")
        assert question.locator(".answer").is_visible()
        assert question.locator(".verdict-line").text_content() == "Right."
    for fold in page.locator("details.formula, details.aside").all():
        fold.locator("summary").focus()
        page.keyboard.press("Enter")
        assert fold.locator("math, table").first.is_visible()
    source = page.locator(".live-foot details").first
    if source.count():
        source.locator("summary").focus()
        page.keyboard.press("Enter")
        source.locator(".code-lines li").first.wait_for()
        assert source.locator(".code-lines li").first.text_content().startswith("class ")
        assert "features/" in source.locator(".about").first.text_content()


def test_a_wrong_answer_is_told_and_giving_up_is_allowed(visit):
    page = visit(1)
    first, second = page.locator(".question").all()[:2]
    first.locator("input").fill("9000")
    first.get_by_role("button", name="Show the answer").click()
    assert first.locator(".verdict-line").text_content() == "Not quite."
    second.get_by_role("button", name="I give up").click()
    assert second.locator(".answer").is_visible()
    assert second.locator("li.right").count() == 1


@pytest.mark.parametrize("number", NUMBERS)
def test_links_open_the_explorer_on_what_the_figure_shows(number, visit):
    page, visitor = visit(number), client()
    for name in described(number):
        href = shown(page, name).get_by_role("link", name="Open this in the explorer").get_attribute("href")
        state = json.loads(unquote(urlparse(href).fragment))
        for one in [state, *([state["a"]] if "a" in state else [])]:
            show = one.get("show") or [[one.get("at", len(one["stages"]) - 1), one.get("name")]]
            answer = asked(visitor, one["source"], *one["stages"], show=show, copy=one.get("copy", 0))
            assert answer.status_code == 200, f"{name}: {answer.text}"


def test_a_link_is_followed_with_what_was_turned(visit):
    page = visit(2)
    figure = shown(page, "octaves")
    figure.get_by_label("Pitch, slider").focus()
    press_until_drawn(page, "octaves", "ArrowRight")
    link = figure.get_by_role("link", name="Open this in the explorer")
    link.focus()
    page.keyboard.press("Enter")
    until(page, "() => window.wavemill?.explorer?.view.array && wavemill.explorer.comparing.kept")
    pitch = page.evaluate("wavemill.explorer.chain.state.source.frequency_hz")
    assert pitch > 110
    assert page.evaluate("wavemill.explorer.view.array.name") == "cqt"
    assert page.evaluate("wavemill.explorer.comparing.kept.array.name") == "stft"


def measured(page, name):
    """The numbers under a figure, by their labels."""
    return page.evaluate(
        """(name) => Object.fromEntries([...wavemill.figures[name].measured.children]
          .map((one) => [one.querySelector('dt').textContent, one.querySelector('dd').textContent]))""",
        name,
    )


def number_in(text):
    return float(text.split()[0].replace("\u2212", "-"))


def test_measures_are_what_numpy_computes(visit):
    page, visitor = visit(1), client()
    shown(page, "sampling")
    page.locator("#figure-sampling").get_by_role("spinbutton", name="Frequency").fill("9000")
    until(page, "() => wavemill.figures.sampling.measured.textContent.includes('7 kHz')")
    shown(page, "bits")
    chain = described(1)["bits"]["chains"][0]
    _, (was, rounded) = walk(visitor, chain["source"], *chain["stages"], show=[[-1, "audio"], [0, "rounded"]])
    error = (rounded - was).astype(np.float64)
    snr = 10 * np.log10(np.mean(np.square(was, dtype=np.float64)) / np.mean(error**2))
    found = measured(page, "bits")
    assert number_in(found["Signal above error"]) == pytest.approx(snr, abs=0.06)
    assert number_in(found["By the rule of six decibels a bit"]) == pytest.approx(6.02 * 4 + 1.76 - 1, abs=0.06)
    assert found["Bits a second"] == "64 kbit/s"


def test_what_the_browser_makes_of_cepstra_is_the_inverse_transform(visit):
    import scipy.fft

    page, visitor = visit(3), client()
    shown(page, "mfcc")
    chain = described(3)["mfcc"]["chains"][0]
    mfcc = walk(visitor, chain["source"], *chain["stages"], show=[[1, "mfcc"]])[1][0].astype(np.float64)
    wanted = scipy.fft.idct(np.pad(mfcc, ((0, 0), (0, 27))), axis=1, norm="ortho")
    found = page.evaluate("Array.from(wavemill.figures.mfcc.views[1].array().values)")
    assert np.array(found).reshape(wanted.shape) == pytest.approx(wanted, abs=1e-3)
    said = measured(page, "mfcc")["What comes back is off by, as a root mean square"]
    bands = walk(visitor, chain["source"], *chain["stages"], show=[[0, "log_mel"]])[1][0]
    assert number_in(said) == pytest.approx(np.sqrt(np.mean((wanted - bands) ** 2)), abs=0.01)


def test_attention_sums_to_one_and_is_the_softmax_of_the_frames(visit):
    page, visitor = visit(4), client()
    shown(page, "attention")
    chain = described(4)["attention"]["chains"][0]
    frames = walk(visitor, chain["source"], *chain["stages"], show=[[1, "log_mel"]])[1][0].astype(np.float64)
    frames /= np.sqrt(np.mean(frames**2, axis=1, keepdims=True))
    scores = frames @ frames.T / (0.5 * np.sqrt(frames.shape[1]))
    wanted = np.exp(scores - scores.max(axis=1, keepdims=True))
    wanted /= wanted.sum(axis=1, keepdims=True)
    found = np.array(page.evaluate("Array.from(wavemill.figures.attention.views[1].array().values)")).reshape(
        wanted.shape
    )
    assert found == pytest.approx(wanted, abs=1e-5)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.all(found.diagonal() >= found.max(axis=1) - 1e-6), "nothing fits a frame better than itself"


def test_receptive_fields_are_as_the_formula_says(visit):
    page = visit(4)
    module = "import(new URL('../static/receptive.js', document.baseURI))"
    found = page.evaluate(f"{module}.then((one) => one.fieldOf({{layers: 4, kernel: 3, stride: 1, growing: true}}))")
    assert found == {"frames": 31, "jump": 1}
    spread = page.evaluate(
        f"{module}.then((one) => one.tree({{layers: 3, kernel: 5, stride: 2, growing: false}}).levels.at(-1))"
    )
    assert max(spread) - min(spread) + 1 == 1 + 4 * (1 + 2 + 4)


def test_a_sound_is_played_and_stays_below_full_scale(visit):
    page = visit(1)
    figure = shown(page, "bits")
    figure.get_by_role("button", name="Play").first.press("Enter")
    until(page, "() => wavemill.figures.bits.player.playing || wavemill.figures.bits.player.audio.ended")
    numbers = ".then(({ blob }) => blob.arrayBuffer()).then((one) => Array.from(new Int16Array(one.slice(44))))"
    samples = page.evaluate(f"() => wavemill.figures.bits.sound([0, 0, 'rounded']){numbers}")
    assert 1000 < np.abs(samples).max() <= 10 ** (-3 / 20) * 32768 + 1
    view = "wavemill.figures.bits.views[1]"
    error = page.evaluate(f"() => {view}.sound({view}.array())(){numbers}")
    assert np.abs(error).max() == pytest.approx(0.25 * 32767, abs=2)
    assert error[0] == 0
    assert error[-1] == 0


def test_words_above_a_wave_zoom_to_themselves(visit):
    page = visit(0)
    figure = shown(page, "zoom")
    figure.get_by_role("button", name="seven, 1.37 to 1.78 s").press("Enter")
    view = page.evaluate("wavemill.figures.zoom.views[0].picture.view")
    assert view["from"] == pytest.approx(1.3673 - 0.15 * 0.4156, abs=0.01)
    assert view["to"] < 1.86
    figure.get_by_role("radio", name="Single samples").focus()
    page.keyboard.press("Space")
    figure.locator(".sample-list li").first.wait_for()
    assert figure.locator(".sample-list li").count() == 33
    assert number_in(figure.locator(".sample-list li").first.text_content()) == round(
        float(walk(client(), {"signal": "speech", "said": "sentence"}, show=[[-1, "audio"]])[1][0][0, 24000]) * 32768
    )


def test_an_option_shows_its_part_also_where_the_signal_before_was_shorter(visit):
    page = visit(2)
    figure = shown(page, "angles")
    before = drawn(page, "angles")
    figure.get_by_role("radio", name="A click").press("Space")
    until(page, "(before) => wavemill.figures.angles.drawn > before", before)
    view = page.evaluate("wavemill.figures.angles.views[0].picture.view")
    assert (view["from"], view["to"]) == pytest.approx((0.95, 1.05), abs=0.005), "the click is at 1 s"


def test_side_lobes_are_not_told_from_points_that_miss_them(visit):
    page = visit(2)
    figure = shown(page, "leakage")
    assert measured(page, "leakage")["Highest side lobe"] == "−13 dB"
    figure.get_by_role("combobox", name="Points").select_option("400")
    until(page, "() => wavemill.figures.leakage.measured.textContent.includes('not to be told')")


def test_without_a_run_a_chapter_says_how_to_come_by_one(visit):
    page = visit(0)
    until(page, "() => document.querySelectorAll('.models.without').length === 4")
    assert "wavemill serve --run" in page.locator(".models").first.text_content()


RUNS = {"hears": "classification", "writes": "recognition", "speaks": "synthesis"}
SAID = {
    "hears": [{"label": "7", "probability": 0.75, "top": [{"label": "7", "probability": 0.75}], "summary": "7 0.750"}],
    "writes": [{"text": "seven", "summary": "<b>seven</b>"}],
    "speaks": [{"summary": "spoken"}],
}


def pretend(page, asked):
    """Answers for runs in place of the server, which would need trained ones."""

    def about(route):
        known = route.fetch().json()
        route.fulfill(json={**known, "runs": [{"name": name} for name in RUNS]})

    def run(route):
        name = urlparse(route.request.url).path.split("/")[3]
        if not route.request.url.endswith("/answer"):
            route.fulfill(json={"name": name, "task": RUNS[name], "model": "Model", "speakers": ["ada"]})
            return
        asked.append((name, route.request.post_data_json))
        facts = {"task": RUNS[name], "answers": SAID[name]}
        if name == "speaks":
            told = {"X-Wavemill-Answer": quote(json.dumps(facts))}
            route.fulfill(body=float_wav(signal("tone", {}).audio()), headers=told, content_type="audio/wav")
        else:
            route.fulfill(json=facts)

    page.route("**/api/about", about)
    page.route("**/api/runs/**", run)


def test_trained_runs_are_asked_and_their_answers_shown_as_text(visit):
    asked = []
    page = visit(0, prepare=lambda page: pretend(page, asked))
    for task, said in (("classification", "75 %"), ("recognition", "<b>seven</b>"), ("synthesis", "spoken")):
        block = page.locator(f"[data-model={task}]")
        block.get_by_role("button", name="Ask it").press("Enter")
        block.locator(".model-answer").get_by_text(said).wait_for()
    assert page.locator("[data-model=synthesis] audio").count() == 1
    assert page.locator("[data-model=denoising].without").count() == 1
    source = {"source": {"signal": "speech", "said": "seven"}}
    assert asked == [("hears", source), ("writes", source), ("speaks", {"text": "seven three nine", "speaker": "ada"})]


def test_a_run_hears_what_the_figure_plays(visit):
    asked = []
    page = visit(4, prepare=lambda page: pretend(page, asked))
    shown(page, "damage")
    page.locator("[data-model]").get_by_role("button", name="Ask it").press("Enter")
    page.locator(".model-answer").get_by_text("75 %").wait_for()
    ((name, body),) = asked
    assert name == "hears"
    played = page.evaluate(
        """() => wavemill.figures.damage.heard().then(({ blob }) => blob.arrayBuffer())
          .then((one) => Array.from(new Uint8Array(one)))"""
    )
    assert body["source"]["upload"] == page.evaluate(
        """(bytes) => fetch('../api/uploads', {
            method: 'POST', headers: {'X-Name': 'same.wav'}, body: new Uint8Array(bytes)
          }).then((one) => one.json()).then((one) => one.upload)""",
        played,
    )


def test_what_is_left_out_is_said(visit):
    page = visit(5)
    figure = shown(page, "ctc")
    figure.get_by_role("spinbutton", name="Frames for an answer").fill("7")
    figure.locator(".problem:visible").wait_for()
    assert "filtered" in figure.locator(".problem").text_content()
    figure.get_by_role("spinbutton", name="Frames for an answer").fill("6")
    until(page, "() => wavemill.figures.ctc.problem.hidden")
    assert measured(page, "ctc")["CTC"] == "51 answers, 51 needed: it fits"


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_nothing_is_wider_than_the_window_and_axe_finds_nothing(number, width, scheme, visit):
    page = visit(number, viewport={"width": width, "height": 844}, color_scheme=scheme, reduced_motion="reduce")
    for name in described(number):
        shown(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if "WAVEMILL_AXE" in os.environ:
        assert not violations(page)
