"""Runs a function right after (or around) the import of a module, whoever imports it, without importing it for that."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import Any, Callable, Dict, Optional, Sequence

Execute = Callable[[ModuleType], None]
Wrapper = Callable[[Execute, ModuleType], None]


class ImportHooks(importlib.abc.MetaPathFinder):
    """Stands first in ``sys.meta_path`` and answers only for the modules it was told of, once each."""

    def __init__(self) -> None:
        self._wrappers: Dict[str, Wrapper] = {}

    def around(self, module: str, wrapper: Wrapper) -> None:
        """``wrapper(execute, module)`` runs in place of the module's execution and must call ``execute(module)``."""
        self._wrappers[module] = wrapper

    def after(self, module: str, patch: Execute) -> None:
        """``patch(module)`` runs when the module's own code is done."""

        def wrapper(execute: Execute, loaded: ModuleType) -> None:
            execute(loaded)
            patch(loaded)

        self.around(module, wrapper)

    def install(self) -> None:
        sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        wrapper = self._wrappers.pop(fullname, None)
        if wrapper is None:
            return None
        spec = self._spec_of_others(fullname, path, target)
        execute = getattr(getattr(spec, "loader", None), "exec_module", None)
        if execute is not None:
            # On the loader's instance: the loader itself must stay the real one for inspect and importlib.resources.
            spec.loader.exec_module = lambda module: wrapper(execute, module)  # type: ignore[union-attr]
        return spec

    def _spec_of_others(self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType]) -> Any:
        for finder in list(sys.meta_path):
            find_spec = getattr(finder, "find_spec", None)
            if finder is self or find_spec is None:
                continue
            spec = find_spec(fullname, path, target)
            if spec is not None:
                return spec
        return None
