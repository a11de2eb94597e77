"""A graph as ONNX (https://onnx.ai), written by torch's exporter and held against torch by onnxruntime."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor

from training.errors import ExportError
from training.graphs import Graph

OPSET = 20  # what onnxruntime reads since 1.17
ABSOLUTE, RELATIVE = 1e-5, 1e-4
"""An output may differ from torch's by ABSOLUTE, and by RELATIVE of the largest value in it."""

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
EXPORTERS_OWN = (
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",
    r"_check_is_size will be removed",
    r"# The axis name: \w+ will not be used, since it shares the same shape constraints",
    r"The tensor attributes .*_flat_weights.* were assigned during export",
)
"""Warnings about torch's own code, which whoever exports can do nothing about."""


def as_onnx(graph: Graph, metadata: Mapping[str, str]) -> tuple[bytes, float]:
    """The graph as an ONNX file of one piece with these metadata, and by how much its answers differ from torch's.

    ExportError where torch cannot write it, where an answer differs by more than is allowed, or where a package that
    it takes is not installed.
    """
    require_packages()
    content = _described(_traced(graph), metadata)
    return content, compare(graph, content)


def require_packages() -> None:
    """ExportError unless what writing ONNX takes is installed."""
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ExportError(
            f"ONNX needs {', '.join(PACKAGES)}: pip install 'wavemill[export]'; --as safetensors needs none of them"
        ) from error


def _traced(graph: Graph) -> Any:
    """An onnx.ModelProto of the graph."""
    try:
        with _quietly(), torch.no_grad():
            program = torch.onnx.export(
                graph.module,
                graph.example,
                dynamo=True,
                dynamic_shapes=graph.axes,
                input_names=list(graph.inputs),
                output_names=list(graph.outputs),
                opset_version=OPSET,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        raise ExportError(f"torch cannot write this model as ONNX: {error.__cause__ or error}") from error
    assert program is not None
    return program.model_proto


def _described(model: Any, metadata: Mapping[str, str]) -> bytes:
    """The bytes of an onnx.ModelProto with our metadata instead of the exporter's notes, which hold paths of this
    machine and are larger than small models.
    """
    from importlib.metadata import version

    for noted in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer):
        del noted.metadata_props[:]
    for told in (*model.graph.input, *model.graph.output):
        del told.metadata_props[:]
    for name, text in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = name, text
    model.producer_name, model.producer_version = "wavemill", version("wavemill")
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def compare(graph: Graph, content: bytes) -> float:
    """The largest difference between the answers of an ONNX file, in onnxruntime, and those of torch, over all trials.

    ExportError, naming the worst one, where one is larger than is allowed.
    """
    found = list(_differences(graph, content))
    worst = max(found, key=lambda one: one.size / one.allowed)
    if worst.size > worst.allowed:
        raise ExportError(
            f"the ONNX model does not answer as torch does: {worst.name} differs by {worst.size:.3g}, where "
            f"{worst.allowed:.3g} is allowed, for inputs of {worst.shapes}; nothing is written"
        )
    return max(one.size for one in found)


class Difference(NamedTuple):
    """By how much an output differs at most, and by how much it may, for inputs of these shapes."""

    name: str
    size: float
    allowed: float
    shapes: str


def _differences(graph: Graph, content: bytes) -> Iterator[Difference]:
    """Of every output of every trial; ExportError where onnxruntime cannot run the file."""
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    failures = state.Fail, state.InvalidArgument, state.InvalidGraph, state.NotImplemented, state.RuntimeException
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = torch.get_num_threads(), 3
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        for trial in graph.trials:
            named = dict(zip(graph.inputs, (tensor.numpy() for tensor in trial), strict=True))
            answers = session.run(list(graph.outputs), named)
            shapes = ", ".join("x".join(map(str, tensor.shape)) for tensor in trial)
            with torch.inference_mode():
                wanted = graph.answer(*trial)
            for name, expected, answer in zip(graph.outputs, wanted, answers, strict=True):
                yield Difference(name, *_difference(torch.from_numpy(answer), expected), shapes)
    except failures as error:
        raise ExportError(f"onnxruntime cannot run what torch wrote: {error}") from error


def _difference(answer: Tensor, expected: Tensor) -> tuple[float, float]:
    """How far apart they are at most, and how far they may be; endless where shapes differ, or a value is no number."""
    allowed = ABSOLUTE + RELATIVE * float(expected.nan_to_num().abs().amax())
    if answer.shape != expected.shape:
        return math.inf, allowed
    return float((answer - expected).abs().nan_to_num(nan=math.inf, posinf=math.inf).amax()), allowed


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what the exporter says of itself; what concerns a model is still said."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    with warnings.catch_warnings():
        for message in EXPORTERS_OWN:
            warnings.filterwarnings("ignore", message)
        log.setLevel(logging.ERROR)
        try:
            yield
        finally:
            log.setLevel(before)
