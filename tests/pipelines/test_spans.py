"""Recordings that are parts of long files: a file is read and looked into once, or once more where shards meet."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from features.audio import decode
from manifests.files import LocalFiles
from manifests.store import Store
from pipelines.build import Summary, build
from pipelines.recipe_file import load_recipe
from pipelines.repair import repair
from tests.factories import tone, write_audio, write_lines
from tests.pipelines.corpora import checksums
from tests.pipelines.in_process import in_process

FILES, SPANS = 12, 20
RECIPE = """\
name: spans
corpora:
  talks: {{reader: table, root: "{root}", path: rows.csv}}
source: [talks]
split: {{by: key, test: 0.2, seed: 1}}
stages:
  - decode: {{channels: mono}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 32}}
store: {{path: "{root}/store", shard_bytes: 24000, keep: {{log_mel: float16}}}}
"""


class Talks:
    """Long files with a table of the parts that matter, in an order of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.rows = folder, list[str]()
        for number in range(FILES):
            self.add(number)

    def add(self, number: int) -> None:
        path = self.folder / f"talk{number}.flac"
        write_audio(path, tone(SPANS * 0.1, 8000, hz=200 + 31 * number), 8000)
        os.utime(path, (1_700_000_000, 1_700_000_000))
        self.rows += [f"talk{number}.flac,{at / 10},0.1" for at in range(SPANS)]

    def build(self) -> Summary:
        table = ["path,start,seconds", *sorted(self.rows, key=lambda row: row[::-1])]
        write_lines(self.folder / "rows.csv", "\n".join(table))
        with in_process():
            return build(load_recipe(write_lines(self.folder / "recipe.yaml", RECIPE.format(root=self.folder))))


@pytest.fixture
def talks(tmp_path: Path) -> Talks:
    return Talks(tmp_path)


def test_files_are_read_and_looked_into_once_for_all_their_parts(talks: Talks, monkeypatch) -> None:
    read, probed, probe = Counter[str](), Counter[int](), decode.probe

    def counting(self: LocalFiles, path: str, *part: int | None) -> bytes:
        read[path] += path.endswith(".flac")
        return original(self, path, *part)

    def looking(data: bytes) -> decode.Probe:
        probed[len(data)] += 1
        return probe(data)

    original = LocalFiles.read
    monkeypatch.setattr(LocalFiles, "read", counting)
    monkeypatch.setattr(decode, "probe", looking)
    made = talks.build()
    assert made.produced == FILES * SPANS
    splits, borders = 2, made.shards_built
    assert borders > 4
    assert FILES <= read.total() <= splits * FILES + borders
    assert probed.total() <= read.total() + 2, "a chain tries itself on a signal of its own, twice"


def test_a_build_of_the_same_is_none_and_new_files_leave_old_shards(talks: Talks) -> None:
    first, content = talks.build(), checksums(talks.folder / "store")
    again = talks.build()
    assert (again.shards_built, again.shards_kept, again.generation) == (0, first.shards_built, first.generation)
    talks.add(FILES)
    grown = talks.build()
    assert grown.produced == (FILES + 1) * SPANS
    assert grown.decoded == SPANS
    assert grown.shards_kept >= first.shards_built - 2, "each split may fill up its smallest one"
    assert content.items() <= checksums(talks.folder / "store").items()


def test_what_is_lost_is_made_again_as_it_was(talks: Talks) -> None:
    talks.build()
    store = Store.open(talks.folder / "store")
    entry = max(store.generation.shards, key=lambda entry: entry.recordings)
    files = [talks.folder / "store" / name for name in (str(entry.shard), entry.index)]
    before = [path.read_bytes() for path in files]
    for path in files:
        path.unlink()
    with in_process():
        repair(store.storage, recipe=talks.folder / "recipe.yaml")
    assert [path.read_bytes() for path in files] == before
