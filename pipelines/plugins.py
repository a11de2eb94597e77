"""Stages of one's own: Python files that a recipe names, and nothing that it does not."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from types import ModuleType

from features import catalog
from features.errors import ChainError
from features.stage import Stage
from pipelines.errors import PluginError


def load_plugin(path: str | Path) -> list[type[Stage]]:
    """Runs the file and adds every stage with a `name` that it defines to the catalog of this process.

    The digest of the source becomes part of these stages' identity, so an edit rebuilds what they made;
    what the file imports is not looked at. PluginError when the file cannot be run, or holds no stage.
    """
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        raise PluginError(f"{path}: {error.strerror}") from error
    digest = hashlib.blake2b(source, digest_size=16).hexdigest()
    module = _module(str(path), source, digest)
    stages = [found for found in vars(module).values() if _is_stage(found, module)]
    if not stages:
        raise PluginError(f"{path}: defines no stage; write a subclass of features.stage.Stage with a name")
    for stage in stages:
        stage.source_digest = digest
        try:
            catalog.add(stage)
        except ChainError as error:
            raise PluginError(f"{path}: {error}") from error
    return stages


def _module(path: str, source: bytes, digest: str) -> ModuleType:
    name = f"wavemill_plugin_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module  # pydantic looks up annotations there
    try:
        exec(compile(source, path, "exec"), module.__dict__)
    except (ImportError, NameError, AttributeError, TypeError, ValueError, SyntaxError) as error:
        del sys.modules[name]
        raise PluginError(f"{path}{_line(error, path)}: {type(error).__name__}: {error}") from error
    return module


def _line(error: Exception, path: str) -> str:
    """':12', the line of the file that the error came from."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno}"
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f":{lines[-1]}" if lines else ""


def _is_stage(found: object, module: ModuleType) -> bool:
    return (
        isinstance(found, type)
        and issubclass(found, Stage)
        and found.__module__ == module.__name__
        and isinstance(getattr(found, "name", None), str)
    )
