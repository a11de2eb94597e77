"""espnet: data directories of ESPnet, which are Kaldi's; a label `category` is the utt2category that ESPnet reads."""

from __future__ import annotations

from pathlib import Path

from manifests.corpora.layouts.espnet import Espnet
from pipelines.neighbours import kaldi
from pipelines.neighbours.outgoing import Outgoing


def write(outgoing: Outgoing, out: Path) -> int:
    """Writes a folder of directories, one for each split."""
    return kaldi.write(outgoing, out, Espnet.more)
