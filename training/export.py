"""Export: a trained model as one file for other programs, with everything in it that says what it hears and answers.

`onnx` holds the computation; onnxruntime runs it without wavemill and torch. It is held against torch before it is
written. `safetensors` holds the weights alone; `wavemill predict` takes it in place of a run.

Both have metadata, JSON objects in two entries. `wavemill` is what the checkpoint says of itself (`checkpoint.About`,
without where training stood and where corpora lay): the task with its classes, the chain of the store with its seed
and fingerprint, the stages at load, the arrays that are heard. So whoever has the file can build the front end again:

    about = json.loads(metadata["wavemill"])
    chain = Chain.parse(about["chain"], about["seed"])

`export` has the versions of what wrote it, and for ONNX its inputs and outputs in words. Paths are in neither.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from safetensors.torch import save

from training.errors import ExportError
from training.fitted import Fitted
from training.graphs import graph_of
from training.onnx_model import ABSOLUTE, OPSET, PACKAGES, RELATIVE, as_onnx, require_packages

Kind = Literal["onnx", "safetensors"]


def export(fitted: Fitted, out: str | Path, kind: Kind = "onnx") -> dict[str, Any]:
    """Writes a model into a file, or into a folder as model.onnx or model.safetensors; says what was written, as JSON.

    ExportError where that cannot be done, or where the ONNX model does not answer as torch does. What was there
    before is then as it was.
    """
    target = place(Path(out), kind)
    content, facts = _as_onnx(fitted) if kind == "onnx" else (_as_safetensors(fitted), {})
    _write(target, content)
    return {"out": str(target), "as": kind, "bytes": len(content), **facts}


def place(out: Path, kind: Kind) -> Path:
    """The file that is meant by a file or folder; ExportError for a file of the other kind."""
    if out.suffix in (".onnx", ".safetensors") and not out.is_dir():
        if out.suffix != f".{kind}":
            raise ExportError(f"{out}: is to be written as {kind}; say --as {out.suffix[1:]}, or name it *.{kind}")
        return out
    return out / f"model.{kind}"


def described(fitted: Fitted, packages: tuple[str, ...] = (), **more: Any) -> dict[str, str]:
    """The metadata of a file: JSON by entry."""
    modules = {name: import_module(name) for name in ("torch", "numpy", *packages)}  # onnxruntime has many wheels
    versions = {"wavemill": version("wavemill"), **{name: module.__version__ for name, module in modules.items()}}
    about = {name: value for name, value in asdict(fitted.about).items() if name not in ("state", "corpora")}
    entries = {"wavemill": about, "export": {**more, "versions": versions}}
    return {name: json.dumps(entry, ensure_ascii=False) for name, entry in entries.items()}


def _as_onnx(fitted: Fitted) -> tuple[bytes, dict[str, Any]]:
    require_packages()
    graph = graph_of(fitted)
    sides = {"inputs": graph.inputs, "outputs": graph.outputs}
    allowed = {"absolute": ABSOLUTE, "relative": RELATIVE}
    content, difference = as_onnx(graph, described(fitted, PACKAGES, opset=OPSET, tolerance=allowed, **sides))
    return content, {**sides, "batches": len(graph.trials), "largest_difference": difference}


def _as_safetensors(fitted: Fitted) -> bytes:
    tensors = {f"model.{name}": tensor.contiguous() for name, tensor in fitted.model.state_dict().items()}
    return save(tensors, described(fitted))


def _write(target: Path, content: bytes) -> None:
    """Writes a file whole or not at all; makes its folder."""
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as sink:
            sink.write(content)
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(temporary, target)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise ExportError(f"{target}: cannot be written: {error.strerror}") from error
