"""A store follows its corpus: what is new, changed, touched or gone, and nothing that is not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from manifests.errors import CorpusError
from manifests.store import Store
from pipelines.build import build, planning
from pipelines.errors import BuildError, GateError
from pipelines.plan import Wishes
from pipelines.supervisor import ENVIRONMENT
from tests.factories import tone, write_audio, write_lines
from tests.pipelines.corpora import Tones, checksums, fates

COUNT = 24


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    return Tones(tmp_path, COUNT)


def fresh(tones: Tones) -> dict[tuple[str, int, int], str]:
    """The content of a store that is built anew from the corpus as it is now."""
    other = tones.folder / "fresh"
    build(tones.recipe(f"store.path={other}"), "inline")
    return checksums(other)


def test_every_recording_is_produced_once_and_a_second_build_decodes_nothing(tones: Tones) -> None:
    first = build(tones.recipe(), "inline")
    assert (first.generation, first.recordings, first.produced, first.rejected) == (1, COUNT, COUNT, 0)
    assert first.decoded == COUNT
    before = tones.digests()
    second = build(tones.recipe(), "inline")
    assert (second.decoded, second.copied, second.shards_built) == (0, 0, 0)
    assert second.generation == 1
    assert tones.digests() == before
    assert set(Store.open(tones.store).generation.splits()) == {"train", "test"}


def test_a_comment_in_the_recipe_builds_nothing(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    tones.tail = "# a comment\n"
    assert build(tones.recipe(), "inline").shards_built == 0


def test_new_recordings_cost_only_themselves(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    tones.add(100)
    tones.add(101)
    grown = build(tones.recipe(), "inline")
    assert (grown.generation, grown.recordings, grown.decoded) == (2, COUNT + 2, 2)
    assert checksums(tones.store) == fresh(tones)


def test_a_changed_file_is_decoded_and_its_neighbours_are_copied(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    tones.write(tones.root / "high" / "0004.wav", tone(0.5, 8000, 3000))
    with planning(tones.recipe()) as planned:
        assert [p.reason for p in planned.build] == ["1 recording changed"]
        neighbours = planned.build[0].recordings - 1
    changed = build(tones.recipe(), "inline")
    assert (changed.decoded, changed.copied) == (1, neighbours)
    assert checksums(tones.store) == fresh(tones)


def test_a_touched_file_is_read_again_and_not_decoded(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    before = tones.digests()
    os.utime(tones.root / "high" / "0004.wav", (1, 1))
    touched = build(tones.recipe(), "inline")
    assert (touched.decoded, touched.generation) == (0, 2)
    assert tones.digests() == before
    assert build(tones.recipe(), "inline").shards_built == 0


def test_a_recording_that_is_gone_is_gone_from_the_store(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    (tones.root / "high" / "0004.wav").unlink()
    shrunk = build(tones.recipe(), "inline")
    assert (shrunk.recordings, shrunk.decoded) == (COUNT - 1, 0)
    assert "tones/high/0004.wav" not in fates(tones.store)
    assert checksums(tones.store) == fresh(tones)


def test_a_parameter_rebuilds_everything_and_the_plan_names_it(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    with planning(tones.recipe("stages[2].log_mel.n_mels=40")) as planned:
        assert {p.reason for p in planned.build} == {"log_mel.n_mels 32 -> 40"}
    assert build(tones.recipe("stages[2].log_mel.n_mels=40"), "inline").decoded == COUNT


def test_broken_files_are_rejected_with_their_reasons_and_the_rest_is_built(tones: Tones) -> None:
    (tones.root / "high" / "empty.wav").write_bytes(b"")
    (tones.root / "high" / "page.mp3").write_bytes(b"<html><body>404 not found</body></html>")
    cut = (tones.root / "low" / "0001.wav").read_bytes()[:-600]
    (tones.root / "low" / "cut.wav").write_bytes(cut)
    made = build(tones.recipe(), "inline")
    assert (made.recordings, made.produced, made.rejected) == (COUNT + 3, COUNT, 3)
    found = fates(tones.store)
    for name in ("high/empty.wav", "high/page.mp3", "low/cut.wav"):
        fate, stage, reason = found[f"tones/{name}"]
        assert (fate, stage) == ("rejected", "decode")
        assert reason
    assert "truncated" in str(found["tones/low/cut.wav"][2])
    assert build(tones.recipe(), "inline").decoded == 0


def test_a_recording_that_is_filtered_counts_as_filtered(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 8, more="  - trim_silence: {}\n")
    write_audio(tones.root / "high" / "silence.wav", tone(0.3) * 0)
    made = build(tones.recipe(), "inline")
    assert (made.produced, made.filtered, made.rejected) == (8, 1, 0)


def test_what_float16_does_not_hold_is_rejected_and_never_stored_as_infinite(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 8, more="  - stft: {n_fft: 1500, hop_length: 500, output: power}\n")
    tones.write(tones.root / "high" / "loud.wav", tone(1.0, level_db=-0.1))
    made = build(tones.recipe("store.keep={stft: float16}"), "inline")
    assert (made.produced, made.filtered, made.rejected) == (8, 0, 1)
    fate, stage, reason = fates(tones.store)["tones/high/loud.wav"]
    assert (fate, stage) == ("rejected", "store")
    assert "which float16 does not hold; keep float32" in str(reason)
    assert build(tones.recipe("store.keep={stft: float32}"), "inline").produced == 9


def test_copies_are_augmented_in_train_only_and_copy_0_never(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 12, more="  - gain: {gain_db: {uniform: [-6, -1]}}\n", tail="copies: {train: 3}\n")
    build(tones.recipe(), "inline")
    plain = Tones(tmp_path / "plain", 12)
    build(plain.recipe(), "inline")
    augmented, as_is = checksums(tones.store), checksums(plain.store)
    assert {key: digest for key, digest in augmented.items() if key[1] == 0} == as_is
    keys = [key for key, _, _ in augmented]
    assert sorted(set(map(keys.count, keys))) == [1, 3]
    assert len(set(augmented.values())) == len(augmented)


def test_too_much_rejected_fails_the_gate_and_leaves_the_store_as_it_was(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    (tones.root / "high" / "empty.wav").write_bytes(b"")
    tones.tail = "gates: {max_rejected: 1%}\n"
    with pytest.raises(GateError, match=r"max_rejected: 1 of 25 recordings were rejected \(4.00%, 1.00% allowed\)"):
        build(tones.recipe(), "inline")
    assert Store.open(tones.store).generation.number == 1


def test_too_much_gone_fails_before_anything_is_built(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    for path in sorted((tones.root / "high").iterdir())[:6]:
        path.unlink()
    tones.tail = "gates: {max_dropped: 5%}\n"
    with pytest.raises(GateError, match="6 recordings of 24 are gone"):
        build(tones.recipe(), "inline")
    assert Store.open(tones.store).generation.number == 1


def test_an_empty_source_is_an_error_and_no_deletion(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    for path in tones.root.rglob("*.wav"):
        path.unlink()
    with pytest.raises(CorpusError):
        build(tones.recipe(), "inline")
    assert Store.open(tones.store).generation.count("recordings") == COUNT


def test_a_limit_never_shrinks_a_store(tones: Tones) -> None:
    assert build(tones.recipe(), "inline", wishes=Wishes(limit=5)).recordings == 5
    build(tones.recipe(), "inline")
    with pytest.raises(BuildError, match="--limit"):
        build(tones.recipe(), "inline", wishes=Wishes(limit=5))


def test_shards_are_cut_by_bytes_and_hold_each_recording_once(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 60)
    for number in range(200, 206):
        tones.add(number, seconds=120)
    made = build(tones.recipe(), "inline")
    assert made.shards_built > 4
    assert made.produced == len(checksums(tones.store)) == 66


def test_a_file_modified_just_before_is_read_again_and_then_trusted(tones: Tones) -> None:
    soon = time.time() + 3600
    os.utime(write_audio(tones.root / "high" / "now.wav", tone(0.2, 8000, 500)), (soon, soon))
    build(tones.recipe(), "inline")
    with planning(tones.recipe()) as planned:
        assert [p.reason for p in planned.build] == ["1 recording changed"]
    os.utime(tones.root / "high" / "now.wav", (5, 5))
    assert build(tones.recipe(), "inline").decoded == 0
    assert build(tones.recipe(), "inline").shards_built == 0


def test_checksum_finds_a_change_that_size_and_time_hide(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    path = tones.root / "high" / "0004.wav"
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[-100] ^= 8
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert build(tones.recipe(), "inline").shards_built == 0
    checked = build(tones.recipe(), "inline", wishes=Wishes(checksum=True))
    assert (checked.decoded, checked.copied, checked.generation) == (1, COUNT - 1, 2)
    again = build(tones.recipe(), "inline", wishes=Wishes(checksum=True))
    assert (again.decoded, again.copied, again.generation) == (0, COUNT, 2)
    assert checksums(tones.store) == fresh(tones)


def test_a_build_that_would_redo_too_much_stops(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    with pytest.raises(GateError, match=r"24 of 24 recordings would be decoded again .* log_mel.n_mels 32 -> 40"):
        build(tones.recipe("stages[2].log_mel.n_mels=40"), "inline", wishes=Wishes(max_rebuild=0.05))
    tones.add(100)
    assert build(tones.recipe(), "inline", wishes=Wishes(max_rebuild=0.0)).decoded == 1


DRIFTING = """\
import os
from dataclasses import replace
from features.stage import Transform

class Library(Transform):
    name = "library"

    def transform(self, value, draws):
        return replace(value, samples=value.samples * int(os.environ.get("LIBRARY", "1")))
"""


@pytest.fixture
def drifting(tmp_path: Path) -> Tones:
    """A chain whose bits depend on what stands in the environment, as they do on libraries."""
    write_lines(tmp_path / "library.py", DRIFTING)
    return Tones(tmp_path, COUNT, more="  - library: {}\n", tail="plugins: [library.py]\n")


def test_a_drift_stops_the_build_until_it_is_accepted_or_all_is_rebuilt(
    drifting: Tones, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(drifting.recipe(), "inline")
    drifting.add(100)
    monkeypatch.setenv("LIBRARY", "2")
    with pytest.raises(BuildError, match=r"gives other bits here .* numpy .* --accept-drift"):
        build(drifting.recipe(), "inline")
    mixed = build(drifting.recipe(), "inline", wishes=Wishes(accept_drift=True))
    assert (mixed.decoded, mixed.recordings) == (1, COUNT + 1)
    assert build(drifting.recipe(), "inline").shards_built == 0
    assert build(drifting.recipe(), "inline", wishes=Wishes(rebuild=True)).decoded == COUNT + 1


def test_a_builder_whose_bits_differ_is_refused(drifting: Tones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRONMENT, "LIBRARY", "2")
    with pytest.raises(BuildError, match="gives other bits than the machine that planned; it has python"):
        build(drifting.recipe(), "inline")
    assert not (drifting.store / "generations").exists()


def test_rebuilding_gives_the_same_shards(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    before = tones.digests()
    again = build(tones.recipe(), "inline", wishes=Wishes(rebuild=True))
    assert (again.decoded, again.generation) == (COUNT, 1)
    assert tones.digests() == before
