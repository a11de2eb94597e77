"""What a build knows of licences: counted by recording, passed on, and no part of what decides a shard."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from manifests.credit import Share
from manifests.generation import Generation
from manifests.recording import Recording
from manifests.store import Store
from pipelines.build import build
from pipelines.forget import find, forget
from pipelines.lock import locked
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from tests.factories import tone, write_audio, write_lines
from wavemill import cli

RECIPE = """\
name: mixed
corpora:
  clips: {{reader: table, root: "{root}/clips", path: t.csv{clips}}}
  noise: {{reader: table, root: "{root}/noise", path: t.csv{noise}}}
source: [clips]
split: {{from: corpus}}
copies: {{train: 2}}
stages:
  - decode: {{channels: mono}}
  - add_noise: {{from: noise, snr_db: 10}}
store: {{path: "{root}/store", keep: {{audio: flac}}}}
"""
SECOND = """\
name: second
corpora:
  old: {{reader: store, root: "{root}/store"{old}}}
source: [old]
split: {{from: corpus}}
stages:
  - decode
store: {{path: "{root}/second", keep: {{audio: flac}}}}
"""
CLIPS = ("1.wav,train,0.1,cc0-1.0", "2.wav,train,0.2,", "3.wav,test,0.4,CC BY 4.0", "4.wav,train,0.3,")


def table(root: Path, *rows: str) -> None:
    """A table of tones, the third column their seconds, and last a licence or none."""
    write_lines(root / "t.csv", "path,split,length,licence", *rows)
    for row in rows:
        name, _, seconds, _ = row.split(",")
        os.utime(write_audio(root / name, tone(float(seconds))), (1_700_000_000, 1_700_000_000))


def recipe(root: Path, clips: str = "", noise: str = "", text: str = RECIPE, **more: str) -> Recipe:
    said = text.format(root=root, clips=clips, noise=noise, **{"old": "", **more})
    return load_recipe(write_lines(root / f"{text[6:11]}.yaml", said))


def corpora(root: Path) -> Path:
    table(root / "clips", *CLIPS)
    table(root / "noise", "hiss.wav,train,0.5,cc-by-nc-3.0", "hum.wav,train,0.5,")
    return root


def made(store: Path) -> Generation:
    return Store.open(store).generation


def shares(store: Path) -> dict[tuple[str, bool], list[Any]]:
    return {(one.corpus, one.mixed): list(one.shares) for one in made(store).corpora}


def test_recordings_count_under_their_own_licence_and_clips_that_are_mixed_in_as_well(tmp_path: Path) -> None:
    read = recipe(corpora(tmp_path), ", licence: cc-by-3.0, attribution: Ada, url: 'https://ada.example'")
    build(read, "inline")
    clips, noise = made(tmp_path / "store").corpora
    assert (clips.licence, clips.attribution, clips.url) == ("cc-by-3.0", "Ada", "https://ada.example")
    assert clips.shares == [
        Share("cc-by-3.0", 2, 0.5, ["clips/2.wav", "clips/4.wav"]),
        Share("cc-by-4.0", 1, 0.4, ["clips/3.wav"]),
        Share("cc0-1.0", 1, 0.1, ["clips/1.wav"]),
    ]
    assert (noise.mixed, noise.licence) == (True, None)
    assert noise.shares == [
        Share(None, 1, None, ["noise/hum.wav"]),
        Share("cc-by-nc-3.0", 1, None, ["noise/hiss.wav"]),
    ]


def test_a_licence_that_is_added_builds_no_shard_and_makes_the_next_generation(tmp_path: Path) -> None:
    first = build(recipe(corpora(tmp_path)), "inline")
    before = made(tmp_path / "store")
    second = build(recipe(tmp_path, ", licence: cc-by-3.0", ", attribution: Bob"), "inline")
    after = made(tmp_path / "store")
    assert (first.shards_built > 0, second.shards_built, second.decoded, second.copied) == (True, 0, 0, 0)
    assert (after.number, after.shards, after.identity) == (2, before.shards, before.identity)
    assert after.corpora[0].shares[0].licence == "cc-by-3.0"
    assert "licence: cc-by-3.0" in after.recipe_text
    assert after.corpora[1].attribution == "Bob"
    again = build(recipe(tmp_path, ", licence: cc-by-3.0", ", attribution: Bob"), "inline")
    assert (again.generation, again.shards_built) == (2, 0)


def test_a_store_of_a_store_passes_on_what_its_source_says(tmp_path: Path) -> None:
    build(recipe(corpora(tmp_path), noise=", licence: cc0-1.0, attribution: Bob"), "inline")
    build(recipe(tmp_path, text=SECOND, old=", licence: cc-by-4.0"), "inline")
    assert shares(tmp_path / "second") == {
        ("old/clips", False): [
            Share("cc-by-4.0", 3, 0.9, ["old/clips/2.wav", "old/clips/3.wav", "old/clips/4.wav"]),
            Share("cc0-1.0", 1, 0.1, ["old/clips/1.wav"]),
        ],
        ("old/noise", True): [
            Share("cc-by-nc-3.0", 1, None, ["old/noise/hiss.wav"]),
            Share("cc0-1.0", 1, None, ["old/noise/hum.wav"]),
        ],
    }, "the recipe fills in what the source leaves open, and changes nothing that it says"
    assert [one.attribution for one in made(tmp_path / "second").corpora] == [None, "Bob"]


def test_what_is_forgotten_leaves_counts_and_no_key(tmp_path: Path) -> None:
    build(recipe(corpora(tmp_path), ", licence: cc-by-3.0"), "inline")
    with locked(tmp_path / "store") as _:
        storage = Store.open(tmp_path / "store").storage
        forget(storage, find(storage, "path == '2.wav'"))
    (first, *_), _ = shares(tmp_path / "store").values()
    assert first == Share("cc-by-3.0", 1, 0.3, ["clips/4.wav"])
    assert "clips/2.wav" not in (tmp_path / "store/generations/00000001.json").read_text("utf-8")


def test_strings_that_are_composed_keep_the_licences_of_their_parts(tmp_path: Path) -> None:
    corpora(tmp_path)
    of = "{reader: table, path: t.csv, columns: {text: length}}"
    text = RECIPE.replace('reader: table, root: "{root}/clips", path: t.csv{clips}', "{clips}")
    clips = f"reader: composed, root: '{tmp_path}/clips', of: {of}, count: 1, min: 3, max: 3, licence: mit"
    build(recipe(tmp_path, clips, text=text), "inline")
    rows: list[Recording] = list(recipe(tmp_path, clips, text=text).corpora["clips"].reader.rows())
    assert [row.extra for row in rows] == [{"licence": ["cc-by-4.0"]}, {"licence": ["cc0-1.0"]}]
    assert [share.licence for share in shares(tmp_path / "store")["clips", False]] == ["cc-by-4.0", "cc0-1.0"]


@pytest.mark.parametrize(("key", "said"), [("1.wav", "cc0-1.0"), ("2.wav", "cc-by-3.0")])
def test_one_recording_is_shown_with_its_licence_and_where_it_is_from(key: str, said: str, tmp_path: Path) -> None:
    build(recipe(corpora(tmp_path), ", licence: cc-by-3.0, url: 'https://ada.example'"), "inline")
    done = CliRunner().invoke(cli, ["inspect", str(tmp_path / "store"), f"clips/{key}", "--copy", "0", "--no-draw"])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert f"  licence: {said}" in lines
    assert "  source: https://ada.example" in lines


def test_a_plan_tells_that_a_licence_is_new_and_that_nothing_is_built_for_it(tmp_path: Path) -> None:
    def plan() -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["plan", str(tmp_path / "mixed.yaml"), "--detailed-exitcode"])
        return done.exit_code, done.stdout

    build(recipe(corpora(tmp_path)), "inline")
    assert plan()[0] == 0
    recipe(tmp_path, ", licence: cc-by-3.0")
    code, said = plan()
    assert code == 10
    assert "4 recordings: 0 shards to build" in said
    assert "notes what is said of the corpora now: licence, attribution, page" in said
