"""Sources: every corpus that can be fetched, and those that one has to ask for, by the names of their readers.

Sizes and digests are those that the publishers state, or that torchaudio, TensorFlow Datasets, soundata and others
who load these files state for them; where nobody does there is None, and `fetch` notes the digest that it finds.
"""

from __future__ import annotations

from manifests.fetching.source import Asked, Source
from manifests.fetching.sources.asked import ASKED
from manifests.fetching.sources.music import MUSIC
from manifests.fetching.sources.sounds import SOUNDS
from manifests.fetching.sources.speech import SPEECH

SOURCES: dict[str, Source] = {source.corpus: source for source in sorted((*SPEECH, *SOUNDS, *MUSIC))}
ON_REQUEST: dict[str, Asked] = {asked.corpus: asked for asked in sorted(ASKED)}
