"""Corpus readers: each turns a folder or a table into recordings, as a stream.

A reader is a pydantic model named in CORPORA below; a recipe's `corpora:` entry gives its parameters.
"""

from __future__ import annotations

from importlib import import_module

from manifests.corpora.reader import Reader
from manifests.errors import CorpusError

CORPORA: dict[str, str] = {
    "folder": "manifests.corpora.folder:Folder",
    "table": "manifests.corpora.table:Table",
    "fsdd": "manifests.corpora.fsdd:Fsdd",
    "ljspeech": "manifests.corpora.ljspeech:LjSpeech",
    "huggingface": "manifests.corpora.huggingface:HuggingFace",
    "store": "manifests.corpora.store:StoreReader",
    "composed": "manifests.corpora.composed:Composed",
    "manifest": "manifests.corpora.layouts.manifest:Manifest",
    "kaldi": "manifests.corpora.layouts.kaldi:Kaldi",
    "espnet": "manifests.corpora.layouts.espnet:Espnet",
    "lhotse": "manifests.corpora.layouts.lhotse:Lhotse",
    "nemo": "manifests.corpora.layouts.nemo:Nemo",
    "marks": "manifests.corpora.layouts.marks:Marks",
    "webdataset": "manifests.corpora.layouts.webdataset:WebDataset",
}


def reader_class(name: str) -> type[Reader]:
    """The class of the reader called `name`; CorpusError when there is none."""
    if name not in CORPORA:
        raise CorpusError(f"unknown reader {name!r}")
    module, _, attribute = CORPORA[name].partition(":")
    found: type[Reader] = getattr(import_module(module), attribute)
    return found
