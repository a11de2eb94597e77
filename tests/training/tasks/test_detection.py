"""Events: targets of steps, counts, times."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from manifests.spec import ArraySpec
from tests.training.tasks.batches import batch_of, material
from training.errors import DataError
from training.tasks.detection import Detection, DetectionConfig, Scored

HEARD = ArraySpec("log_mel", "features", "float16", 8, 50.0)
TARGETS = ArraySpec("targets", "features", "float32", 2, 50.0)
STAGE = {"frame_targets": {"label": "events", "classes": ["dog", "bell"], "like": "log_mel", "as": "targets"}}
YES, NO = math.log(9), -math.log(9)  # chances 0.9 and 0.1


def task(rate=10.0, **config):
    return Detection(DetectionConfig(**config), {"classes": ["dog", "bell"], "frame_rate": rate})


def batch(*targets):
    """Targets (frames, 2) of each example, beside features of the same frames."""
    return batch_of({"log_mel": [np.zeros((len(one), 8)) for one in targets], "targets": list(targets)})


def test_classes_are_those_of_the_stage_that_made_the_targets():
    config = DetectionConfig()
    assert Detection.learn(config, material([HEARD, TARGETS], chain=[{"log_mel": {}}, STAGE])) == {
        "classes": ["dog", "bell"],
        "frame_rate": 50.0,
    }
    assert Detection.learn(config, material([HEARD, TARGETS]))["classes"] == ["event 0", "event 1"]


@pytest.mark.parametrize(
    "heard",
    [ArraySpec("log_mel", "features", "float16", 8, rate) for rate in (100.0, None)]
    + [ArraySpec("log_mel", "audio", "flac", 1, 50.0)],
)
def test_features_and_targets_are_of_the_same_frames(heard):
    with pytest.raises(DataError, match=r"same frames, got log_mel \(.*\) and targets \(features, 50 a second\)"):
        Detection.learn(DetectionConfig(), material([heard, TARGETS]))
    unlike = batch_of({"log_mel": [np.zeros((3, 8))], "targets": [np.zeros((2, 2))]})
    with pytest.raises(DataError, match="0: log_mel has a length of 3, and targets of 2"):
        task().losses(Scored(torch.zeros(1, 3, 2), 1), unlike)


def test_an_event_of_any_frame_of_a_step_counts():
    one, other = np.zeros((5, 2)), np.zeros((2, 2))
    one[3, 0] = one[4, 1] = other[0, 1] = 1
    targets, real = task().targets(Scored(torch.zeros(2, 3, 2), 2), batch(one, other))
    assert targets.tolist() == [[[0, 0], [1, 0], [0, 1]], [[0, 1], [0, 0], [0, 0]]]
    assert real.tolist() == [[True, True, True], [True, False, False]]


def test_the_loss_is_the_mean_over_the_steps_that_are_real():
    one, other = np.array([[1, 0], [1, 0]]), np.array([[0, 0]])
    scores = torch.tensor([[[YES, NO], [NO, NO]], [[YES, YES], [99.0, -99.0]]])
    losses = task().losses(Scored(scores, 1), batch(one, other))
    right, wrong = -math.log(0.9), -math.log(0.1)
    torch.testing.assert_close(losses, torch.tensor([(3 * right + wrong) / 4, wrong]))


def test_answers_count_segments_and_say_when():
    truth = np.zeros((30, 2))
    truth[0:8, 0] = truth[20:30, 1] = 1
    scores = torch.full((1, 30, 2), NO)
    scores[0, 2:12, 0] = scores[0, 15:18, 1] = YES
    (answer,) = task().answers(Scored(scores, 1), batch(truth))
    # Segments of a second: the dog of the first is found and goes on into the second, where a bell is heard too;
    # the bell of the third is missed.
    assert answer["counts"] == [1, 2, 1, 0]
    assert answer["events"] == [
        {"label": "dog", "start": 0.2, "end": 1.2},
        {"label": "bell", "start": 1.5, "end": 1.8},
    ]
    assert task().metrics([answer, answer]) == {"segment_f1": pytest.approx(4 / 10), "error_rate": pytest.approx(6 / 4)}
    assert task().errors([answer]) == [answer]
    assert task().explain(answer) == "1 segments missed, 2 too many; heard dog 0.20 to 1.20 s; bell 1.50 to 1.80 s"


def test_steps_of_several_frames_keep_the_time():
    truth = np.zeros((24, 2))
    truth[12:24, 0] = 1
    scores = torch.full((1, 6, 2), NO)
    scores[0, 3:, 0] = YES
    (answer,) = task(12.5, segment_seconds=0.96).answers(Scored(scores, 4), batch(truth))
    assert answer["events"] == [{"label": "dog", "start": 0.96, "end": 1.92}]
    assert answer["counts"] == [1, 0, 0, 0]


def test_nothing_to_find_and_nothing_found_has_no_figure():
    (answer,) = task().answers(Scored(torch.full((1, 3, 2), NO), 1), batch(np.zeros((3, 2))))
    assert answer["counts"] == [0, 0, 0, 0]
    assert all(math.isnan(value) for value in task().metrics([answer]).values())
    assert task().errors([answer]) == []
    assert task().say(Scored(torch.full((1, 3, 2), NO), 1)) == [{"events": [], "summary": "no event"}]
