from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

from features.augment.gain import Gain
from features.chain import Chain, Stopped
from features.draws import Draws
from features.errors import ChainError, StageCrash
from features.example import Audio, Example
from features.signal.fix_length import FixLength
from features.signal.resample import Resample
from features.stage import AudioShape, FeatureShape, Filtered, Outcome, Rejected, Shape, Shapes, Stage

AUDIO = {"audio": Audio(np.ones((1, 8), np.float32), 8)}


class Told(Stage):
    """A stage that does as it is told, part by part: `does[part]`, the last for all further ones."""

    name: ClassVar[str] = "told"

    does: list[Any]

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        return dict(shapes)

    def apply(self, example: Example, draws: Draws) -> Outcome:
        what = self.does[min(example.part, len(self.does) - 1)]
        if isinstance(what, BaseException):
            raise what
        if isinstance(what, int):
            return [replace(example, text=f"{example.text or ''}{number}") for number in range(what)]
        if what == "draw":
            draws.number("gain_db", Gain(gain_db={"uniform": [0, 1]}).gain_db)
        return example if what in ("pass", "draw") else what


def run(*stages: Stage, **example: Any) -> Sequence[Example] | Stopped:
    return Chain(stages, seed=3).run(Example("a.wav", arrays=AUDIO, **example))


def test_one_example_goes_through() -> None:
    found = run(Resample(sample_rate=16), FixLength(seconds=2))
    assert isinstance(found, list)
    assert [example.audio().samples.shape for example in found] == [(1, 32)]


@pytest.mark.parametrize("verdict", [Rejected("broken"), Filtered("too quiet")])
def test_a_verdict_stops_the_recording_and_names_the_stage(verdict: Rejected | Filtered) -> None:
    assert run(Told(does=["pass"]), Told(does=[verdict]), Told(does=[ValueError("not reached")])) == Stopped(
        "told", verdict
    )


def test_parts_are_numbered_in_order_and_never_twice() -> None:
    found = run(Told(does=[2]), Told(does=[3, 2]))
    assert isinstance(found, list)
    assert [(example.part, example.text) for example in found] == [
        (0, "00"),
        (1, "01"),
        (2, "02"),
        (3, "10"),
        (4, "11"),
    ]


def test_a_stage_that_splits_one_part_alone_keeps_numbers_apart() -> None:
    found = run(Told(does=[3]), Told(does=["pass", 2, "pass"]))
    assert isinstance(found, list)
    assert [(example.part, example.text) for example in found] == [(0, "0"), (1, "10"), (2, "11"), (3, "2")]


def test_a_verdict_on_a_part_drops_that_part() -> None:
    found = run(Told(does=[3]), Told(does=["pass", Filtered("silence"), "pass"]))
    assert isinstance(found, list)
    assert [(example.part, example.text) for example in found] == [(0, "0"), (2, "2")]


def test_the_last_verdict_is_the_recordings_when_no_part_is_left() -> None:
    found = run(Told(does=[2]), Told(does=[Filtered("silence"), Rejected("clipped")]))
    assert found == Stopped("told", Rejected("clipped"))


def test_a_stage_that_makes_nothing_of_it_filters() -> None:
    assert run(Told(does=[0])) == Stopped("told", Filtered("nothing is left of it"))


@pytest.mark.parametrize("error", [ValueError("bad"), KeyError("x"), ZeroDivisionError(), AssertionError("no")])
def test_any_other_exception_is_a_crash_with_the_key_and_the_stage(error: Exception) -> None:
    with pytest.raises(StageCrash, match=rf"a\.wav: stage told failed with {type(error).__name__}") as caught:
        run(Told(does=[error]))
    assert (caught.value.key, caught.value.stage, caught.value.exit_code) == ("a.wav", "told", 1)
    assert caught.value.__cause__ is error


def test_a_stage_that_answers_nothing_is_a_crash() -> None:
    with pytest.raises(StageCrash, match=r"a\.wav: stage told failed with TypeError"):
        run(Told(does=[None]))


def test_memory_errors_are_left_to_the_builder() -> None:
    with pytest.raises(MemoryError):
        run(Told(does=[MemoryError()]))


def test_stages_that_do_not_act_pass_the_example_on() -> None:
    stage = Gain.model_validate({"gain_db": 20, "as": "loud"})
    original, copied = run(stage, split="train", copy=0), run(stage, split="train", copy=1)
    assert isinstance(original, list)
    assert isinstance(copied, list)
    assert original[0].audio("loud") is original[0].audio("audio") is AUDIO["audio"]
    assert copied[0].audio("loud").samples.max() == 10
    in_place = run(Gain(gain_db=20), split="valid", copy=1)
    assert isinstance(in_place, list)
    assert in_place[0].audio() is AUDIO["audio"]


def test_notes_keep_each_occurrence_apart_with_draws_of_its_own() -> None:
    found = run(Told(does=["draw"]), Told(does=["pass"]), Told(does=["draw"]))
    assert isinstance(found, list)
    notes = found[0].notes
    assert set(notes) == {"told", "told.2"}
    assert notes["told"] != notes["told.2"]


def test_parts_draw_for_themselves() -> None:
    found = run(Told(does=[2]), Told(does=["draw"]))
    assert isinstance(found, list)
    first, second = (example.notes["told.1"]["gain_db"] for example in found)
    assert first != second


def test_announce_hears_each_stage_before_it_is_entered() -> None:
    heard: list[int] = []
    with pytest.raises(StageCrash):
        Chain([Told(does=["pass"]), Told(does=[ValueError()]), Told(does=["pass"])]).run(
            Example("a.wav"), announce=heard.append
        )
    assert heard == [0, 1]


def parse(*described: dict[str, Any], seed: int = 0) -> Chain:
    return Chain.parse(described, seed)


def test_the_fingerprint_changes_with_what_decides_the_output() -> None:
    base = {"resample": {"sample_rate": 8000}}, {"log_mel": {"n_mels": 40, "n_fft": 256}}
    chain = parse(*base)
    others = [
        parse(base[0], {"log_mel": {"n_mels": 41, "n_fft": 256}}),
        parse({"resample": {"sample_rate": 8001}}, base[1]),
        parse(base[1], base[0]),
        parse(base[0]),
        parse(*base, seed=1),
        parse(base[0], {"log_mel": {**base[1]["log_mel"], "of": "noisy"}}),
    ]
    assert len({chain.fingerprint(), *(other.fingerprint() for other in others)}) == 7


def test_the_fingerprint_changes_with_a_stages_version(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = parse({"resample": {"sample_rate": 8000}})
    before = chain.fingerprint()
    monkeypatch.setattr(Resample, "version", Resample.version + 1)
    assert chain.fingerprint() != before


def test_the_fingerprint_does_not_change_with_how_it_is_written() -> None:
    chain = parse({"log_mel": {"n_mels": 40, "n_fft": 256}}, {"gain": {"gain_db": {"choice": [1, 2]}}})
    again = parse(
        {"log_mel": {"n_fft": 256, "hop_length": 160, "n_mels": 40, "of": "audio"}},
        {"gain": {"act_on": "copies", "gain_db": {"choice": [1.0, 2.0]}}},
    )
    assert chain.fingerprint() == again.fingerprint()


def test_what_describe_writes_parse_reads() -> None:
    described = [
        {"resample": {"sample_rate": 8000}},
        {"speed": {"factor": {"choice": [0.9, 1.1]}}},
        {"add_noise": {"from": "noise", "snr_db": {"uniform": [5, 20]}, "as": "noisy"}},
        {"mfcc": {"of": "noisy", "n_mfcc": 13}},
    ]
    chain = parse(*described, seed=9)
    again = parse(*chain.describe(), seed=9)
    assert again.describe() == chain.describe()
    assert again.fingerprint() == chain.fingerprint()
    assert [stage.name for stage in again.stages] == ["resample", "speed", "add_noise", "mfcc"]


def test_check_follows_the_shapes_to_the_end() -> None:
    chain = parse({"resample": {"sample_rate": 8000}}, {"fix_length": {"seconds": 1}}, {"log_mel": {"n_fft": 256}})
    found = chain.check({"audio": AudioShape(44100, 1)})
    assert found == {"audio": AudioShape(8000, 1, 8000), "log_mel": FeatureShape(80, 50.0, 51)}


def test_check_says_which_stage_does_not_fit() -> None:
    chain = parse({"resample": {"sample_rate": 8000}}, {"log_mel": {"f_max": 7600}})
    with pytest.raises(ChainError, match="f_max 7600 Hz lies above half the sample rate") as caught:
        chain.check({"audio": AudioShape(44100, 1)})
    assert (caught.value.index, caught.value.parameter) == (1, "f_max")


def test_unknown_stages_have_no_chain() -> None:
    with pytest.raises(ChainError, match="unknown stage 'resmaple'"):
        parse({"resmaple": {"sample_rate": 8000}})
