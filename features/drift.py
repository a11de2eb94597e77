"""Drift: whether a chain still gives, here, the bits that it gave when a store was built.

A built-in signal is run through the chain. A library upgrade that changes nothing leaves the digest as it
is, one that changes bits is seen before it can mix two kinds of features in one store.
"""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from features.audio.clip import decode_clip
from features.chain import Chain, Stopped
from features.example import Example, Source
from features.fitting import fit
from features.resources import Clip, Clips, Resources
from features.stage import Augmentation, Transform

SAMPLE_RATE = 48_000
SECONDS = 1


TEXT = "the quick brown fox jumps over the lazy dog"


def probe(chain: Chain) -> str:
    """The digest of what the chain makes of the built-in signal, as it is and as a train copy.

    What stages must be fitted on is the built-in text, so that the digest does not depend on the corpus. Augmentations
    act for certain, whatever their probability.

    BLAS runs on one thread here, as it does in builders.
    """
    data = built_in_wav()
    example = Example("probe", Source(data, "probe.wav", alone=True), text=TEXT, split="train")
    clips = {name: Clips([Clip("clip", "", lambda: data)], decode_clip) for name in chain.corpora()}
    state = hashlib.blake2b(digest_size=16)
    with threadpool_limits(limits=1):
        bound = _certain(chain).bind(Resources(clips, fit(chain, lambda: [example])))
        for copy in (0, 1):
            for verdict, ended in _walks(bound, replace(example, copy=copy)):
                state.update(verdict.encode())
                for name, value in sorted(ended.arrays.items()) if ended else ():
                    state.update(f"{name} {value.array.dtype} {value.array.shape}".encode())
                    state.update(np.ascontiguousarray(value.array).data)
    return state.hexdigest()


def _certain(chain: Chain) -> Chain:
    stages = [s.model_copy(update={"probability": 1.0}) if isinstance(s, Augmentation) else s for s in chain.stages]
    return replace(chain, stages=stages)


def _walks(chain: Chain, example: Example) -> Iterator[tuple[str, Example | None]]:
    """Every verdict on the way, and the examples at the end.

    A stage that stops it is passed over, a filter or a feature that the signal is unfit for; with the latter whatever
    reads that feature.
    """
    flow, lost = [example], set[str]()
    for position, stage in enumerate(chain.stages):
        written = stage.target if isinstance(stage, Transform) else ""
        if any(isinstance(value, str) and value in lost for _, value in stage):
            lost.add(written)
            continue
        after: list[Example] = []
        for now in flow:
            outcome = chain.only(position).run(now)
            if isinstance(outcome, Stopped):
                yield f"{outcome.stage}: {outcome.verdict.reason}", None
                lost |= {written} - now.arrays.keys() - {""}
            after += [now] if isinstance(outcome, Stopped) else outcome
        flow = [one for one in after if one.arrays]  # what could not even be decoded goes no further
    yield from (("", ended) for ended in flow)


def built_in_wav() -> bytes:
    """One second of a rising triangle wave in noise, 48 kHz, 16 bits, mono; by whole numbers, so alike everywhere."""
    steps = np.arange(SAMPLE_RATE * SECONDS, dtype=np.uint64)
    phase = (steps * (200 + steps // 16)) % 48_000
    triangle = np.abs(phase.astype(np.int64) - 24_000) - 12_000
    noise = ((steps * 6364136223846793005 + 1442695040888963407) >> np.uint64(52)).astype(np.int64) - 2048
    sink = io.BytesIO()
    with wave.open(sink, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(SAMPLE_RATE)
        target.writeframes((triangle + noise).astype("<i2").tobytes())
    return sink.getvalue()
