"""Waveforms of whole recordings: a vocoder that is run piece by piece, and what it makes of files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.enhancement.files import write_wav
from training.listening import Heard
from training.predict import batch_of, run_chain

if TYPE_CHECKING:
    from training.fitted import Fitted
    from training.tasks.vocoding import Vocoding

BLOCK = 1024
"""Frames that are answered at a time: about ten seconds, so that hours take no more memory."""


@torch.inference_mode()
def waveform_of(task: Vocoding, model: Any, frames: Tensor, block: int = BLOCK) -> Tensor:
    """The waveform (frames * hop_length,) of features (frames, bins): piece by piece, and the very one of the whole.

    `model` is in evaluation.
    """
    found, hop, context = [], task.spec.stage.hop_length, task.context(model)
    for first in range(0, len(frames), block):
        last, start = min(first + block, len(frames)), max(0, first - context)
        heard = frames[start : last + context]
        answer = task.waves(model, heard[None], torch.tensor([len(heard)], device=frames.device))[0]
        found.append(answer[(first - start) * hop : (last - start) * hop])
    return torch.cat(found) if found else frames.new_zeros(0)


def write_speech(
    samples: NDArray[np.float32], sample_rate: int, target: Path, path: Path, taken: float
) -> dict[str, Any]:
    """Writes a waveform (samples,) as WAV of 16 bits; what was done, as JSON with a `summary`.

    `path` is what it was made of, and `taken` the seconds that it took. PredictError where it cannot be written.
    """
    heard = Heard(path, sample_rate, 1, iter([samples[np.newaxis]]))
    count, clipped = write_wav(target, heard.pieces, heard)
    seconds = count / sample_rate
    factor = taken / max(seconds, 1 / sample_rate)
    summary = f"{target} ({seconds:.1f} s, real-time factor {factor:.3f})"
    summary += f"; {clipped} samples were beyond full scale" if clipped else ""
    facts = {"out": str(target), "seconds": seconds, "sample_rate": sample_rate, "clipped": clipped}
    return {**facts, "real_time_factor": factor, "summary": summary}


def vocode_file(task: Vocoding, fitted: Fitted, path: Path, target: Path) -> list[dict[str, Any]]:
    """Copy synthesis: a file through the store's chain to features, and from these back to audio, a file for each
    example that the chain makes of it: `target`, and for more of them NAME.1.wav, NAME.2.wav, ..

    The real-time factor is that of the vocoder alone. PredictError, with the reason, where the file cannot be used.
    """
    batch = batch_of(fitted, run_chain(fitted, path))
    name = task.config.array
    found = []
    for number, (frames, length) in enumerate(zip(batch.arrays[name], batch.lengths[name].tolist(), strict=True)):
        started = time.monotonic()
        samples = waveform_of(task, fitted.model, frames[:length]).numpy()
        taken = time.monotonic() - started
        place = target.with_suffix(f".{number}{target.suffix}") if number else target
        found.append(write_speech(samples, task.spec.sample_rate, place, path, taken))
    return found
