"""Transcripts as files: the text, everything as JSON, and subtitles as SubRip (.srt) has them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from training.errors import PredictError

MOST_LETTERS, MOST_SECONDS, PAUSE_SECONDS = 60, 6.0, 0.7
"""Of a subtitle; it ends before a pause that is longer."""

Words = Sequence[Mapping[str, Any]]


def write_all(folder: Path, name: str, made: Mapping[str, Any]) -> list[Path]:
    """Writes NAME.txt, NAME.json and NAME.srt into a folder, each whole or not at all; PredictError where it fails."""
    kept = {key: made[key] for key in ("text", "words", "seconds", "utterances") if key in made}
    contents = {
        "txt": made["text"] + "\n",
        "json": json.dumps(kept, ensure_ascii=False, indent=1) + "\n",
        "srt": subtitles(made["words"]),
    }
    return [_write(folder / f"{name}.{kind}", content) for kind, content in contents.items()]


def subtitles(words: Words) -> str:
    """Words with their times as SubRip; "" where there are none.

    >>> print(subtitles([{"word": "ja", "start": 0.5, "end": 1.25}]), end="")
    1
    00:00:00,500 --> 00:00:01,250
    ja
    """
    blocks = [
        f"{number}\n{_clock(shown[0]['start'])} --> {_clock(shown[-1]['end'])}\n{_text(shown)}\n"
        for number, shown in enumerate(_grouped(words), 1)
    ]
    return "\n".join(blocks)


def _grouped(words: Words) -> Iterator[Words]:
    """Words that are shown together."""
    shown: list[Mapping[str, Any]] = []
    for word in words:
        if shown and (
            len(_text([*shown, word])) > MOST_LETTERS
            or word["end"] - shown[0]["start"] > MOST_SECONDS
            or word["start"] - shown[-1]["end"] > PAUSE_SECONDS
        ):
            yield shown
            shown = []
        shown.append(word)
    if shown:
        yield shown


def _text(words: Words) -> str:
    return " ".join(word["word"] for word in words)


def _clock(seconds: float) -> str:
    """Hours, minutes, seconds and thousandths.

    >>> _clock(3723.4567)
    '01:02:03,457'
    """
    whole = round(seconds * 1000)
    return f"{whole // 3600000:02}:{whole // 60000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"


def _write(target: Path, content: str) -> Path:
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(content, "utf-8")
        os.replace(temporary, target)
    except OSError as error:
        raise PredictError(f"{target}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return target
