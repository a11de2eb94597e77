"""The catalog: every task and every model by its name in a configuration. A file is imported when it is named."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.models.model import ModelConfig
    from training.tasks.task import Task

TASKS: dict[str, str] = {
    "classification": "training.tasks.classification:Classification",
    "multi_label": "training.tasks.multi_label:MultiLabel",
    "speakers": "training.tasks.speakers:Speakers",
    "detection": "training.tasks.detection:Detection",
    "enhancement": "training.tasks.enhancement:Enhancement",
    "recognition": "training.tasks.recognition:Recognition",
    "vocoding": "training.tasks.vocoding:Vocoding",
    "synthesis": "training.tasks.synthesis:Synthesis",
}

MODELS: dict[str, str] = {
    "bc_resnet": "training.models.bc_resnet:BcResNetConfig",
    "conv_net": "training.models.conv_net:ConvNetConfig",
    "fast_enhancer": "training.models.fast_enhancer:FastEnhancerConfig",
    "ecapa_tdnn": "training.models.ecapa_tdnn:EcapaTdnnConfig",
    "conv_ctc": "training.models.conv_ctc:ConvCtcConfig",
    "conformer": "training.models.conformer:ConformerConfig",
    "m5": "training.models.wave_cnn:M5Config",
    "vocos": "training.models.vocos:VocosConfig",
    "efficient_speech": "training.models.efficient_speech:EfficientSpeechConfig",
    "linear": "training.models.statistics_linear:StatisticsLinearConfig",
}


def task_class(name: str) -> type[Task]:
    """The task of that name; KeyError for an unknown one."""
    found: type[Task] = _load(TASKS[name])
    return found


def model_config(name: str) -> type[ModelConfig]:
    """The configuration of the model of that name; KeyError for an unknown one."""
    found: type[ModelConfig] = _load(MODELS[name])
    return found


def _load(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)
