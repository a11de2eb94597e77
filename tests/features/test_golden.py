"""Changed output without a new version is a mistake: stores built before and after would mix unseen."""

from __future__ import annotations

import numpy as np
import pytest

from features.catalog import STAGES, stage_class
from features.example import Audio
from features.perceptual.log_mel import LogMel
from features.signal.normalize import Normalize
from features.stage import Stage
from tests.features.golden import BY_NAME, CASES, digests, shown_digests, stored

ADVICE = "raise `version` in its class, run `python -m tests.features.golden`, and say in CHANGELOG.md what changed"


@pytest.mark.parametrize("stage", CASES, ids=lambda stage: stage.name)
def test_the_output_is_that_of_the_version(stage: Stage) -> None:
    known = stored().get(stage.name, {}).get(str(stage.version))
    assert known is not None, f"golden.json lacks version {stage.version} of {stage.name}: {ADVICE}"
    agree = [a == b for a, b in zip(digests(stage), known, strict=True)]
    assert any(agree), f"the output of {stage.name} changed: {ADVICE}"


@pytest.mark.parametrize("name", sorted(set(STAGES) - {"decode"} - set(BY_NAME)))
def test_the_showcase_is_that_of_the_version(name: str) -> None:
    version = stage_class(name).version
    known = stored().get(name, {}).get(str(version))
    assert known is not None, f"golden.json lacks version {version} of {name}: {ADVICE}"
    assert any(a == b for a, b in zip(shown_digests(name), known, strict=True)), f"{name} changed: {ADVICE}"


def test_a_small_change_of_the_output_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    for stage, method in ((Normalize(), "transform"), (LogMel(n_fft=256), "natural")):
        before, plain = digests(stage), getattr(type(stage), method)

        def nudged(self: Stage, value: object, *rest: object, plain: object = plain) -> object:
            found = plain(self, value, *rest)  # type: ignore[operator]
            if isinstance(found, Audio):
                return Audio(found.samples * np.float32(1.01), found.sample_rate)
            return np.add(found, np.float32(1e-3), out=found)

        monkeypatch.setattr(type(stage), method, nudged)
        assert not any(a == b for a, b in zip(before, digests(stage), strict=True))


def test_noise_in_the_last_bits_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = LogMel.natural
    rng = np.random.default_rng(0)

    def trembling(self: LogMel, mel: np.ndarray) -> np.ndarray:
        found = plain(self, mel)
        return np.multiply(found, (1 + 2e-7 * rng.standard_normal(found.shape)).astype(np.float32), out=found)

    stage = next(stage for stage in CASES if isinstance(stage, LogMel))
    before = digests(stage)
    monkeypatch.setattr(LogMel, "natural", trembling)
    for _ in range(20):
        assert any(a == b for a, b in zip(before, digests(stage), strict=True))
