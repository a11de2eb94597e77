from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example, Tokens
from features.inverse.mu_law_expand import MuLawExpand
from features.signal.mu_law import MuLaw, encode
from features.stage import AudioShape, Rejected, TokenShape
from tests.features.examples import QUICK, babble, run, waveforms

NO_DRAWS = Draws(0, "mu_law_expand", 0, "key", 0)


def test_expansion_equals_librosa() -> None:
    companded = np.linspace(-1, 1, 1001, dtype=np.float32)[np.newaxis]
    found = MuLawExpand().transform(Audio(companded, 8000), NO_DRAWS)
    assert isinstance(found, Audio)
    wanted = librosa.mu_expand(companded.astype(np.float64), mu=255, quantize=False)
    np.testing.assert_allclose(found.samples, wanted, rtol=1e-6, atol=1e-12)


def test_every_code_comes_back() -> None:
    ids = np.arange(256, dtype=np.int32)
    audio = MuLawExpand().transform(Tokens(ids, 8000), NO_DRAWS)
    assert isinstance(audio, Audio)
    assert (audio.samples.shape, audio.sample_rate) == ((1, 256), 8000)
    assert np.array_equal(encode(audio.samples[0]), ids)


@given(samples=waveforms(max_channels=1))
@QUICK
def test_the_way_there_and_back_stays_within_half_a_step(samples: np.ndarray) -> None:
    found = run(MuLaw(), samples)
    assert isinstance(found, Example)
    back = MuLawExpand().transform(found.tokens("mu_law"), NO_DRAWS)
    assert isinstance(back, Audio)
    clipped = np.clip(samples, -1, 1).astype(np.float64)
    step = (np.abs(clipped) + 1 / 255) * (256 ** (1 / 255) - 1)
    assert (np.abs(back.samples - clipped) <= step).all()


def test_tokens_and_companded_audio_expand_to_the_same() -> None:
    audio = Audio(babble(channels=1), 16000)
    tokens, companded = (MuLaw(to=to).transform(audio, NO_DRAWS) for to in ("tokens", "audio"))
    first, second = (MuLawExpand().transform(value, NO_DRAWS) for value in (tokens, companded))  # type: ignore[arg-type]
    assert isinstance(first, Audio)
    assert isinstance(second, Audio)
    np.testing.assert_allclose(first.samples, second.samples, rtol=1e-5, atol=1e-9)


def test_shapes_and_what_cannot_be_expanded() -> None:
    assert MuLawExpand().check({"mu_law": TokenShape(256, 8000)})["audio"] == AudioShape(8000, 1)
    assert MuLawExpand().check({"mu_law": AudioShape(8000, 2, 9)})["audio"] == AudioShape(8000, 2, 9)
    assert MuLawExpand().check({"mu_law": TokenShape(256)})["audio"] == AudioShape(None, 1)  # before the rate is known
    for shape in (TokenShape(40, None), TokenShape(1000, 8000)):
        with pytest.raises(ChainError, match="reads the tokens of mu_law"):
            MuLawExpand().check({"mu_law": shape})
    with pytest.raises(ChainError, match="no stage before it writes"):
        MuLawExpand().check({"audio": AudioShape(8000, 1)})
    for tokens in (Tokens(np.int32([256]), 8000), Tokens(np.int32([-1]), 8000), Tokens(np.int32([1]), None)):
        assert MuLawExpand().transform(tokens, NO_DRAWS) == Rejected("tokens that are no mu-law codes: mu_law")
