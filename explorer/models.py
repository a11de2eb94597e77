"""Models: what trained runs make of a recording: labels, a text, or another recording; and of a text, its speech."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from explorer.errors import ExplorerError
from explorer.opening import open_source
from explorer.walking import Way
from explorer.waves import float_wav
from explorer.world import World

if TYPE_CHECKING:
    from training.fitted import Fitted

MOST_LETTERS = 400
"""Of a text that is to be spoken."""
_TURN = threading.Lock()  # torch has the cores to itself, one answer after the other


class Answer(NamedTuple):
    """What a model says, as JSON with a `summary`; `wav` where it answers with sound."""

    facts: dict[str, Any]
    wav: bytes | None = None


def about(world: World, name: str) -> dict[str, Any]:
    """What a run is: its task, what it was trained on, and whose voices it has."""
    fitted = _fitted(world, name)
    voices = list(getattr(fitted.task, "speakers", []))
    return {"name": name, "task": fitted.task.config.name, "model": fitted.model.__class__.__name__, "speakers": voices}


def answer(world: World, name: str, asked: Mapping[str, Any]) -> Answer:
    """What a run says of a source, or how it speaks a text; ExplorerError where it cannot be asked that."""
    fitted = _fitted(world, name)
    with _TURN, tempfile.TemporaryDirectory(prefix="wavemill-explorer-") as folder:
        if fitted.task.config.name == "synthesis":
            return _spoken(world, fitted, asked, Path(folder))
        return _heard(world, fitted, asked, Path(folder))


def _heard(world: World, fitted: Fitted, asked: Mapping[str, Any], folder: Path) -> Answer:
    from training.errors import TrainingError
    from training.predict import predict

    source = asked.get("source")
    if not isinstance(source, dict):
        raise ExplorerError("say what is to be heard: source", "source")
    (step,) = world.walker.walk(Way(open_source(world, source), [{"decode": {"channels": "all"}}]), 0)
    if step.example is None:
        raise ExplorerError(f"it cannot be heard: {step.verdict}", "source")
    path = folder / "heard.wav"
    path.write_bytes(float_wav(step.example.audio()))
    try:
        found = predict(fitted, path, folder / "answers")
    except TrainingError as error:
        raise ExplorerError(str(error).replace(str(path), "it"), "source") from error
    written = [Path(one["out"]) for one in found if isinstance(one.get("out"), str)]
    facts = {"task": fitted.task.config.name, "answers": [_plain(one, folder) for one in found]}
    return Answer(facts, written[0].read_bytes() if written and written[0].suffix == ".wav" else None)


def _spoken(world: World, fitted: Fitted, asked: Mapping[str, Any], folder: Path) -> Answer:
    from training.errors import TrainingError
    from training.synthesis.saying import say_into

    text, speaker = str(asked.get("text", "")), asked.get("speaker")
    if not text.strip() or len(text) > MOST_LETTERS:
        raise ExplorerError(f"say what is to be spoken, in up to {MOST_LETTERS} letters: text", "text")
    how: dict[str, Any] = {"speaker": None if speaker is None else str(speaker), "vocoder": _vocoder(world, fitted)}
    try:
        made = say_into(fitted, text, folder / "said.wav", **how)
    except TrainingError as error:
        raise ExplorerError(str(error), "text") from error
    facts = {"task": "synthesis", "answers": [_plain(made, folder)]}
    return Answer(facts, (folder / "said.wav").read_bytes())


def _vocoder(world: World, fitted: Fitted) -> Fitted | None:
    """The first run that hears the very features that a voice writes; without one, Griffin-Lim makes them audible."""
    runs = [_fitted(world, name) for name in world.runs]
    spec = getattr(fitted.task, "spec", None)
    fits = (run for run in runs if run.task.config.name == "vocoding" and getattr(run.task, "spec", None) == spec)
    return next(fits, None)


def _plain(found: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """An answer as JSON, without the places of files on this machine."""
    from training.run_folder import plain

    kept = {name: value for name, value in found.items() if name != "out"}
    if "summary" in kept:
        kept["summary"] = str(kept["summary"]).replace(f"{folder}/", "").replace("answers/", "")
    made: dict[str, Any] = plain(kept)
    return made


def _fitted(world: World, name: str) -> Fitted:
    if name not in world.runs:
        raise ExplorerError(f"no run is called {name!r} here", "run", 404)
    return _load(world.runs[name])


@lru_cache(maxsize=8)
def _load(path: Path) -> Fitted:
    from training.errors import TrainingError
    from training.fitted import load_fitted

    try:
        return load_fitted(path)
    except TrainingError as error:
        raise ExplorerError(f"this run cannot be loaded: {error}", "run") from error
