"""What is beside a recording: its samples under its own name, as many as the recording has, or the reason why not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from features.audio.decode import Decode
from features.chain import Chain
from features.draws import Draws
from features.drift import probe
from features.example import Example, Piece, Source
from features.stage import AudioShape, Rejected
from tests.features.audio.sounds import encode, noise

RATE = 16000
NOISY, CLEAN = noise(8000, seed=1), noise(8000, seed=2)


def outcome(source: Source, **parameters: Any) -> tuple[Any, dict[str, Any]]:
    draws = Draws(0, "decode", 0, "key", 0)
    return Decode(**parameters).apply(Example("key", source), draws), draws.taken


def pair(clean: bytes = b"", **source: Any) -> Source:
    beside = {"clean": Source(clean or encode(CLEAN), "clean/a.wav", **source)}
    return Source(encode(NOISY), "noisy/a.wav", beside=beside, **source)


def reason(source: Source, also: tuple[str, ...] = ("clean",)) -> str:
    result, notes = outcome(source, also=also)
    assert isinstance(result, Rejected)
    assert notes == {}
    return result.reason


def scaled(samples: Any) -> Any:
    return samples.T / np.float32(32768)


def test_it_is_an_array_of_its_own_name_sample_for_sample() -> None:
    result, notes = outcome(pair(), also=["clean"])
    assert result.arrays.keys() == {"audio", "clean"}
    assert np.array_equal(result.audio().samples, scaled(NOISY))
    assert np.array_equal(result.audio("clean").samples, scaled(CLEAN))
    assert result.audio("clean").sample_rate == RATE
    assert notes["beside"] == {"clean": {"path": "clean/a.wav"}}, "what else is known of it is as of the recording"


def test_without_also_the_recording_is_as_it_would_be_without_it() -> None:
    result, notes = outcome(pair())
    alone, known = outcome(Source(encode(NOISY), "noisy/a.wav"))
    assert result.arrays.keys() == alone.arrays.keys() == {"audio"}
    assert np.array_equal(result.audio().samples, alone.audio().samples)
    assert notes == {**known, "beside": {"clean": {"path": "clean/a.wav"}}}


def test_spans_and_channels_are_kept_to() -> None:
    """A span of both, the second channel of both, and a clean file of another format."""
    stereo, clean = noise(8000, 2, seed=3), noise(8000, 2, seed=4)
    beside = {"clean": Source(encode(clean, "FLAC"), "c.flac", 0.125, 0.25, 1)}
    result, notes = outcome(Source(encode(stereo), "n.wav", 0.125, 0.25, 1, beside=beside), also=["clean"])
    for name, whole in (("audio", stereo), ("clean", clean)):
        assert np.array_equal(result.audio(name).samples, scaled(whole[2000:6000, 1:]))
    assert notes["start"] == 0.125
    assert notes["beside"]["clean"].items() >= {"path": "c.flac", "start": 0.125, "channel": 1, "codec": "flac"}.items()


@pytest.mark.parametrize("frames", [7680, 7999, 8001, 8320])
def test_a_few_samples_more_or_fewer_at_the_end_are_made_the_same_number(frames: int) -> None:
    clean = noise(frames, seed=2)
    result, notes = outcome(pair(encode(clean)), also=["clean"])
    expected = np.zeros((1, 8000), np.float32)
    expected[:, :frames] = scaled(clean)[:, :8000]
    assert np.array_equal(result.audio("clean").samples, expected)
    assert result.audio("clean").samples.dtype == np.float32
    assert notes["beside"]["clean"]["seconds"] == frames / RATE, "the notes tell how long it is itself"
    assert notes["seconds"] == 0.5


@pytest.mark.parametrize("frames", [7679, 8321])
def test_another_length_is_another_moment(frames: int) -> None:
    said = reason(pair(encode(noise(frames))))
    assert said == f"clean beside it, clean/a.wav: {frames / RATE:.3f} s, where the recording has 0.500"


def test_why_a_recording_is_rejected_names_the_file_beside_it() -> None:
    at_8k = encode(noise(4000), sample_rate=8000)
    assert reason(pair(at_8k)) == "clean beside it, clean/a.wav: 8000 Hz, where the recording has 16000"
    assert reason(pair(encode(CLEAN)[:-100])).startswith("clean beside it, clean/a.wav: truncated: ")
    assert reason(pair(b"no audio at all")).startswith("clean beside it, clean/a.wav: ")
    assert reason(pair(), ("noise",)) == "there is no 'noise' beside it; there are clean"
    assert reason(Source(encode(NOISY))) == "there is no 'clean' beside it"


def test_a_composed_recording_has_files_beside_it_too() -> None:
    pieces = (Piece(Source(encode(NOISY[:3000]), "a.wav")), Piece(Source(encode(NOISY[3000:7000]), "b.wav"), 0.0625))
    source = Source(b"", "a.wav", pieces=pieces, beside={"clean": Source(encode(CLEAN), "clean/a.wav")})
    result, notes = outcome(source, also=["clean"])
    assert np.array_equal(result.audio("clean").samples, scaled(CLEAN))
    assert result.audio().samples.shape == (1, 8000)
    assert len(notes["pieces"]) == 2


def test_a_file_that_was_opened_alone_stands_for_what_would_be_beside_it() -> None:
    result, _ = outcome(Source(encode(NOISY), alone=True), also=["clean"])
    assert np.array_equal(result.audio("clean").samples, result.audio().samples)


def test_the_chain_knows_its_arrays_before_anything_runs() -> None:
    assert Decode(also=("clean",)).check({}) == {"audio": AudioShape(None, 1), "clean": AudioShape(None, 1)}
    assert Decode(also=("clean",), channels="all").check({})["clean"] == AudioShape(None, None)
    assert Decode.model_validate({"also": "clean"}).also == ("clean",)
    for wrong in (["audio"], ["clean", "clean"], [""]):
        with pytest.raises(ValidationError, match="each file beside the recording is named once"):
            Decode.model_validate({"also": wrong})


def test_a_stage_that_decodes_nothing_besides_is_described_as_before() -> None:
    """So that stores that were built before there was such a parameter stay as they are."""
    names = ["channels", "max_seconds", "max_sample_rate", "max_channels", "max_bytes", "truncated"]
    assert list(Decode().model_dump()) == names
    chain = Chain.parse([{"decode": {"also": ["clean"]}}])
    assert Chain.parse(chain.describe()) == chain
    assert chain.fingerprint() != Chain.parse([{"decode": {}}]).fingerprint()
    assert probe(chain) != probe(Chain.parse([{"decode": {}}])), "the probe hears both arrays"
