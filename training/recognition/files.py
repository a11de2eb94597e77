"""Files to text: of any format and length, in bounded memory, with the words in time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.decoding.alignment import align_tokens
from training.errors import PredictError
from training.fitted import Fitted
from training.recognition.chunks import Sizes, answered
from training.recognition.front import Front, fronts
from training.recognition.utterances import MOST_SECONDS, utterances
from training.recognition.vocabulary import BLANK
from training.recognition.words import Word, in_time, words_of
from training.recognition.writing import write_all

if TYPE_CHECKING:
    from training.tasks.recognition import Recognition


def transcribe_file(fitted: Fitted, task: Recognition, path: Path, out: Path | None) -> list[dict[str, Any]]:
    """The text of a file with its words, for each part where the chain makes several; files in `out` where it is named.

    PredictError, with the reason, where the file cannot be used or the results cannot be written.
    """
    found = []
    for number, front in enumerate(heard := fronts(fitted, path)):
        started = time.monotonic()
        made = transcribe(fitted.model, task, front)
        if not made["seconds"]:
            raise PredictError(f"{path}: it holds no features")
        made["real_time_factor"] = round((time.monotonic() - started) / made["seconds"], 4)
        made["summary"] = made["text"] or "(nothing said)"
        if out is not None:
            name = path.stem if len(heard) == 1 else f"{path.stem}.{number}"
            made["out"] = [str(written) for written in write_all(out, name, made)]
        found.append(made)
    return found


def transcribe(model: Any, task: Recognition, front: Front) -> dict[str, Any]:
    """The text of one recording, its words in time, and its length in seconds.

    Where the decoder tells several texts, there are `utterances` too: what was decoded at once, each with its place and
    its `alternatives`. The best of each, one after the other, are the text.
    """
    rate, subsampling = task.frame_rate, model.subsampling
    sizes = Sizes.of(float(task.learnt["longest_seconds"]), rate, subsampling)
    most = max(round(MOST_SECONDS * rate), sizes.kept + sizes.around) // subsampling + 1
    silent = [BLANK] if task.symbols.separator is None else [BLANK, task.symbols.separator]
    texts, words, frames, several = [], list[Word](), 0, []
    for said in utterances(answered(model, front, sizes), silent, most, subsampling):
        best, *others = task.decoder.n_best(said.log_probs)
        spoken = words_of(align_tokens(said.log_probs, best.tokens, BLANK), task.symbols)
        before = said.first * subsampling / rate
        for word in in_time(spoken, said.loudness, subsampling, rate):
            words.append(word._replace(start=before + word.start, end=before + word.end))
        texts.append(best.text)
        frames += len(said.loudness)
        alternatives = [hypothesis.to_json() for hypothesis in (best, *others)]
        several.append({"start": round(before, 3), "end": round(frames / rate, 3), "alternatives": alternatives})
    text = " ".join(text for text in texts if text)
    made = {"text": text, "words": [word.to_json() for word in words], "seconds": round(frames / rate, 3)}
    return {**made, "utterances": several} if task.decoder.decoding.n_best > 1 else made
