"""Contents: the readers in groups, found by what they are for and under which licence, each told by its own module."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from manifests.corpora import CORPORA, reader_class
from manifests.corpora.about import About
from manifests.errors import CorpusError
from manifests.licences import covers, require_allowed

GROUPS = {
    "layouts": "Layouts, whoever's recordings they hold",
    "speech": "Speech",
    "emotions": "Emotions in speech",
    "sounds": "Sounds",
    "music": "Music",
}
SHORT = {
    "asr": "recognition",
    "tts": "synthesis",
    "kws": "keywords",
    "ser": "emotions",
    "sv": "speakers",
    "vad": "voice activity",
    "sed": "sound event detection",
    "captions": "audio captioning",
}
"""What the field says for short of the tasks that readers name."""


class Entry(NamedTuple):
    """One reader: `first` is the first paragraph of its `story`, and `gives` says what recordings have.

    `about` is None where the corpus is anyone's.
    """

    name: str
    group: str
    first: str
    story: str
    gives: str
    about: About | None


def entry(name: str) -> Entry:
    """What a reader says of itself; CorpusError for a name that is none."""
    reader = reader_class(name)
    story = inspect.cleandoc(sys.modules[reader.__module__].__doc__ or name)
    first = " ".join(story.partition("\n\n")[0].split()).removeprefix(f"{name}: ")
    gives = inspect.cleandoc(vars(reader).get("__doc__") or "")
    return Entry(name, _group(reader.__module__, reader.about), first, story, gives, reader.about)


def contents(task: str | None = None, licence: str | None = None) -> dict[str, list[Entry]]:
    """The readers by group, groups without any left out; those of layouts only where nothing is asked for.

    `task` is a word of what readers are for, or short for it; `licence` as in lists of allowed ones. CorpusError for
    words that mean nothing here.
    """
    wanted = None if task is None else _task(task)
    if licence is not None:
        require_allowed(licence)
    found: dict[str, list[Entry]] = {group: [] for group in GROUPS}
    for one in map(entry, CORPORA):
        if _is_asked_for(one.about, wanted, licence):
            found[one.group].append(one)
    return {group: sorted(entries) if group != "layouts" else entries for group, entries in found.items() if entries}


def tasks() -> set[str]:
    """What the readers say they are for."""
    return {task for name in CORPORA if (about := reader_class(name).about) for task in about.tasks}


def _is_asked_for(about: About | None, task: str | None, licence: str | None) -> bool:
    if about is None:
        return task is None and licence is None
    fits = task is None or any(task in one for one in about.tasks)
    return fits and (licence is None or covers(licence, about.licence))


def _task(word: str) -> str:
    asked, known = SHORT.get(word.lower(), word.lower()), tasks()
    if not any(asked in one for one in known):
        near = get_close_matches(asked, [*known, *SHORT], 3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(known))}"
        raise CorpusError(f"no corpus is for {word!r}; {hint}")
    return asked


def _group(module: str, about: About | None) -> str:
    if about is None:
        return "layouts"
    if "emotions" in about.tasks:
        return "emotions"
    folders: Iterator[str] = (folder for folder in module.split(".") if folder in GROUPS)
    return next(folders, "speech")
