"""Routes: what the page asks is answered from the store's own bytes; nothing else can be had."""

from __future__ import annotations

import hashlib
import io
import json
import shutil

import numpy as np
import pytest
import soundfile

from explorer.world import World
from features.showing import png
from features.showing.drawing import draw
from manifests.store import Store
from pipelines.build import build
from tests.explorer.asking import client, unframed
from tests.explorer.browsing.stores import damaged, rows_of, varied_store
from tests.pipelines.corpora import Tones
from tests.pipelines.in_process import in_process
from tests.stores import LOG_MEL, Made, log_mel, write_store


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return varied_store(tmp_path_factory.mktemp("routes"))


@pytest.fixture(scope="module")
def visitor(place):
    return client(World.of([str(place)]))


def get(visitor, path, **query):
    answer = visitor.get(f"/api/stores/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer


def refused(visitor, path, status=422, **query):
    answer = visitor.get(f"/api/stores/{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_summary(visitor, place):
    found = get(visitor, "store").json()
    assert (found["name"], found["generation"], found["rows"]) == ("store", 1, 35)
    assert found["splits"]["test"] == {
        "recordings": 12,
        "produced": 10,
        "filtered": 0,
        "rejected": 2,
        "examples": 10,
        "seconds": 2.0,
    }
    assert found["labels"] == ["digit", "level", "loud", "tags"]
    assert [one["number"] for one in found["generations"]] == [1]


def test_pages_of_rows(visitor, place):
    whole = get(visitor, "store/rows", count=500).json()
    assert whole["total"] == len(whole["rows"]) == 35
    pages = [get(visitor, "store/rows", **{"from": first, "count": 10}).json()["rows"] for first in range(0, 40, 10)]
    assert [row for page in pages for row in page] == whole["rows"]
    found = get(visitor, "store/rows", where="digit == '3'", sort="seconds", descending=1).json()
    assert found["total"] == 3
    seconds = [row["seconds"] for row in found["rows"]]
    assert seconds == sorted(seconds, reverse=True)


def test_arrays_are_those_of_the_store(visitor, place):
    store = Store.open(place)
    rows = rows_of(store)
    number = next(at for at, row in enumerate(rows) if row["fate"] == "produced")
    reader = store.shard(store.generation.shards[0])
    told = get(visitor, "store/example", row=number).json()
    assert told["row"]["key"] == rows[number]["key"]
    for about in told["arrays"]:
        name = about["name"]
        stored = reader.read(rows[number], name)
        header, (found,) = unframed(get(visitor, "store/array", row=number, name=name).content)
        np.testing.assert_array_equal(found, stored)
        (shown,) = header["shown"]
        assert shown["sha256"] == about["sha256"] == hashlib.sha256(stored.tobytes()).hexdigest()
        assert (shown["encoding"], about["kept"]) == {"log_mel": ("float16", "float16"), "audio": ("int16", "flac")}[
            name
        ]
    assert header["key"] == rows[number]["key"]


def test_sound_is_that_of_the_store(visitor, place):
    rows = rows_of(Store.open(place))
    number = next(at for at, row in enumerate(rows) if row["fate"] == "produced")
    answer = get(visitor, "store/sound", row=number, name="audio")
    assert answer.headers["x-wavemill-approximate"] == "0"
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert (len(samples), rate) == (rows[number]["audio.length"], 8000)
    assert np.abs(samples).max() <= 10 ** (-3 / 20) + 1e-4
    assert "has no sound" in refused(visitor, "store/sound", row=number, name="log_mel")["error"]


def test_thumbnails_are_pictures_of_the_features(visitor, place):
    store = Store.open(place)
    rows = rows_of(store)
    number = next(at for at, row in enumerate(rows) if row["fate"] == "produced")
    answer = get(visitor, "store/thumbnail", row=number)
    assert answer.headers["content-type"] == "image/png"
    from features.example import Features

    stored = store.shard(store.generation.shards[0]).read(rows[number], "log_mel")
    assert answer.content == png.encode(draw(Features(stored, 100.0), 160, 40))


def test_what_was_left_out_has_no_arrays(visitor, place):
    rows = rows_of(Store.open(place))
    number = next(at for at, row in enumerate(rows) if row["fate"] == "rejected")
    told = get(visitor, "store/example", row=number).json()
    assert (told["arrays"], told["row"]["reason"], told["problem"]) == ([], "no audio", None)
    for what in ("array", "sound", "thumbnail"):
        assert "left out" in refused(visitor, f"store/{what}", 404, row=number, name="audio")["error"]


def test_a_damaged_row_says_so_and_the_others_are_shown(place, tmp_path):
    copy = shutil.copytree(place, tmp_path / "copy")
    store = Store.open(copy)
    rows = rows_of(store)
    numbers = [at for at, row in enumerate(rows) if row["fate"] == "produced"][:2]
    damaged(copy / store.generation.shards[0].shard, rows[numbers[0]]["log_mel.offset"])
    visitor = client(World.of([str(copy)]))
    told = refused(visitor, "copy/array", 409, row=numbers[0], name="log_mel")
    assert "is damaged" in told["error"]
    refused(visitor, "copy/thumbnail", 409, row=numbers[0])
    get(visitor, "copy/thumbnail", row=numbers[1])
    assert get(visitor, "copy/rows").json()["total"] == 35
    found = get(visitor, "copy/example", row=numbers[0]).json()
    assert "is damaged" in found["problem"]
    assert str(tmp_path) not in json.dumps(found) + told["error"], "where a store lies is nobody's business"
    assert found["row"]["key"] == rows[numbers[0]]["key"], "what the index says is shown all the same"


@pytest.mark.parametrize("name", ["../store", "..%2Fstore", "%2Fetc", "nothing"])
def test_stores_are_names_and_never_paths(visitor, name):
    answer = visitor.get(f"/api/stores/{name}")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("rows", {"where": "speaker ="}, "where"),
        ("rows", {"where": "x" * 3000}, "where"),
        ("rows", {"split": "dev"}, "split"),
        ("rows", {"sort": "../../etc/passwd"}, "sort"),
        ("rows", {"from": "-1"}, "from"),
        ("rows", {"count": "1e9"}, "count"),
        ("rows", {"count": "100000"}, "count"),
        ("example", {}, "row"),
        ("example", {"row": "1.5"}, "row"),
        ("example", {"row": "٣"}, "row"),
        ("distribution", {"of": "x"}, "of"),
    ],
)
def test_what_cannot_be_followed_names_its_field(visitor, path, query, field):
    assert refused(visitor, f"store/{path}", **query)["field"] == field


def test_what_is_not_there(visitor):
    refused(visitor, "store/example", 404, row=35)
    refused(visitor, "store/array", 404, row=1, name="../../etc/passwd")
    assert "there are 1 to 1" in refused(visitor, "store/rows", 404, generation=7)["error"]


def test_text_from_data_stays_text(tmp_path):
    evil = "<script>alert(1)</script>\"'\u2028"
    rng = np.random.default_rng(0)
    made = Made(f"{evil}.wav", {"log_mel": log_mel(rng, 9)}, {"word": evil}, evil, evil)
    store = write_store(tmp_path / "store", {"train": [made]}, (LOG_MEL,))
    visitor = client(World.of([str(store)]))
    row = get(visitor, "store/rows", find="script").json()["rows"][0]
    assert (row["key"], row["text"], row["labels"]) == (f"{evil}.wav", evil, {"word": evil})
    assert get(visitor, "store/rows").headers["content-type"] == "application/json"
    lines = get(visitor, "store/distribution", of="word").json()["values"]
    assert lines == [[evil, 1]]


def test_a_manifest_is_a_file_with_a_plain_name(visitor, place):
    answer = get(visitor, "store/manifest", where="fate == 'nothing'")
    assert answer.headers["content-disposition"] == 'attachment; filename="store-selection.jsonl"'
    assert answer.text == ""


@pytest.mark.parametrize("format", ["arrow", "tar"])
def test_stores_of_each_format_and_encoding(tmp_path, format):
    """Whatever the build kept is found again: the array that is sent has the numbers of the shard."""
    more = "  - mu_law: {}\n"
    tones = Tones(tmp_path, 6, format, more)
    (tones.root / "high" / "zero.wav").write_bytes(b"no audio")
    keep = "store.keep={log_mel: float32, audio: int16, mu_law: int16}"
    with in_process():
        build(tones.recipe(keep, "gates.max_rejected=100%"), "inline")
    store = Store.open(tones.store)
    visitor = client(World.of([str(tones.store)]))
    number = -1
    for entry in store.generation.shards:
        reader = store.shard(entry)
        for row in store.index(entry).to_pylist():
            number += 1
            told = get(visitor, "store/example", row=number).json()
            assert len(told["arrays"]) == (3 if row["fate"] == "produced" else 0)
            for about in told["arrays"]:
                header, (found,) = unframed(get(visitor, "store/array", row=number, name=about["name"]).content)
                np.testing.assert_array_equal(found, reader.read(row, about["name"]))
                assert header["shown"][0]["kind"] == about["kind"]
            if told["arrays"]:
                get(visitor, "store/thumbnail", row=number)
                get(visitor, "store/sound", row=number, name="mu_law")
    assert json.loads(get(visitor, "store/ledger").text)["reasons"][0]["count"] == 1
