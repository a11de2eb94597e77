"""Corpus readers: each turns a folder or a table into recordings, as a stream.

A reader is a pydantic model named in CORPORA below; a recipe's `corpora:` entry gives its parameters.
"""

from __future__ import annotations

from difflib import get_close_matches
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
    # published corpora of speech
    "an4": "manifests.corpora.speech.an4:An4",
    "common_voice": "manifests.corpora.speech.common_voice:CommonVoice",
    "crema_d": "manifests.corpora.speech.crema_d:CremaD",
    "emodb": "manifests.corpora.speech.emodb:EmoDb",
    "gigaspeech": "manifests.corpora.speech.gigaspeech:GigaSpeech",
    "librispeech": "manifests.corpora.speech.librispeech:LibriSpeech",
    "libritts": "manifests.corpora.speech.libritts:LibriTts",
    "mls": "manifests.corpora.speech.mls:Mls",
    "ravdess": "manifests.corpora.speech.ravdess:Ravdess",
    "speech_commands": "manifests.corpora.speech.speech_commands:SpeechCommands",
    "tedlium": "manifests.corpora.speech.tedlium:Tedlium",
    "vctk": "manifests.corpora.speech.vctk:Vctk",
    "voxceleb": "manifests.corpora.speech.voxceleb:VoxCeleb",
    "yesno": "manifests.corpora.speech.yesno:YesNo",
    # sounds and music
    "audiocaps": "manifests.corpora.sounds.audiocaps:AudioCaps",
    "audioset": "manifests.corpora.sounds.audioset:AudioSet",
    "clotho": "manifests.corpora.sounds.clotho:Clotho",
    "demand": "manifests.corpora.sounds.demand:Demand",
    "desed": "manifests.corpora.sounds.desed:Desed",
    "dns": "manifests.corpora.sounds.dns:Dns",
    "esc50": "manifests.corpora.sounds.esc50:Esc50",
    "fsd50k": "manifests.corpora.sounds.fsd50k:Fsd50k",
    "gtzan": "manifests.corpora.music.gtzan:Gtzan",
    "maestro": "manifests.corpora.music.maestro:Maestro",
    "musan": "manifests.corpora.sounds.musan:Musan",
    "musicnet": "manifests.corpora.music.musicnet:MusicNet",
    "nsynth": "manifests.corpora.music.nsynth:NSynth",
    "rirs": "manifests.corpora.sounds.rirs:Rirs",
    "urbansound8k": "manifests.corpora.sounds.urbansound8k:UrbanSound8k",
    "voicebank_demand": "manifests.corpora.sounds.voicebank_demand:VoiceBankDemand",
}


def reader_class(name: str) -> type[Reader]:
    """The class of the reader called `name`; CorpusError when there is none."""
    module, _, attribute = CORPORA[require_reader(name)].partition(":")
    found: type[Reader] = getattr(import_module(module), attribute)
    return found


def require_reader(name: str) -> str:
    """The name, when there is such a reader; CorpusError, with those that come near, when there is none."""
    if name not in CORPORA:
        near = get_close_matches(name.lower(), CORPORA, 3, 0.7)
        hint = f"did you mean {' or '.join(near)}?" if near else "`wavemill corpora` lists them"
        raise CorpusError(f"unknown reader {name!r}; {hint}")
    return name
