"""Stores of composed recordings: what is in them, how they follow each file of a string, what the recipe may say."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from manifests.errors import CorpusError
from manifests.store import Store
from pipelines.build import build, planning
from pipelines.errors import GateError, RecipeError
from pipelines.forget import find, forget
from pipelines.plan import Wishes
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from pipelines.repair import repair
from pipelines.scan import scan
from pipelines.trying import walks
from pipelines.verify import verify
from tests.factories import tone, write_audio, write_lines
from tests.pipelines.corpora import checksums, fates
from tests.pipelines.in_process import in_process

RECIPE = """\
name: strings
corpora:
  strings:
    reader: composed
    root: "{root}"
    of: {{reader: fsdd{of}}}
    text: word
    count: {{train: 30, test: 3}}
    gap_seconds: [0.05, 0.3]
source: [strings]
split: {{from: corpus}}
stages:
  - decode: {{channels: mono}}
  - characters
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 32}}
  - ctc_bound: {{subsampling: 2}}
store: {{path: "{store}", keep: {{audio: flac, characters: int16, log_mel: float16}}}}
{tail}"""

COUNT = 2 * 33


@dataclass
class Strings:
    """A small fsdd of two voices, tones that are never silent, and a recipe that composes strings of it."""

    folder: Path
    of: str = ""
    tail: str = ""

    def __post_init__(self) -> None:
        self.root, self.store = self.folder / "corpus", self.folder / "store"
        for number in range(80):
            digit, speaker, index = number % 10, ("theo", "lucas")[number // 10 % 2], 3 * (number // 20)
            self.write(f"{digit}_{speaker}_{index}.wav", tone(0.2 + 0.01 * (number % 9), hz=200 + 17 * number))

    def write(self, name: str, samples: NDArray[np.float32]) -> None:
        """Audio that was not modified just now, which a build would read again."""
        path = write_audio(self.root / "recordings" / name, samples)
        os.utime(path, (1_700_000_000, 1_700_000_000))

    def recipe(self, *overrides: str) -> Recipe:
        text = RECIPE.format(root=self.root, store=self.store, of=self.of, tail=self.tail)
        return load_recipe(write_lines(self.folder / "recipe.yaml", text), overrides)

    def digests(self, store: Path | None = None) -> dict[str, str]:
        shards = Store.open(store or self.store).generation.shards
        return {str(entry.shard): entry.shard_digest for entry in shards}

    def rows(self) -> Iterator[tuple[dict[str, Any], NDArray[np.float32]]]:
        """Each index row of what was produced, with its audio."""
        store = Store.open(self.store)
        for entry in store.generation.shards:
            for row in store.index(entry).to_pylist():
                if row["fate"] == "produced":
                    yield row, store.shard(entry).read(row, "audio") / np.float32(32768)

    def strings_of(self, name: str) -> set[str]:
        """The keys of the strings that hold a file."""
        return {row.key for row in scan(self.recipe()) if name in row.text}


@pytest.fixture
def strings(tmp_path: Path) -> Iterator[Strings]:
    with in_process():
        yield Strings(tmp_path)


def test_a_string_is_its_recordings_and_zeros_between_them(strings: Strings) -> None:
    made = build(strings.recipe(), "inline")
    assert (made.recordings, made.produced, made.decoded) == (COUNT, COUNT, COUNT)
    rows = {row.key: row.recording for row in scan(strings.recipe())}
    for row, audio in strings.rows():
        recording, expected, places = rows[row["key"]], [], []
        for piece in recording.pieces:
            begin = sum(map(len, expected)) + round(piece.gap * 8000)
            samples, _ = soundfile.read(strings.root / piece.span.path, dtype="float32")
            expected += [np.zeros(round(piece.gap * 8000)), samples]
            places.append((piece.span.path, begin / 8000, (begin + len(samples)) / 8000, piece.text, row["speaker"]))
        assert np.array_equal(audio, np.concatenate(expected)[:, np.newaxis])
        notes = json.loads(row["notes"])["decode"]["pieces"]
        assert [tuple(n[name] for name in ("path", "begin", "end", "text", "speaker")) for n in notes] == places
        assert row["text"] == " ".join(note["text"] for note in notes)
        assert row["path"] == ", ".join(dict.fromkeys(note["path"] for note in notes))
        assert row["seconds"] == len(audio) / 8000
        assert row["identity"].split() == ["1700000000000000000"] * len(notes)
        assert row["size"] == sum(os.path.getsize(strings.root / span.path) for span in recording.spans)
    assert build(strings.recipe(), "inline").shards_built == 0, "a second build finds nothing to do"


def test_inline_and_dask_build_the_same_shards(tmp_path: Path) -> None:
    strings = Strings(tmp_path)
    build(strings.recipe(), "inline")
    build(strings.recipe(f"store.path={tmp_path}/other"), "local", 2)
    assert strings.digests() == strings.digests(tmp_path / "other")
    assert checksums(strings.store) == checksums(tmp_path / "other")


@pytest.mark.parametrize("change", ["changed", "touched"])
def test_any_file_of_a_string_makes_it_another_one(strings: Strings, change: str) -> None:
    build(strings.recipe(), "inline")
    before, digests = checksums(strings.store), strings.digests()
    name = "4_theo_6.wav"
    (path,) = strings.root.glob(f"recordings/{name}")
    if change == "changed":
        strings.write(name, tone(0.5, hz=3000))
    else:
        os.utime(path, (1, 1))
    holding = strings.strings_of(name)
    assert 0 < len(holding) < 33
    with planning(strings.recipe()) as planned:
        assert [task.reason for task in planned.build] == [f"{len(holding)} recordings changed"]
    made = build(strings.recipe(), "inline")
    assert made.shards_built == 1
    after = checksums(strings.store)
    assert {key for key, _, _ in before if before[key, 0, 0] != after[key, 0, 0]} == (
        holding if change == "changed" else set()
    )
    assert made.decoded == (len(holding) if change == "changed" else 0)
    assert (strings.digests() == digests) == (change == "touched")
    assert build(strings.recipe(), "inline").shards_built == 0


def test_a_file_that_was_modified_just_now_is_read_again(strings: Strings) -> None:
    os.utime(strings.root / "recordings/4_theo_6.wav")
    build(strings.recipe(), "inline")
    unsure = {row["key"] for row, _ in strings.rows() if row["identity"] == ""}
    assert unsure == strings.strings_of("4_theo_6.wav")


def test_a_broken_file_rejects_the_strings_that_hold_it_and_no_others(strings: Strings) -> None:
    broken, other = strings.root / "recordings/4_theo_6.wav", strings.root / "recordings/5_lucas_3.wav"
    broken.write_bytes(broken.read_bytes()[:-600])
    write_audio(other, tone(0.3, 16000), 16000)
    build(strings.recipe(), "inline")
    found = {key: reason for key, (fate, _, reason) in fates(strings.store).items() if fate == "rejected"}
    both = strings.strings_of(broken.name) | strings.strings_of(other.name)
    assert found.keys() <= both, "a string of one recording has the rate of that one"
    for key, reason in found.items():
        place, problem = str(reason).split(": ", 1)
        if f", recordings/{broken.name}" in place:
            assert problem.startswith("truncated: ")
        else:
            assert problem in (
                "16000 Hz, where the first piece has 8000",
                "8000 Hz, where the first piece has 16000",
            )
        assert place.startswith("piece ")
        assert key in both
    assert strings.strings_of(broken.name) <= found.keys()


def test_a_file_that_is_gone_is_named_before_anything_is_built(strings: Strings) -> None:
    table = ["file,digit,word,speaker,official_split", "recordings/4_theo_6.wav,4,four,theo,train"]
    write_lines(strings.root / "labels.csv", *table, "recordings/4_theo_99.wav,4,four,theo,train")
    with pytest.raises(CorpusError, match=r"train/theo/0-\d+: recordings/4_theo_99.wav: No such file"):
        list(scan(strings.recipe("corpora.strings.count=30")))


def test_what_is_too_large_together_is_not_read(strings: Strings) -> None:
    for digit in range(10):
        strings.write(f"{digit}_theo_6.wav", tone(7.0, hz=300 + digit))
    build(strings.recipe("stages[0].decode.max_bytes=200000"), "inline")
    sizes = {row.key: row.size for row in scan(strings.recipe())}
    large = {key: size for key, size in sizes.items() if size > 200_000}
    assert large
    for key, (fate, stage, reason) in fates(strings.store).items():
        if key in large:
            assert (fate, stage) == ("rejected", "decode")
            assert reason == f"{large[key]:,} bytes are more than max_bytes allows (200,000)"


def test_plan_counts_all_that_is_read(strings: Strings) -> None:
    rows = list(scan(strings.recipe()))
    with planning(strings.recipe()) as planned:
        cost = sum((task.cost for task in planned.build), start=type(planned.build[0].cost)())
    assert cost.decode == COUNT
    assert cost.seconds == pytest.approx(sum(row.seconds for row in rows))
    for row in rows:
        gaps = sum(piece.gap for piece in row.recording.pieces)
        assert row.seconds == pytest.approx(gaps + row.size / 32_000), "the estimate for WAV, and what is known"


def test_two_seeds_have_nothing_in_common(strings: Strings) -> None:
    one, two = (list(scan(strings.recipe(f"corpora.strings.seed={seed}"))) for seed in (1, 2))
    assert not {row.key for row in one} & {row.key for row in two}
    assert [row.text for row in one] == [row.text for row in scan(strings.recipe("corpora.strings.seed=1"))]


def test_official_splits_never_mix(strings: Strings) -> None:
    strings.of = ", split: {from: corpus, by: key, valid: 0.3}"
    heard: dict[str, set[str]] = {}
    for row in scan(strings.recipe("corpora.strings.count=40")):
        heard.setdefault(row.split, set()).update(span.path for span in row.recording.spans)
    assert heard.keys() == {"train", "valid", "test"}
    assert not heard["train"] & heard["valid"]
    assert not (heard["train"] | heard["valid"]) & heard["test"]
    assert all(int(path[:-4].rpartition("_")[2]) < 5 for path in heard["test"])


def test_whoever_is_in_a_string_is_forgotten_with_it(strings: Strings) -> None:
    build(strings.recipe(), "inline")
    holding = strings.strings_of("4_theo_6.wav")
    storage = Store.open(strings.store).storage
    assert forget(storage, find(storage, "'recordings/4_theo_6.wav' in path")).keys == holding
    assert not holding & {key for key, _, _ in checksums(strings.store)}
    made = build(strings.recipe(), "inline")
    assert (made.decoded, made.recordings) == (0, COUNT - len(holding))


def test_a_damaged_shard_is_repaired_to_the_byte(strings: Strings) -> None:
    build(strings.recipe(), "inline")
    before, storage = strings.digests(), Store.open(strings.store).storage
    (strings.store / next(iter(before))).unlink()
    assert repair(storage, workers=1).left == []
    assert strings.digests() == before
    assert verify(storage, everything=True).damages == []


def test_the_same_bytes_in_two_splits_are_found_where_they_are_the_same_string(strings: Strings) -> None:
    strings.tail = "gates: {duplicate_audio: {}}\n"
    alone = ("corpora.strings.max=1", "corpora.strings.count=20")
    build(strings.recipe(*alone), "inline")
    for digit in range(10):
        strings.write(f"{digit}_theo_6.wav", tone(0.3, hz=700 + digit))
        strings.write(f"{digit}_theo_0.wav", tone(0.3, hz=700 + digit))
    with pytest.raises(GateError, match="files are in more than one split"):
        build(strings.recipe(*alone), "inline")


def test_spans_of_long_recordings_and_composed_rows_come_from_a_table(tmp_path: Path) -> None:
    """A transcript table: what was said between two times is an utterance; several of them, another one."""
    talk = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 32_000)).astype(np.float32)
    write_audio(tmp_path / "talk.flac", talk)
    first, last = {"start": 0.5, "end": 1.25}, {"start": 3.0, "end": 3.5}
    listed = [{"key": f"{number}", "path": "talk.flac", **span} for number, span in enumerate((first, last))]
    pieces = [{"path": "talk.flac", **first}, {"path": "talk.flac", "gap": 0.1, **last}]
    rows = [*listed, {"key": "2", "pieces": pieces}]
    write_lines(tmp_path / "t.jsonl", *(json.dumps({"text": "yes", "split": "train", **row}) for row in rows))
    strings = Strings(tmp_path)
    text = RECIPE[RECIPE.index("source:") :].format(store=tmp_path / "store", tail="").replace("strings", "talks")
    columns = "columns: {pieces: pieces}"
    corpora = f'corpora:\n  talks: {{reader: table, root: "{tmp_path}", path: t.jsonl, {columns}}}\n'
    with in_process():
        build(load_recipe(write_lines(tmp_path / "table.yaml", f"name: talks\n{corpora}{text}")), "inline")
    found = {row["key"]: (row, audio[:, 0]) for row, audio in strings.rows()}
    kept = np.round(talk[0] * 32768) / 32768
    one, two = kept[4000:10_000], kept[24_000:28_000]
    for key, expected in (("0", one), ("1", two), ("2", np.concatenate([one, np.zeros(800), two]))):
        assert np.abs(found[f"talks/{key}"][1] - expected).max() <= 2**-15
    assert found["talks/2"][0]["path"] == "talk.flac"
    assert found["talks/2"][0]["size"] == os.path.getsize(tmp_path / "talk.flac"), "one file, however many spans"


def test_a_first_look_takes_strings_too(strings: Strings) -> None:
    (walk,) = walks(strings.recipe(), None, 1)
    assert walk.result is not None
    assert [step.stage for step in walk.steps] == ["decode", "characters", "log_mel", "ctc_bound"]


def test_stages_do_not_draw_from_strings(strings: Strings) -> None:
    noisy = RECIPE.replace("  - characters\n", "  - add_noise: {{from: strings, snr_db: 3}}\n  - characters\n")
    text = noisy.format(root=strings.root, store=strings.store, of="", tail="")
    with pytest.raises(CorpusError, match="is composed of several; stages draw from corpora of single files"):
        build(load_recipe(write_lines(strings.folder / "noisy.yaml", text)), "inline", wishes=Wishes(limit=3))


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (", pth: x", "6:24 corpora.strings.of.pth: unknown parameter; there are "),
        (", spilt: {from: corpus}", "6:24 corpora.strings.of.spilt: unknown parameter; did you mean split?"),
        (", root: x", "6:9 corpora.strings.of: write root once, beside `of`"),
        (", split: {from: corpsu}", "corpora.strings.of.split.from: expected corpus, got 'corpsu'"),
    ],
)
def test_a_mistake_in_the_inner_corpus_is_named_where_it_stands(strings: Strings, of: str, message: str) -> None:
    strings.of = of
    with pytest.raises(RecipeError) as caught:
        strings.recipe()
    (problem,) = caught.value.problems
    assert message in str(problem)


def test_an_unknown_inner_reader_is_named(strings: Strings) -> None:
    with pytest.raises(RecipeError, match=r"corpora\.strings\.of\.reader: unknown reader .* did you mean fsdd"):
        strings.recipe("corpora.strings.of={reader: fsd}")
