"""fsd50k: sound events from Freesound, tagged by people with 200 classes of AudioSet: 51,197 clips, 108 hours.

Eduardo Fonseca, Xavier Favory, Jordi Pons, Frederic Font and Xavier Serra, "FSD50K: an Open Dataset of Human-Labeled
Sound Events", IEEE/ACM TASLP 30, 2022, https://zenodo.org/record/4060432. 44.1 kHz mono WAV of 0.3 to 30 seconds, in
FSD50K.dev_audio and FSD50K.eval_audio; FSD50K.ground_truth has dev.csv (fname, labels, mids, split: train or val),
eval.csv (fname, labels, mids) and vocabulary.csv (index, label, mid, without a header).

Licence: each clip has its own, CC0, CC BY, CC BY-NC or CC Sampling+; FSD50K.metadata/{dev,eval}_clips_info_FSD50K.json
says which, and `extra` has it as `licence`, with author and address as `source`. These files must be there, since
without them nobody knows what may be done with a clip.

Traps: most clips have several tags, since the parents in AudioSet's tree are among them (Dog comes with
Domestic_animals_and_pets and Animal). Where AudioSet's names have commas, these have _and_: "Accelerating, revving,
vroom" is Accelerating_and_revving_and_vroom; `extra.mids` has the names that both share.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.lists import Line, listed
from manifests.corpora.reader import Reader
from manifests.corpora.written_licences import licence_of
from manifests.errors import CorpusError
from manifests.json_items import object_items
from manifests.recording import Recording, Span
from manifests.tables import delimited_rows

_TRUTH = "FSD50K.ground_truth"
_SPLITS = {"train": "train", "val": "valid"}


class Fsd50k(Reader):
    """Label: `tags`, a list. Splits: train and valid are its dev set, test its eval set."""

    name: ClassVar[str] = "fsd50k"
    about = About(
        title="FSD50K",
        what="sound events of 200 classes of AudioSet, 51,197 clips, 108 hours, each with one tag or more",
        tasks=("sound tagging",),
        licence="cc-by-3.0",
        attribution="E. Fonseca et al., FSD50K: an Open Dataset of Human-Labeled Sound Events; clips by uploaders",
        url="https://zenodo.org/record/4060432",
        hours=108,
        size="25 GB",
    )

    def read(self) -> Iterator[Recording]:
        known = self._vocabulary()
        for part, columns in (("dev", ("fname", "labels", "mids", "split")), ("eval", ("fname", "labels", "mids"))):
            about = self._about(part)
            for line in listed(self.files, f"{_TRUTH}/{part}.csv", columns):
                name, tags = line.text("fname"), line.text("labels").split(",")
                for tag in tags:
                    if tag not in known:
                        raise line.error(f"{tag!r} is not in {_TRUTH}/vocabulary.csv")
                if name not in about:
                    raise line.error(f"{name} has no licence in {_clips_info(part)}")
                licence, source = about[name]
                yield Recording(
                    key=name,
                    span=Span(f"FSD50K.{part}_audio/{name}.wav"),
                    labels={"tags": tags},
                    split="test" if part == "eval" else _split(line),
                    extra={"mids": line.text("mids").split(","), "licence": licence, "source": source},
                    origin=line.origin,
                )

    def _vocabulary(self) -> frozenset[str]:
        name = f"{_TRUTH}/vocabulary.csv"
        table = join(self.root, name)
        found = set()
        for line, fields in delimited_rows(table, ",", opened=partial(self.files.open, name)):
            if len(fields) != 3:
                raise CorpusError(f"{len(fields)} fields; there should be index,label,mid", table, line)
            found.add(fields[1])
        return frozenset(found)

    def _about(self, part: str) -> dict[str, tuple[str, str]]:
        """The licence and the source of each clip of a part, some ten thousand."""
        name = _clips_info(part)
        if not self.files.has(name):
            raise CorpusError(
                "no such file; it has each clip's licence: unpack FSD50K.metadata.zip", join(self.root, name)
            )
        found, path = {}, join(self.root, name)
        with self.files.open(name) as source:
            for line, clip, said in object_items(source, path):
                try:
                    licence, author = str(said["license"]), str(said["uploader"])
                except (KeyError, TypeError) as error:
                    raise CorpusError(f"{clip!r} has no license and uploader", path, line) from error
                found[clip] = licence_of(licence), f"{author}, https://freesound.org/s/{clip}/"
        return found


def _clips_info(part: str) -> str:
    return f"FSD50K.metadata/{part}_clips_info_FSD50K.json"


def _split(line: Line) -> str:
    said = line.text("split")
    if said not in _SPLITS:
        raise line.error(f"split is {said!r}, which is neither train nor val")
    return _SPLITS[said]
