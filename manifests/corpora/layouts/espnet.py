"""espnet: a data directory of ESPnet, or a folder of them, one for each split.

https://espnet.github.io/espnet/espnet2_tutorial.html: the files are Kaldi's, so that the reader kaldi says how they are
read: `data/train_nodev/wav.scp` and its like, or `dump/raw/..` with the audio that ESPnet has written. Beside them
`utt2category` says what kind of utterance it is, which becomes extra, or a label where `labels` names it. Traps:
`train_dev` is the split for validation; archives (`kaldi_ark` in audio_format) have to be written as files; paths are
relative to the folder that ESPnet's scripts run in, which is `root`.
"""

from __future__ import annotations

from typing import ClassVar

from manifests.corpora.layouts.kaldi import MORE, Kaldi


class Espnet(Kaldi):
    name: ClassVar[str] = "espnet"
    more: ClassVar[tuple[str, ...]] = (*MORE, "utt2category")
