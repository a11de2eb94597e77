"""Which stages there are. A name leads to a class; its module is imported only when a recipe uses it."""

from __future__ import annotations

from importlib import import_module

from features.errors import ChainError
from features.stage import Stage

STAGES: dict[str, str] = {  # by folder, each in the order in which a reader meets them
    "decode": "features.audio.decode:Decode",
    "resample": "features.signal.resample:Resample",
    "mix_channels": "features.signal.mix_channels:MixChannels",
    "select_channels": "features.signal.select_channels:SelectChannels",
    "trim_silence": "features.signal.trim_silence:TrimSilence",
    "split_on_silence": "features.signal.split_on_silence:SplitOnSilence",
    "segment": "features.signal.segment:Segment",
    "fix_length": "features.signal.fix_length:FixLength",
    "normalize": "features.signal.normalize:Normalize",
    "loudness": "features.signal.loudness:Loudness",
    "dc_offset": "features.signal.dc_offset:DcOffset",
    "pre_emphasis": "features.signal.pre_emphasis:PreEmphasis",
    "dither": "features.signal.dither:Dither",
    "quantize": "features.signal.quantize:Quantize",
    "mu_law": "features.signal.mu_law:MuLaw",
    "voice_activity": "features.signal.voice_activity:VoiceActivity",
    "stft": "features.spectral.stft:Stft",
    "cqt": "features.spectral.cqt:Cqt",
    "chroma": "features.spectral.chroma:Chroma",
    "chroma_cqt": "features.spectral.chroma_cqt:ChromaCqt",
    "onset_strength": "features.spectral.onset_strength:OnsetStrength",
    "tempogram": "features.spectral.tempogram:Tempogram",
    "spectral_descriptors": "features.spectral.spectral_descriptors:SpectralDescriptors",
    "mel": "features.perceptual.mel_spectrogram:Mel",
    "log_mel": "features.perceptual.log_mel:LogMel",
    "mfcc": "features.perceptual.mfcc:Mfcc",
    "deltas": "features.perceptual.deltas:Deltas",
    "whisper_log_mel": "features.perceptual.whisper_log_mel:WhisperLogMel",
    "kaldi_fbank": "features.perceptual.kaldi_fbank:KaldiFbank",
    "gammatone": "features.perceptual.gammatone:Gammatone",
    "pcen": "features.perceptual.pcen:Pcen",
    "normalize_features": "features.perceptual.normalize_features:NormalizeFeatures",
    "standardize": "features.perceptual.standardize:Standardize",
    "a_weighting": "features.perceptual.a_weighting:AWeighting",
    "energy": "features.perceptual.energy:Energy",
    "pitch": "features.perceptual.pitch:Pitch",
    "patches": "features.neural.patches:Patches",
    "normalize_text": "features.text.normalize_text:NormalizeText",
    "characters": "features.text.characters:Characters",
    "bpe": "features.text.bpe:Bpe",
    "phonemes": "features.text.phonemes:Phonemes",
    "encode_labels": "features.text.encode_labels:EncodeLabels",
    "frame_targets": "features.text.frame_targets:FrameTargets",
    "ctc_bound": "features.text.ctc_bound:CtcBound",
    "level_difference": "features.spatial.level_difference:LevelDifference",
    "phase_difference": "features.spatial.phase_difference:PhaseDifference",
    "gcc_phat": "features.spatial.gcc_phat:GccPhat",
    "intensity_vectors": "features.spatial.intensity_vectors:IntensityVectors",
    "istft": "features.inverse.istft:Istft",
    "griffin_lim": "features.inverse.griffin_lim:GriffinLim",
    "mel_to_linear": "features.inverse.mel_to_linear:MelToLinear",
    "mu_law_expand": "features.inverse.mu_law_expand:MuLawExpand",
    "de_emphasis": "features.inverse.de_emphasis:DeEmphasis",
    "gain": "features.augment.gain:Gain",
    "polarity": "features.augment.polarity:Polarity",
    "add_noise": "features.augment.add_noise:AddNoise",
    "mix_speakers": "features.augment.mix_speakers:MixSpeakers",
    "reverberate": "features.augment.reverberate:Reverberate",
    "simulate_room": "features.augment.simulate_room:SimulateRoom",
    "speed": "features.augment.speed:Speed",
    "time_stretch": "features.augment.time_stretch:TimeStretch",
    "pitch_shift": "features.augment.pitch_shift:PitchShift",
    "time_shift": "features.augment.time_shift:TimeShift",
    "time_mask": "features.augment.time_mask:TimeMask",
    "low_pass": "features.augment.low_pass:LowPass",
    "high_pass": "features.augment.high_pass:HighPass",
    "band_pass": "features.augment.band_pass:BandPass",
    "shelf": "features.augment.shelf:Shelf",
    "telephone": "features.augment.telephone:Telephone",
    "codec": "features.augment.codec:Codec",
    "clip": "features.augment.clip:Clip",
    "distort": "features.augment.distort:Distort",
    "spec_augment": "features.augment.spec_augment:SpecAugment",
    "audiomentations": "features.augment.audiomentations:Audiomentations",
    "filter_duration": "features.filters.filter_duration:FilterDuration",
    "filter_snr": "features.filters.filter_snr:FilterSnr",
    "filter_clipping": "features.filters.filter_clipping:FilterClipping",
    "filter_silence": "features.filters.filter_silence:FilterSilence",
    "filter_text_length": "features.filters.filter_text_length:FilterTextLength",
    "filter_speaking_rate": "features.filters.filter_speaking_rate:FilterSpeakingRate",
    "filter_script": "features.filters.filter_script:FilterScript",
    "fingerprint": "features.filters.fingerprint:Fingerprint",
}


_ADDED: dict[str, type[Stage]] = {}


def add(stage: type[Stage]) -> None:
    """Makes a stage of a user's own known in this process; ChainError when its name is taken by one of STAGES."""
    if stage.name in STAGES:
        raise ChainError(f"a stage called {stage.name!r} is there already; choose another name")
    _ADDED[stage.name] = stage


def names() -> list[str]:
    """The names of all stages, sorted."""
    return sorted({*STAGES, *_ADDED})


def stage_class(name: str) -> type[Stage]:
    """The class of the stage called `name`; ChainError when there is none."""
    if name in _ADDED:
        return _ADDED[name]
    if name not in STAGES:
        raise ChainError(f"unknown stage {name!r}")
    module, _, attribute = STAGES[name].partition(":")
    found: type[Stage] = getattr(import_module(module), attribute)
    return found
