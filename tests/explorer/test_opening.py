"""What can be opened, and what cannot: signals, files of one's own, recordings of corpora and of stores."""

from __future__ import annotations

import io
import wave
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from explorer.opening import SPAN_SECONDS, length_of
from explorer.signals import SIGNALS, signal
from explorer.uploads import Uploads
from explorer.waves import LONGEST_SECONDS
from explorer.world import World
from pipelines.build import build
from pipelines.recipe_file import load_recipe
from tests.explorer.asking import asked, client, refused, walk
from tests.factories import folder_corpus, tone, write_lines

SCRIPT = "<script>alert(1)</script>"


def encoded(samples: np.ndarray, rate: int = 8000, kind: str = "WAV", subtype: str | None = None) -> bytes:
    sink = io.BytesIO()
    soundfile.write(sink, samples.T, rate, subtype, format=kind)
    return sink.getvalue()


def send(visitor, data, name="one.wav"):
    return visitor.post("/api/uploads", content=data, headers={"x-name": name})


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_is_opened_sample_by_sample(name):
    header, (shown,) = walk(client(), {"signal": name}, show=[[-1, "audio"]])
    assert np.array_equal(shown, signal(name, {}).audio().samples)
    assert header["key"] == name


@pytest.mark.parametrize("name", ["tone", "chirp", "impulse", "noise"])
def test_a_signal_is_made_as_long_as_it_is_asked_for(name):
    _, (shown,) = walk(client(), {"signal": name, "seconds": 4}, show=[[-1, "audio"]])
    assert np.array_equal(shown, signal(name, {"seconds": 4}).audio().samples)
    assert shown.shape == (1, 64_000)


@pytest.mark.parametrize(
    ("parameters", "hz"),
    [({"frequency_hz": 1000}, 1000), ({"frequency_hz": 15000}, 1000), ({"frequency_hz": 9000}, 7000)],
)
def test_a_tone_above_half_the_rate_folds_back(parameters, hz):
    samples = signal("tone", {"seconds": 1, **parameters}).audio().samples[0]
    assert np.argmax(np.abs(np.fft.rfft(samples))) == hz


@pytest.mark.parametrize(("colour", "slope"), [("white", 0), ("pink", -1), ("brown", -2)])
def test_noise_falls_with_frequency_as_its_colour_says(colour, slope):
    samples = signal("noise", {"seconds": 30, "colour": colour, "level_db": -30}).audio().samples[0]
    power = np.abs(np.fft.rfft(samples)) ** 2
    octaves = [power[first : 2 * first].mean() for first in (3000, 6000, 12000, 24000, 48000)]
    assert np.polyfit(range(5), np.log2(octaves), 1)[0] == pytest.approx(slope, abs=0.1)
    assert 20 * np.log10(np.sqrt(np.mean(samples**2))) == pytest.approx(-30, abs=0.05)


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ({}, "source"),
        ({"signal": "tone", "upload": "x"}, "source"),
        ({"signal": "nothing"}, "source.signal"),
        ({"signal": "tone", "frequency_hz": -1}, "source.frequency_hz"),
        ({"signal": "tone", "seconds": 1e9}, "source.seconds"),
        ({"signal": "tone", "start": -1}, "source.start"),
        ({"signal": "tone", "start": 5}, "source.start"),
        ({"upload": "../../etc/passwd"}, "source.upload"),
        ({"store": "../x", "key": "a"}, "store"),
        ({"corpus": "../x", "key": "a"}, "recipe"),
        ({"corpus": "spoken_digits", "key": "a"}, "recipe"),
    ],
)
def test_what_is_not_there_is_said(source, field, monkeypatch):
    monkeypatch.delenv("DATA", raising=False)
    assert refused(client(), source)["field"] == field


def test_a_file_of_ones_own_is_opened_to_the_bit():
    visitor, samples = client(), tone(0.3, channels=2)
    sent = send(visitor, encoded(samples, kind="FLAC"), f"%3Cscript%3E {SCRIPT}").json()
    assert (sent["sample_rate"], sent["channels"], sent["codec"]) == (8000, 2, "flac")
    assert sent["name"].endswith(SCRIPT)
    _, (shown,) = walk(visitor, {"upload": sent["upload"]}, {"decode": {"channels": "all"}}, show=[[0, "audio"]])
    assert np.array_equal(shown, soundfile.read(io.BytesIO(encoded(samples, kind="FLAC")), dtype="float32")[0].T)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"{}", "JSON"),
        (b"<!doctype html>", "web page"),
        (b"\x7fELF" + bytes(99), "a program"),
        (bytes(1000), "not audio"),
    ],
)
def test_a_file_that_is_no_audio_is_refused(data, said):
    answer = send(client(), data)
    assert answer.status_code == 422
    assert said in answer.json()["error"]


def test_a_broken_file_gets_a_verdict():
    visitor = client()
    sent = send(visitor, encoded(tone(2.0))[:9000]).json()
    header, arrays = walk(visitor, {"upload": sent["upload"]}, {"decode": {}}, show=[[0, None]])
    assert header["steps"][0]["verdict"].startswith("rejected: truncated")
    assert arrays == []


def test_of_a_file_of_three_hours_a_span_is_opened():
    rate, hours = 8000, 3
    sink = io.BytesIO()
    with wave.open(sink, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes((np.arange(rate * 3600 * hours) // rate).astype("<i2").tobytes())
    visitor = client()
    sent = send(visitor, sink.getvalue()).json()
    assert sent["seconds"] == 3600 * hours
    _, (shown,) = walk(visitor, {"upload": sent["upload"]}, show=[[-1, "audio"]])
    assert shown.shape == (1, SPAN_SECONDS * rate)
    _, (shown,) = walk(visitor, {"upload": sent["upload"], "start": 7200, "seconds": 500}, show=[[-1, "audio"]])
    assert shown.shape == (1, LONGEST_SECONDS * rate)
    assert np.array_equal(np.unique(shown * 32768), np.arange(7200, 7260))


def test_the_length_of_what_declares_none_is_counted():
    declared = encoded(tone(1.5), kind="AU")
    stream = bytearray(declared)
    stream[8:12] = b"\xff\xff\xff\xff"  # AU: the length is unknown
    assert length_of(declared, 10) == pytest.approx(1.5)
    assert length_of(bytes(stream), 10) == pytest.approx(1.5)
    assert length_of(b"nothing", 10) is None


def test_the_newest_files_stay():
    uploads = Uploads(most_bytes=2500)
    first, second, third = (uploads.add(str(number), bytes([number]) * 1000) for number in range(3))
    assert uploads.get(first) is None
    assert uploads.get(second) is not None
    assert uploads.get(third) is not None


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    root = tmp_path_factory.mktemp("world")
    folder_corpus(root / "data", [f"{number}.wav" for number in range(8)], seconds=0.2)
    recipe = write_lines(
        root / "small.yaml",
        "name: small",
        "description: Small.",
        "corpora:",
        f"  data: {{reader: folder, root: {root / 'data'}}}",
        "source: [data]",
        "split: {by: key, test: [7.wav]}",
        "stages: [decode, {resample: {sample_rate: 4000}}]",
        f"store: {{path: {root / 'store'}, keep: {{audio: flac}}}}",
    )
    build(load_recipe(str(recipe), ()), cluster="inline")
    return World.of([str(root / "store")], [str(recipe)]), World.of([str(root / "store")])


@pytest.fixture(scope="module")
def paired(tmp_path_factory):
    """Pairs of 70 s, of which a span is opened, and of a moment; worlds with their recipe, and with the store alone."""
    root = tmp_path_factory.mktemp("paired")
    for kind, hz in (("noisy", 1000), ("clean", 300)):
        for name, seconds in (("long", 70.0), ("short", 0.2)):
            path = root / f"{kind}-{name}.flac"
            path.write_bytes(encoded(tone(seconds, hz=hz), kind="FLAC"))
    lines = [f"noisy-{name}.flac,clean-{name}.flac,train" for name in ("long", "short")]
    write_lines(root / "pairs.csv", "path,clean,split", *lines)
    recipe = write_lines(
        root / "pairs.yaml",
        "name: pairs",
        "corpora:",
        f"  pairs: {{reader: table, root: {root}, path: pairs.csv, beside: {{clean: clean}}}}",
        "source: [pairs]",
        "stages:",
        "  - decode: {also: [clean]}",
        "  - resample: {sample_rate: 4000, as: noisy}",
        "  - resample: {sample_rate: 4000, of: clean}",
        f"store: {{path: {root / 'store'}, keep: {{clean: flac, noisy: flac}}}}",
    )
    build(load_recipe(str(recipe), ()), cluster="inline")
    return World.of([str(root / "store")], [str(recipe)]), World.of([str(root / "store")])


PAIR = {"decode": {"also": ["clean"]}}


def test_a_span_of_a_recording_is_one_of_what_is_beside_it_too(paired):
    source = {"corpus": "pairs", "key": "pairs/noisy-long.flac", "start": 50, "seconds": 0.5}
    _, shown = walk(client(paired[0]), source, PAIR, show=[[0, "audio"], [0, "clean"]])
    for samples, hz in zip(shown, (1000, 300), strict=True):
        wanted = soundfile.read(io.BytesIO(encoded(tone(70.0, hz=hz), kind="FLAC")), dtype="float32")[0]
        assert np.array_equal(samples[0], wanted[400_000:404_000])


def test_a_store_of_pairs_gives_each_array_back_under_its_name(paired):
    source = {"store": "store", "key": "pairs/noisy-short.flac"}
    for world, length in ((paired[0], 1600), (paired[1], 800)):  # from its files, and as the store keeps it
        _, shown = walk(client(world), source, PAIR, show=[[0, "audio"], [0, "clean"]])
        assert [samples.shape for samples in shown] == [(1, length)] * 2
        assert [np.argmax(np.abs(np.fft.rfft(samples[0]))) / 0.2 for samples in shown] == [1000, 300]


def test_a_signal_stands_for_what_a_recipe_wants_beside_it():
    _, shown = walk(client(), {"signal": "tone"}, PAIR, show=[[0, "audio"], [0, "clean"]])
    assert np.array_equal(*shown)


def test_recordings_of_a_corpus_are_listed_and_opened(world):
    visitor = client(world[0])
    found = visitor.get("/api/corpora/small?from=2&count=3").json()
    assert [row["key"] for row in found["recordings"]] == ["data/2.wav", "data/3.wav", "data/4.wav"]
    assert found["more"]
    assert [row["key"] for row in visitor.get("/api/corpora/small?find=5.WAV").json()["recordings"]] == ["data/5.wav"]
    header, (shown,) = walk(visitor, {"corpus": "small", "key": "data/3.wav"}, show=[[-1, "audio"]])
    assert header["steps"] == []
    assert shown.shape == (1, 1600)
    assert refused(visitor, {"corpus": "small", "key": "data/../small.yaml"})["field"] == "source.key"


def test_a_recording_of_a_store_comes_from_its_source_or_from_what_is_kept(world):
    source = {"store": "store", "key": "data/3.wav"}
    _, (from_source,) = walk(client(world[0]), source, show=[[-1, "audio"]])
    _, (from_store,) = walk(client(world[1]), source, show=[[-1, "audio"]])
    assert from_source.shape == (1, 1600)
    assert from_store.shape == (1, 800)
    assert refused(client(world[1]), {"store": "store", "key": "none"})["field"] == "source.key"
    assert refused(client(world[1]), {**source, "copy": 3})["field"] == "source.copy"


def test_the_digests_of_a_store_are_those_of_its_chain(world):
    source, resample = {"store": "store", "key": "data/3.wav"}, {"resample": {"sample_rate": 4000}}
    header, _ = walk(client(world[0]), source, {"decode": {}}, resample, keep={"audio": "flac"})
    found = client(world[0]).get("/api/kept", params={**source, "generation": 1}).json()
    assert found == {"digests": {"audio": header["shown"][0]["sha256"]}}
    for wrong in ({"key": "none"}, {"copy": 3}, {"copy": "-1"}, {"store": "other"}, {"generation": 9}):
        assert 400 <= client(world[0]).get("/api/kept", params={**source, **wrong}).status_code < 500


@pytest.mark.parametrize(
    ("stages", "approximate"),
    [
        ([], "0"),
        ([{"stft": {}}], "0"),
        ([{"stft": {"output": "magnitude"}}], "1"),
        ([{"log_mel": {}}], "1"),
        ([{"mu_law": {}}], "0"),
    ],
)
def test_sounds_startle_nobody(stages, approximate):
    loud = {"signal": "tone", "level_db": 0, "seconds": 0.5}
    answer = asked(client(), loud, *stages, to="sound")
    assert answer.headers["x-wavemill-approximate"] == approximate
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert rate == 16000
    assert np.abs(samples).max() <= 10 ** (-3 / 20) + 1 / 32768
    assert abs(samples[0]) < 1e-3
    assert np.argmax(np.abs(np.fft.rfft(samples))) == pytest.approx(440 * len(samples) / rate, abs=3)


@pytest.mark.parametrize("stage", [{"mfcc": {}}, {"log_mel": {"hop_length": 800}}])
def test_what_has_no_way_back_has_no_sound(stage):
    header, _ = walk(client(), {"signal": "tone"}, stage)
    assert not header["shown"][0]["audible"]
    answer = asked(client(), {"signal": "tone"}, stage, to="sound")
    assert answer.status_code == 422
    assert "no sound" in answer.json()["error"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"[" * 100_000, b'{"source": 1}', b'{"stages": [1]}', bytes(2 << 20)]
)
def test_requests_that_are_none(body):
    answer = client().post("/api/walk", content=body)
    assert answer.status_code in (400, 413, 422)
    assert answer.json()["error"]


def test_two_hundred_requests_at_once():
    visitor = client()

    def one(number: int) -> int:
        return asked(
            visitor, {"signal": "tone", "seconds": 0.2, "frequency_hz": 100 + number}, {"log_mel": {}}
        ).status_code

    with ThreadPoolExecutor(32) as pool:
        assert set(pool.map(one, range(200))) == {200}
