"""A store is the source of another: same audio, and nothing is decoded again for what did not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from manifests.errors import CorpusError
from manifests.store import Store
from pipelines.build import build
from pipelines.plan import Wishes
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from tests.factories import write_lines
from tests.pipelines.corpora import Tones

RECIPE = """\
name: second
corpora:
  first: {{reader: store, root: "{store}"}}
source: [first]
split: {{from: corpus}}
stages:
  - decode: {{}}
  - mfcc: {{n_fft: 256, hop_length: 80, n_mels: 32, n_mfcc: 13}}
store: {{path: "{folder}/second", keep: {{mfcc: float32, audio: flac}}}}
"""


def second(tones: Tones) -> Recipe:
    text = RECIPE.format(store=tones.store, folder=tones.folder)
    return load_recipe(write_lines(tones.folder / "second.yaml", text))


def test_a_store_is_read_as_a_corpus(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 12)
    build(tones.recipe(), "inline")
    made = build(second(tones), "inline")
    assert (made.recordings, made.produced) == (12, 12)
    first, other = Store.open(tones.store), Store.open(tmp_path / "second")
    assert other.generation.splits() == first.generation.splits()

    def audio(store: Store) -> dict[str, bytes]:
        found = {}
        for entry in store.generation.shards:
            for row in store.index(entry).to_pylist():
                key = row["key"].removeprefix("first/")
                found[key, row["labels"]] = store.shard(entry).read(row, "audio").tobytes()
        return found

    assert audio(first) == audio(other)


def test_what_did_not_change_upstream_is_not_decoded_again(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 12)
    build(tones.recipe(), "inline")
    build(second(tones), "inline")
    tones.add(50)
    (tones.root / "high" / "0002.wav").unlink()
    build(tones.recipe(), "inline")
    made = build(second(tones), "inline")
    assert (made.recordings, made.decoded) == (12, 1)
    build(tones.recipe(), "inline", wishes=Wishes(rebuild=True))
    assert build(second(tones), "inline").shards_built == 0


def test_a_store_without_flac_is_refused(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 8)
    build(tones.recipe("store.keep={log_mel: float16, audio: int16}"), "inline")
    with pytest.raises(CorpusError, match="keeps audio as int16; only flac can be read again"):
        build(second(tones), "inline")
