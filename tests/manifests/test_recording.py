"""The text of a recording: what row digests are made of."""

import json
import random

import pytest

from manifests.recording import Recording, Span

TEXTS = ("a", 'quo"ted', "back\\slash", "zwölf\tneu\n", "\x00\x7f\u2028", "数字")


def _any_recording(rng: random.Random) -> Recording:
    def maybe(value: object) -> object:
        return value if rng.random() < 0.5 else None

    span = Span(
        rng.choice(TEXTS),
        rng.choice((0.0, 0, 1.5, 3, 1e-7, 1e22)),
        maybe(rng.choice((0.0, 0.25, 7))),
        maybe(rng.choice((0, 44))),
        maybe(rng.choice((0, 1 << 40))),
        maybe("e" * 32),
    )
    return Recording(
        key=rng.choice(TEXTS),
        span=span,
        channel=maybe(rng.choice((0, 1))),
        speaker=maybe(rng.choice(TEXTS)),
        text=maybe(rng.choice(TEXTS)),
        labels={rng.choice(TEXTS): rng.choice(("x", 1, 0.5, True, ["a", "b"])) for _ in range(rng.randrange(3))},
        split=maybe(rng.choice(TEXTS)),
        extra={rng.choice(TEXTS): {"nested": [None, 1]} for _ in range(rng.randrange(2))},
        origin="table.csv:3",
    )


@pytest.mark.parametrize("seed", range(300))
def test_the_text_of_a_recording_is_its_sorted_json(seed: int) -> None:
    recording = _any_recording(random.Random(seed))
    row = recording.to_json()
    assert recording.encode() == json.dumps(row, sort_keys=True, ensure_ascii=False)
    assert Recording.from_json(json.loads(recording.encode())) == recording
    row["key"] = "corpus/" + row["key"]
    for name in ("path", "offset", "size"):
        row.pop(name, None)
    assert recording.encode("corpus/", place=False) == json.dumps(row, sort_keys=True, ensure_ascii=False)
