"""The probe sees a change of any stage that the chain has, also of those that chance leaves out now and then."""

from __future__ import annotations

from typing import Any

import pytest

from features.augment.mix_speakers import MixSpeakers
from features.augment.polarity import Polarity
from features.chain import Chain
from features.drift import probe
from features.example import Audio
from features.stage import Augmentation


@pytest.mark.parametrize(
    ("kind", "method", "parameters"),
    [
        (Polarity, "transform", {"polarity": {"probability": 0.001}}),
        (MixSpeakers, "_voices", {"mix_speakers": {"from": "talk", "sir_db": 5, "probability": 0.001}}),
    ],
)
def test_a_stage_that_gives_other_bits_is_seen(
    kind: type[Augmentation], method: str, parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = Chain.parse([{"decode": {}}, {"resample": {"sample_rate": 8000}}, parameters])
    before, plain = probe(chain), getattr(kind, method)
    assert probe(chain) == before

    def other(self: Augmentation, *rest: Any) -> Any:
        found = plain(self, *rest)
        return Audio(found.samples * 2, found.sample_rate) if isinstance(found, Audio) else found[:, ::-1]

    monkeypatch.setattr(kind, method, other)
    assert probe(chain) != before


def test_features_that_the_signal_is_unfit_for_do_not_stop_what_reads_them() -> None:
    """At 48 kHz mel filters lie between the bins of a short transform, and corpora have rates of their own."""
    chain = [{"decode": {}}, {"mfcc": {}}, {"deltas": {"of": "mfcc"}}, {"energy": {}}]
    assert probe(Chain.parse(chain)) != probe(Chain.parse([*chain[:3], {"energy": {"hop_length": 320}}]))


def test_a_chain_that_decodes_less_than_the_signal_has_is_probed_as_far_as_that() -> None:
    chain = [{"decode": {"max_seconds": 0.5}}, {"log_mel": {}}]
    assert probe(Chain.parse(chain)) == probe(Chain.parse([chain[0], {"energy": {}}]))
