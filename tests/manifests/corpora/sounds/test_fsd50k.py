from __future__ import annotations

import json
from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

TRUTH = "FSD50K.ground_truth"
DEV = (
    "fname,labels,mids,split",
    '64760,"Electric_guitar,Guitar","/m/02sgy,/m/0342h",train',
    "16399,Accelerating_and_revving_and_vroom,/m/07q2z82,val",
)
EVAL = ("fname,labels,mids", "37199,Guitar,/m/0342h")
LICENCES = {
    "64760": "http://creativecommons.org/licenses/by/3.0/",
    "16399": "http://creativecommons.org/licenses/sampling+/1.0/",
    "37199": "http://creativecommons.org/publicdomain/zero/1.0/",
}


def corpus(root: Path, dev: tuple[str, ...] = DEV) -> Path:
    folder_corpus(root, ["FSD50K.dev_audio/64760.wav", "FSD50K.dev_audio/16399.wav", "FSD50K.eval_audio/37199.wav"])
    write_lines(root / TRUTH / "dev.csv", *dev)
    write_lines(root / TRUTH / "eval.csv", *EVAL)
    names = ("0,Accelerating_and_revving_and_vroom,/m/07q2z82", "1,Electric_guitar,/m/02sgy", "2,Guitar,/m/0342h")
    write_lines(root / TRUTH / "vocabulary.csv", *names)
    for part, clips in (("dev", ("64760", "16399")), ("eval", ("37199",))):
        said = {name: {"title": "t", "tags": [], "license": LICENCES[name], "uploader": "ann"} for name in clips}
        write_lines(root / "FSD50K.metadata" / f"{part}_clips_info_FSD50K.json", json.dumps(said))
    return root


def test_clips_have_tags_splits_licences_and_authors(tmp_path: Path) -> None:
    assert read("fsd50k", corpus(tmp_path)) == [
        Recording(
            "64760",
            Span("FSD50K.dev_audio/64760.wav"),
            labels={"tags": ["Electric_guitar", "Guitar"]},
            split="train",
            extra={
                "mids": ["/m/02sgy", "/m/0342h"],
                "licence": "cc-by-3.0",
                "source": "ann, https://freesound.org/s/64760/",
            },
        ),
        Recording(
            "16399",
            Span("FSD50K.dev_audio/16399.wav"),
            labels={"tags": ["Accelerating_and_revving_and_vroom"]},
            split="valid",
            extra={
                "mids": ["/m/07q2z82"],
                "licence": "cc-sampling-plus-1.0",
                "source": "ann, https://freesound.org/s/16399/",
            },
        ),
        Recording(
            "37199",
            Span("FSD50K.eval_audio/37199.wav"),
            labels={"tags": ["Guitar"]},
            split="test",
            extra={"mids": ["/m/0342h"], "licence": "cc0-1.0", "source": "ann, https://freesound.org/s/37199/"},
        ),
    ]


def test_broken_rows_are_named(tmp_path: Path) -> None:
    table = tmp_path / TRUTH / "dev.csv"
    for row, problem in (
        ("1,Guitars,/m/1,train", f"'Guitars' is not in {TRUTH}/vocabulary.csv"),
        ("1,Guitar,/m/0342h,train", "1 has no licence in FSD50K.metadata/dev_clips_info_FSD50K.json"),
        ("64760,Guitar,/m/0342h,test", "split is 'test', which is neither train nor val"),
    ):
        assert message_of("fsd50k", corpus(tmp_path, (*DEV, row))) == f"{table}:4: {problem}"


def test_without_its_licences_the_corpus_is_not_read(tmp_path: Path) -> None:
    info = corpus(tmp_path) / "FSD50K.metadata" / "dev_clips_info_FSD50K.json"
    write_lines(info, '{"64760": {"title": "t"}}')
    assert message_of("fsd50k", tmp_path) == f"{info}:1: '64760' has no license and uploader"
    info.unlink()
    expected = "no such file; it has each clip's licence: unpack FSD50K.metadata.zip"
    assert message_of("fsd50k", tmp_path) == f"{info}: {expected}"
