"""The vocoder without a model, which a trained one must beat: the stages mel_to_linear and griffin_lim."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.chain import Chain, Stopped
from features.example import Example, Features
from features.inverse.griffin_lim import GriffinLim
from features.inverse.mel_to_linear import MelToLinear
from training.errors import PredictError
from training.synthesis.mel_spec import MelSpec

ROUNDS = 60


def griffin_lim(frames: NDArray[np.float32], spec: MelSpec, key: str = "", rounds: int = ROUNDS) -> NDArray[np.float32]:
    """Log-mel features (frames, n_mels) to a waveform (frames * hop_length,); the phases begin at random, by `key`.

    PredictError, with the reason, where the features cannot be used.
    """
    stage = spec.stage
    undone = MelToLinear(of="log_mel", log_mel=stage)
    heard = GriffinLim(
        n_fft=stage.n_fft,
        win_length=stage.win_length,
        hop_length=stage.hop_length,
        window=stage.window,
        n_iter=rounds,
    )
    more = stage.n_fft // stage.hop_length + 1
    longer = np.concatenate([frames, np.repeat(frames[-1:], more, axis=0)])  # its end is cut to whole windows
    example = Example(key, arrays={"log_mel": Features(np.ascontiguousarray(longer, np.float32), spec.frame_rate)})
    made = Chain([undone, heard]).run(example)
    if isinstance(made, Stopped):
        raise PredictError(f"{made.stage}: {made.verdict.reason}")
    return made[0].audio().samples[0, : len(frames) * stage.hop_length]
