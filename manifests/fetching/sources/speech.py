"""Where corpora of speech lie."""

from __future__ import annotations

from manifests.corpora.about import About
from manifests.fetching.source import Source, openslr, single

_LIBRISPEECH = (
    ("dev-clean", 337926286, "76f87d090650617fca0cac8f88b9416e0ebf80350acb97b343a85fa903728ab3"),
    ("dev-other", 314305928, "12661c48e8c3fe1de2c1caa4c3e135193bfb1811584f11f569dd12645aa84365"),
    ("test-clean", 346663984, "39fde525e59672dc6d1551919b1478f724438a95aa55f874b576be21967e6c23"),
    ("test-other", 328757843, "d09c181bba5cf717b3dee7d4d592af11a3ee3a09e08ae025c5506f6ebe961c29"),
    ("train-clean-100", 6387309499, "d4ddd1d5a6ab303066f14971d768ee43278a5f2a0aa43dc716b0e64ecbbbf6e2"),
    ("train-clean-360", 23049477885, "146a56496217e96c14334a160df97fffedd6e0a04e66b9c5af0d40be3c792ecf"),
    ("train-other-500", 30593501606, "ddb22f27f96ec163645d53215559df6aa36515f26e01dd70798188350adcb6d2"),
)
_LIBRITTS = (
    ("dev-clean", 1291469655, "da0864e1bd26debed35da8a869dd5c04dfc27682921936de7cff9c8a254dbe1a"),
    ("dev-other", 924804676, "d413eda26f3a152ac7c9cf3658ef85504dfb1b625296e5fa83727f5186cca79c"),
    ("test-clean", 1230670113, "234ea5b25859102a87024a4b9b86641f5b5aaaf1197335c95090cde04fe9a4f5"),
    ("test-other", 964502297, "33a5342094f3bba7ccc2e0500b9e72d558f72eb99328ac8debe1d9080402f10d"),
    ("train-clean-100", 7723686890, "c5608bf1ef74bb621935382b8399c5cdd51cd3ee47cec51f00f885a64c6c7f6b"),
    ("train-clean-360", 27504073644, "ce7cff44dcac46009d18379f37ef36551123a1dc4e5c8e4eb73ae57260de4886"),
    ("train-other-500", 44565031479, "e35f7e34deeb2e2bdfe4403d88c8fdd5fbf64865cae41f027a185a6965f0a5df"),
)

_COMMANDS = (
    "https://storage.googleapis.com/download.tensorflow.org/data/",
    "http://download.tensorflow.org/data/",
)
_AN4 = ("http://www.speech.cs.cmu.edu/databases/an4/", "https://dldata-public.s3.us-east-2.amazonaws.com/")
_VCTK = (
    "https://datashare.ed.ac.uk/bitstream/handle/10283/3443/VCTK-Corpus-0.92.zip",
    "https://datashare.is.ed.ac.uk/bitstream/handle/10283/3443/VCTK-Corpus-0.92.zip",
)
_FSDD = "https://github.com/Jakobovski/free-spoken-digit-dataset/archive"

SPEECH = (
    Source(
        "an4",
        "http://www.speech.cs.cmu.edu/databases/an4/",
        (single("sphere", "an4_sphere.tar.gz", *(f"{root}an4_sphere.tar.gz" for root in _AN4), inside="an4"),),
    ),
    Source(
        "fsdd",
        "https://github.com/Jakobovski/free-spoken-digit-dataset",
        (
            single(
                "v1.0.9",
                "fsdd-v1.0.9.tar.gz",
                f"{_FSDD}/v1.0.9.tar.gz",
                size=11975353,
                digest="sha256:8bc44cde129d505cbbb6b365c09f80c663f2aa77578afc634e6141a2f87100c0",
                inside="free-spoken-digit-dataset-1.0.9",
            ),
            single(
                "master",
                "fsdd-master.tar.gz",
                f"{_FSDD}/refs/heads/master.tar.gz",
                inside="free-spoken-digit-dataset-master",
            ),
        ),
        default=("master",),
        alternatives=True,
        note="master is the newest, with six speakers; v1.0.9 has fewer",
    ),
    Source(
        "librispeech",
        "https://www.openslr.org/12",
        tuple(
            openslr(12, name, f"{name}.tar.gz", size, f"sha256:{digest}", inside="LibriSpeech")
            for name, size, digest in _LIBRISPEECH
        ),
    ),
    Source(
        "libritts",
        "https://www.openslr.org/60",
        tuple(
            openslr(60, name, f"{name}.tar.gz", size, f"sha256:{digest}", inside="LibriTTS")
            for name, size, digest in _LIBRITTS
        ),
    ),
    Source(
        "ljspeech",
        "https://keithito.com/LJ-Speech-Dataset",
        (
            single(
                "1.1",
                "LJSpeech-1.1.tar.bz2",
                "https://data.keithito.com/data/speech/LJSpeech-1.1.tar.bz2",
                size=2748572632,
                digest="sha256:be1a30453f28eb8dd26af4101ae40cbf2c50413b1bb21936cbcdc6fae3de8aa5",
                inside="LJSpeech-1.1",
            ),
        ),
        about=About(
            title="LJ Speech",
            what="one voice of English that reads 13,100 sentences",
            tasks=("synthesis",),
            licence="public-domain",
            attribution="Keith Ito and Linda Johnson, The LJ Speech Dataset",
            url="https://keithito.com/LJ-Speech-Dataset",
            hours=24,
        ),
    ),
    Source(
        "ravdess",
        "https://zenodo.org/records/1188976",
        tuple(
            single(
                name.lower(),
                f"Audio_{name}_Actors_01-24.zip",
                f"https://zenodo.org/records/1188976/files/Audio_{name}_Actors_01-24.zip?download=1",
                size=size,
                digest=f"md5:{digest}",
            )
            for name, size, digest in (
                ("Speech", 208468073, "bc696df654c87fed845eb13823edef8a"),
                ("Song", 225505317, "5411230427d67a21e18aa4d466e6d1b9"),
            )
        ),
    ),
    Source(
        "speech_commands",
        "https://arxiv.org/abs/1804.03209",
        tuple(
            single(
                version,
                f"speech_commands_{version}.tar.gz",
                *(f"{root}speech_commands_{version}.tar.gz" for root in _COMMANDS),
                size=size,
                digest=f"sha256:{digest}",
            )
            for version, size, digest in (
                ("v0.01", 1489096277, "743935421bb51cccdb6bdd152e04c5c70274e935c82119ad7faeec31780d811d"),
                ("v0.02", 2428923189, "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58"),
            )
        ),
        default=("v0.02",),
        alternatives=True,
    ),
    Source(
        "tedlium",
        "https://www.openslr.org/51",
        (
            openslr(
                51,
                "release3",
                "TEDLIUM_release-3.tgz",
                54320173876,
                "sha256:ad1e454d14d1ad550bc2564c462d87c7a7ec83d4dc2b9210f22ab4973b9eccdb",
                inside="TEDLIUM_release-3",
            ),
        ),
        root="legacy",
    ),
    Source(
        "vctk",
        "https://datashare.ed.ac.uk/handle/10283/3443",
        (
            single(
                "0.92",
                "VCTK-Corpus-0.92.zip",
                *_VCTK,
                size=11747302977,
                digest="sha256:f96258be9fdc2cbff6559541aae7ea4f59df3fcaf5cf963aae5ca647357e359c",
            ),
        ),
    ),
    Source(
        "yesno",
        "https://www.openslr.org/1",
        (
            openslr(
                1,
                "yesno",
                "waves_yesno.tar.gz",
                digest="sha256:c3f49e0cca421f96b75b41640749167b52118f232498667ca7a5f9416aef8e73",
                inside="waves_yesno",
            ),
        ),
    ),
)
