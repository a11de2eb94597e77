"""Where corpora of sounds, noises and room responses lie."""

from __future__ import annotations

from manifests.fetching.source import Archive, Part, Source, openslr, single

_FSD50K = "https://zenodo.org/records/4060432/files"
_VOLUME = 3 << 30
"""FSD50K's zips are cut into volumes of 3 GiB."""


def _fsd50k(name: str, *files: tuple[str, int, str]) -> Part:
    return Part(
        name,
        tuple(
            Archive(file, (f"{_FSD50K}/{file}?download=1",), size, f"md5:{digest}")
            for file, size, digest in ((f"FSD50K.{name}.{ending}", size, digest) for ending, size, digest in files)
        ),
    )


_DEMAND = (
    *("DKITCHEN", "DLIVING", "DWASHING", "NFIELD", "NPARK", "NRIVER", "OHALLWAY", "OMEETING", "OOFFICE"),
    *("PCAFETER", "PRESTO", "PSTATION", "SPSQUARE", "STRAFFIC", "TBUS", "TCAR", "TMETRO"),
)

SOUNDS = (
    Source(
        "demand",
        "https://zenodo.org/records/1227121",
        tuple(
            single(name, f"{name}_16k.zip", f"https://zenodo.org/records/1227121/files/{name}_16k.zip?download=1")
            for name in _DEMAND
        ),
        note="at 16 kHz; at 48 kHz, and with SCAFE, which is there only so, it is at the same address",
    ),
    Source(
        "esc50",
        "https://github.com/karolpiczak/ESC-50",
        (
            single(
                "master",
                "ESC-50-master.zip",
                "https://github.com/karolpiczak/ESC-50/archive/master.zip",
                inside="ESC-50-master",
            ),
        ),
    ),
    Source(
        "fsd50k",
        "https://zenodo.org/records/4060432",
        (
            _fsd50k(
                "dev_audio",
                ("z01", _VOLUME, "faa7cf4cc076fc34a44a479a5ed862a3"),
                ("z02", _VOLUME, "8f9b66153e68571164fb1315d00bc7bc"),
                ("z03", _VOLUME, "1196ef47d267a993d30fa98af54b7159"),
                ("z04", _VOLUME, "d088ac4e11ba53daf9f7574c11cccac9"),
                ("z05", _VOLUME, "81356521aa159accd3c35de22da28c7f"),
                ("zip", 2306663327, "c480d119b8f7a7e32fdb58f3ea4d6c5a"),
            ),
            _fsd50k(
                "eval_audio",
                ("z01", _VOLUME, "3090670eaeecc013ca1ff84fe4442aeb"),
                ("zip", 3037675767, "6fa47636c3a3ad5c7dfeba99f2637982"),
            ),
            _fsd50k("ground_truth", ("zip", 334701, "ca27382c195e37d2269c4c866dd73485")),
            _fsd50k("metadata", ("zip", 6700838, "b9ea0c829a411c1d42adb9da539ed237")),
            _fsd50k("doc", ("zip", 6984, "3516162b82dc2945d3e7feba0904e800")),
        ),
        note="each clip has its own licence; the part metadata says which",
    ),
    Source(
        "musan",
        "https://www.openslr.org/17",
        (
            openslr(
                17,
                "musan",
                "musan.tar.gz",
                11086114085,
                "md5:0c472d4fc0c5141eca47ad1ffeb2a7df",
                inside="musan",
            ),
        ),
    ),
    Source(
        "rirs",
        "https://www.openslr.org/28",
        (
            openslr(
                28,
                "rirs_noises",
                "rirs_noises.zip",
                1311166223,
                "md5:e6f48e257286e05de56413b4779d8ffb",
                inside="RIRS_NOISES",
            ),
        ),
    ),
    Source(
        "urbansound8k",
        "https://urbansounddataset.weebly.com/urbansound8k.html",
        (
            single(
                "UrbanSound8K",
                "UrbanSound8K.tar.gz",
                "https://zenodo.org/records/1203745/files/UrbanSound8K.tar.gz?download=1",
                size=6023741708,
                digest="md5:9aa69802bbf37fb986f71ec1483a196e",
                inside="UrbanSound8K",
            ),
        ),
    ),
)
