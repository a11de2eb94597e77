"""Where corpora of music lie."""

from __future__ import annotations

from manifests.fetching.source import Source, single

_MAESTRO = "https://storage.googleapis.com/magentadata/datasets/maestro/v3.0.0"
_NSYNTH = "http://download.magenta.tensorflow.org/datasets/nsynth"

MUSIC = (
    Source(
        "gtzan",
        "http://marsyas.info/downloads/datasets.html",
        (
            single(
                "genres",
                "genres.tar.gz",
                "https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz",
                inside="genres",
            ),
        ),
        note="the first server of this corpus is gone; this is the copy of the Marsyas project, who made it",
    ),
    Source(
        "maestro",
        "https://magenta.tensorflow.org/datasets/maestro",
        (
            single(
                "v3.0.0",
                "maestro-v3.0.0.zip",
                f"{_MAESTRO}/maestro-v3.0.0.zip",
                digest="sha256:6680fea5be2339ea15091a249fbd70e49551246ddbd5ca50f1b2352c08c95291",
                inside="maestro-v3.0.0",
                unpacked=120_000_000_000,
            ),
            single(
                "v3.0.0-midi",
                "maestro-v3.0.0-midi.zip",
                f"{_MAESTRO}/maestro-v3.0.0-midi.zip",
                digest="sha256:70470ee253295c8d2c71e6d9d4a815189e35c89624b76d22fce5a019d5dde12c",
                inside="maestro-v3.0.0",
                unpacked=81_000_000,
            ),
        ),
        default=("v3.0.0",),
        alternatives=True,
        note="about 101 GB to download; v3.0.0-midi is 56 MB, and has no audio",
    ),
    Source(
        "nsynth",
        "https://magenta.tensorflow.org/datasets/nsynth",
        tuple(
            single(split, f"nsynth-{split}.jsonwav.tar.gz", f"{_NSYNTH}/nsynth-{split}.jsonwav.tar.gz")
            for split in ("train", "valid", "test")
        ),
    ),
)
