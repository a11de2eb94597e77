"""Resources: what a stage needs besides its example, opened by the builder."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from features.errors import FeatureError
from features.example import Audio


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording of a resource corpus: its key, its split ("" where the corpus has none), its bytes on call."""

    key: str
    split: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Resources:
    """What the stages of a chain are bound to: clips by corpus, and what was fitted on data, JSON text by label."""

    clips: Mapping[str, Clips] = field(default_factory=dict)
    fitted: Mapping[str, str] = field(default_factory=dict)


class Clips:
    """The clips of a corpus that stages draw from, decoded to mono at a rate, the last few kept.

    `decode` is given by the caller (features.audio.clip), so that this file knows no codec. A clip is
    chosen among those of the example's own split, so that what valid hears was never trained on; a
    corpus without splits is drawn from as a whole.
    """

    def __init__(self, clips: Sequence[Clip], decode: Callable[[bytes, int], Audio], keep: int = 64) -> None:
        self._by_split: dict[str, list[Clip]] = {}
        for clip in sorted(clips, key=lambda clip: clip.key):
            self._by_split.setdefault(clip.split, []).append(clip)
        self._decode = decode
        self._keep = keep
        self._cache: OrderedDict[tuple[str, int], Audio] = OrderedDict()

    def of_split(self, split: str) -> Sequence[Clip]:
        """The clips that an example of `split` may hear."""
        return self._by_split.get(split) or self._by_split.get("", [])

    def audio(self, clip: Clip, sample_rate: int) -> Audio:
        """The clip as mono audio at `sample_rate`; FeatureError, with its key, when it cannot be used."""
        wanted = (clip.key, sample_rate)
        if wanted not in self._cache:
            try:
                self._cache[wanted] = self._decode(clip.read(), sample_rate)
            except FeatureError as error:
                raise FeatureError(f"{clip.key}: {error}") from error
            if len(self._cache) > self._keep:
                self._cache.popitem(last=False)
        self._cache.move_to_end(wanted)
        return self._cache[wanted]
