"""A text that is spoken into a file, as `predict --text` does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from training.fitted import Fitted
from training.synthesis.pictures import draw_speech
from training.synthesis.speaking import synthesise
from training.synthesis.vocoder import write_speech


def say_into(
    run: str | Path | Fitted, text: str, out: Path, *, picture: Path | None = None, **how: Any
) -> dict[str, Any]:
    """Writes a text as speech (WAV of 16 bits), and a picture of its first sentence; what was done, as JSON.

    `how` is what `synthesise` takes besides. PredictError where it cannot be spoken, or a file cannot be written.
    """
    speech = synthesise(run, text, **how)
    made = write_speech(speech.samples, speech.sample_rate, out, out, speech.taken)
    if picture is not None:
        draw_speech(speech.pictures[0], picture)
    return {**made, "text": text, "speaker": how.get("speaker"), "sentences": len(speech.pictures)}
