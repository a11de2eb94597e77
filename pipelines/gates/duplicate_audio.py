"""duplicate_audio: the very same bytes in two splits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

from pipelines.gates.gate import Look
from pipelines.gates.twins import NoTwins, Twins, across


class DuplicateAudio(NoTwins):
    """No file, or the same span and channel of one, is in more than one split; by the hash of its bytes."""

    name: ClassVar[str] = "duplicate_audio"

    def find(self, look: Look, twins: Twins) -> None:
        for _, members in across(look.folder, _rows(look)):
            twins.add(members, "")

    def words(self, groups: int) -> tuple[str, str]:
        return (
            f"{groups} {'file is' if groups == 1 else 'files are'} in more than one split",
            "remove the copies from the corpus, or split by something that they share (split: {by: ..})",
        )


def _rows(look: Look) -> Iterator[tuple[str, str, str, str]]:
    for row in look.recordings(["content", "notes"]):
        if row["content"]:
            decoded = json.loads(row["notes"] or "{}").get("decode", {})
            part = [decoded.get(name) for name in ("start", "seconds", "channel")]
            yield f"{row['content']} {part}", "", row["split"], row["key"]
