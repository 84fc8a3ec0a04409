"""Runs the plugin's module: as ``__main__`` when it launches itself under the guard, else as an import."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any, Dict

from .guard import launches_under_guard
from .locate import Target


def run(target: Target) -> Dict[str, Any]:
    """Executes the module and returns its names. May not return for as long as the app is served."""
    sys.argv = [target.file]
    if not target.is_package and target.file.endswith(".py") and launches_under_guard(_source(target)):
        return _run_as_main(target)
    if target.importable:
        return vars(importlib.import_module(target.module))
    return vars(_import_from_path(target))


def _source(target: Target) -> bytes:
    with open(target.file, "rb") as source:
        return source.read()


def _spec(target: Target) -> Any:
    return importlib.util.spec_from_file_location(target.module, target.file)


def _run_as_main(target: Target) -> Dict[str, Any]:
    """What ``python -m`` does. Not by runpy, which takes the module back out of ``sys.modules`` when its code ends,
    while its app is served on: pickle and multiprocessing look their functions up there."""
    spec = _spec(target)
    code = spec.loader.get_code(target.module)
    main = ModuleType("__main__")
    package = target.module.rpartition(".")[0] if target.importable else ""
    main.__dict__.update(
        __file__=target.file, __spec__=spec, __loader__=spec.loader, __package__=package, __cached__=spec.cached,
        __builtins__=__builtins__, __annotations__={},
    )  # fmt: skip
    if package:
        importlib.import_module(package)  # so that relative imports work
    sys.modules["__main__"] = main
    exec(code, main.__dict__)
    return main.__dict__


def _import_from_path(target: Target) -> ModuleType:
    spec = _spec(target)
    module = importlib.util.module_from_spec(spec)
    sys.modules[target.module] = module
    spec.loader.exec_module(module)
    return module
