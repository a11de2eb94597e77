"""What is shown is what a store would hold, and only what a changed parameter reaches is made again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from explorer.world import World
from features import manual
from features.catalog import STAGES, stage_class
from features.chain import Chain
from features.parameters import flow
from features.showcase import shapes, showcase
from features.stage import FeatureShape, FittedStage
from manifests.store import Store
from pipelines.build import build
from pipelines.recipe_file import load_recipe
from tests.explorer.asking import client, refused, walk
from tests.factories import write_audio, write_lines
from tests.features.examples import babble

CHIRP = {"signal": "chirp", "seconds": 0.5}


def feature_stages() -> Iterator[str]:
    """The stages of the catalog that write features, and run in a recipe."""
    for name in STAGES:
        stage = stage_class(name)
        if name == "decode" or (issubclass(stage, FittedStage) and stage.on_arrays):
            continue
        chain, _ = showcase(name)
        before = Chain(chain.stages[:-1]).check(shapes())
        after = chain.stages[-1].check(before)
        if any(isinstance(shape, FeatureShape) and before.get(key) != shape for key, shape in after.items()):
            yield name


def chains() -> list[list[tuple[str, list[dict[str, object]]]]]:
    """Stages with their chains, in groups whose chains do not write the same name otherwise, each a recipe."""
    groups: list[dict[str, object]] = []
    members: list[list[tuple[str, list[dict[str, object]]]]] = []
    for name in feature_stages():
        steps = [step for step in manual.example(name) if "decode" not in step]
        channels = str(manual.example(name)[0]["decode"]["channels"]) + " 4" * (name == "intensity_vectors")
        written = {"channels": channels} | {target(step): flow(step) for step in steps}
        for group, inside in zip(groups, members, strict=True):
            if all(group.get(key, value) == value for key, value in written.items()):
                group.update(written)
                inside.append((name, steps))
                break
        else:
            groups.append(written)
            members.append([(name, steps)])
    return members


def target(step: dict[str, object]) -> str:
    ((name, parameters),) = step.items()
    stage = stage_class(name).model_validate(parameters)
    return str(getattr(stage, "target", "targets" if name == "frame_targets" else name))


@pytest.mark.parametrize("group", chains(), ids=lambda group: "+".join(name for name, _ in group)[:60])
def test_every_feature_stage_shows_what_the_store_holds(group, tmp_path):
    channels = manual.example(group[0][0])[0]["decode"]["channels"]
    several = 4 if group[0][0] == "intensity_vectors" else 2 if channels == "all" else 1
    samples = np.concatenate([babble(1.0, 16000, seed) for seed in range(several)])
    for name in ("one", "other"):
        write_audio(tmp_path / f"data/{name}.wav", samples, 16000, "PCM_16")
    write_lines(tmp_path / "data/list.csv", "path,events", "one.wav,0.1 0.7 voice", "other.wav,0.1 0.3 noise")
    steps, kept = list[dict[str, object]](), dict[str, str]()
    for _, chain in group:
        for step in chain:
            if step not in steps:
                steps.append(step)
        kept[target(chain[-1])] = "float16" if target(chain[-1]) in ("log_mel", "mfcc") else "float32"
    recipe = write_lines(
        tmp_path / "shown.yaml",
        "name: shown",
        "description: Every feature.",
        "corpora:",
        f"  data: {{reader: table, root: {tmp_path / 'data'}, path: list.csv}}",
        "source: [data]",
        "split: {by: key, test: [other.wav]}",
        "stages:",
        f"  - decode: {{channels: {channels}}}",
        *(f"  - {flow(step).removeprefix('{').removesuffix('}')}" for step in steps),
        f"store: {{path: {tmp_path / 'store'}, keep: {flow(kept)}}}",
    )
    build(load_recipe(str(recipe), ()), cluster="inline")
    store = Store.open(tmp_path / "store")
    (entry,) = store.entries("train")
    (row,) = store.index(entry).to_pylist()
    reader = store.shard(entry)
    visitor = client(World.of([str(tmp_path / "store")], [str(recipe)]))
    source, chain = {"store": "store", "key": "data/one.wav"}, [{"decode": {"channels": channels}}, *steps]
    show = [[len(chain) - 1, name] for name in list(kept)]
    for first in range(0, len(show), 16):
        header, arrays = walk(visitor, source, *chain, show=show[first : first + 16], keep=kept)
        for shown, array in zip(header["shown"], arrays, strict=True):
            spec = store.array(shown["name"])
            raw = bytes(reader.raw(row, spec))
            assert shown["sha256"] == hashlib.sha256(raw).hexdigest() == hashlib.sha256(array.tobytes()).hexdigest()


def test_only_what_comes_behind_a_change_is_made_again():
    visitor = client()
    stages = [{"resample": {"sample_rate": 8000}}, {"log_mel": {"n_mels": 40}}, {"deltas": {"of": "log_mel"}}]
    header, _ = walk(visitor, CHIRP, *stages)
    assert [step["cached"] for step in header["steps"]] == [False, False, False]
    header, _ = walk(visitor, CHIRP, *stages[:2], {"deltas": {"of": "log_mel", "order": 1}})
    assert [step["cached"] for step in header["steps"]] == [True, True, False]
    header, _ = walk(visitor, CHIRP, {"resample": {"sample_rate": 4000}}, *stages[1:])
    assert [step["cached"] for step in header["steps"]] == [False, False, False]
    header, _ = walk(visitor, CHIRP, *stages, seed=1)
    assert [step["cached"] for step in header["steps"]] == [False, False, False]


def test_the_cache_is_bounded():
    world = World.of()
    walker = world.walker
    walker.most_bytes = 400_000
    visitor = client(world)
    for hz in range(100, 1000, 100):
        louder = {"gain": {"gain_db": 3, "act_on": "all"}}
        walk(visitor, {"signal": "tone", "seconds": 2.0, "frequency_hz": hz}, louder)
        assert walker._bytes() <= 400_000 or len(walker._kept) == 1


def test_a_copy_is_augmented_and_copy_0_is_not():
    visitor = client()
    noise = {"add_noise": {"color": 0, "snr_db": {"uniform": [0, 10]}}}
    _, (plain,) = walk(visitor, CHIRP, noise)
    first, (one,) = walk(visitor, CHIRP, noise, copy=1)
    _, (again,) = walk(visitor, CHIRP, noise, copy=1)
    _, (other,) = walk(visitor, CHIRP, noise, copy=2)
    _, (before,) = walk(visitor, CHIRP, noise, copy=1, show=[[-1, "audio"]])
    assert np.array_equal(plain, before)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, before)
    assert not np.array_equal(one, other)
    assert 0 <= first["steps"][0]["notes"]["add_noise"]["snr_db"] <= 10


@pytest.mark.parametrize(
    ("stages", "field", "said"),
    [
        ([{"log_mel": {"n_mels": 0}}], "stages[0].log_mel.n_mels", "greater than or equal to 1"),
        ([{"resample": {"sample_rate": 8000}}, {"log_mel": {"mels": 1}}], "stages[1].log_mel.mels", "not permitted"),
        ([{"gain": {"gain_db": "loud"}}], "stages[0].gain.gain_db", ""),
        ([{"nothing": {}}], "stages[0]", "unknown stage"),
        ([{"pcen": {}}], "stages[0].pcen.of", "no stage before it writes"),
        ([{"resample": {"sample_rate": 8000}}, {"mel": {"f_max": 8000}}], "stages[1].mel.f_max", "half the sample"),
        ([{"decode": {"channels": "mono"}}, {"log_mel": {"n_mels": 0}}], "stages[1].log_mel.n_mels", ""),
    ],
)
def test_a_wrong_parameter_is_named_as_the_page_counts(stages, field, said):
    found = refused(client(), CHIRP, *stages)
    assert found["field"] == field
    assert said in found["error"]


def test_a_verdict_is_no_error():
    header, arrays = walk(client(), CHIRP, {"filter_duration": {"min_seconds": 2}}, {"log_mel": {}})
    assert header["steps"][0]["verdict"].startswith("filtered: ")
    assert len(header["steps"]) == 1
    assert arrays == []


def test_tokens_come_with_their_symbols():
    header, (ids,) = walk(client(), {"signal": "speech", "said": "three"}, {"characters": {}})
    (shown,) = header["shown"]
    assert "".join(shown["symbols"][number] for number in ids) == "three"
    assert shown["kind"] == "tokens"


def test_what_float16_does_not_hold_is_said():
    loud = {"stft": {"output": "power", "n_fft": 4096}}
    found = refused(client(), {"signal": "tone", "level_db": 0, "frequency_hz": 1000}, loud, keep={"stft": "float16"})
    assert found["field"] == "keep.stft"


def test_stages_of_several_parts_show_the_first(tmp_path: Path):
    header, (audio,) = walk(client(), {"signal": "noise", "seconds": 2}, {"segment": {"seconds": 0.5}})
    assert audio.shape == (1, 8000)
    assert header["steps"][0]["verdict"] is None


def test_a_variable_that_is_not_set_is_named():
    found = refused(client(), {"signal": "tone"}, {"log_mel": {"n_fft": "${WINDOW}"}})
    assert found["error"] == "the recipe takes it from ${WINDOW}, which is not set where the server runs"
    assert found["field"] == "stages[0].log_mel.n_fft"
