"""A module that is executed at its first use instead of at its import.

Used for pandas under Gradio: Gradio imports it for type checks only, which costs a quarter of a second and 30 MB that
most apps never need. Once anything of it is touched it is the ordinary module, of the ordinary type.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import threading
import time
from types import ModuleType
from typing import Any, List, Optional, Sequence

# Kept in the module's own namespace until it is loaded.
_PATH = "_synapse_path"
_OWNER = "_synapse_owner"
_TURNS = 100


class LazyModule(ModuleType):
    """``__path__`` is not preset on purpose: an import of a submodule asks for it and so loads the package first.

    The type changes to the ordinary one only when the module's code is done, so that other threads that touch it
    meanwhile come here and wait.
    """

    def __getattr__(self, name: str) -> Any:
        if _is_deferred(self):
            _load(self, name)
            if type(self) is not LazyModule:
                return getattr(self, name)
            if name in self.__dict__:
                return self.__dict__[name]
        raise AttributeError("module {!r} has no attribute {!r}".format(self.__name__, name))

    def __setattr__(self, name: str, value: Any) -> None:
        # A patch set on the unloaded module would be overwritten by its own code. While that code runs nothing waits:
        # the import system sets submodules here while it holds their locks.
        if not _is_machinery(name) and _PATH in self.__dict__:
            _load(self, name)
        ModuleType.__setattr__(self, name, value)

    def __dir__(self) -> List[str]:
        if _is_deferred(self):
            _load(self, "__dir__")
        return list(self.__dict__)


def _is_deferred(module: ModuleType) -> bool:
    """False before the import system has set the module up, and for the thread that is executing it."""
    owner = module.__dict__.get(_OWNER)
    return _PATH in module.__dict__ if owner is None else owner != threading.get_ident()


def _is_machinery(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


class _DeferringLoader(importlib.abc.Loader):
    def __init__(self, real: Any) -> None:
        self.real = real

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return LazyModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        # Gone until the real execution, see LazyModule.
        module.__dict__[_PATH] = module.__dict__.pop("__path__", None)


class LazyFinder(importlib.abc.MetaPathFinder):
    """Defers the modules named, while it is installed."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def __enter__(self) -> "LazyFinder":
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: Any) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if fullname not in self._names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _DeferringLoader(spec.loader)
        return spec


def _load(module: ModuleType, name: str) -> None:
    """Executes the module once, under the import system's own lock for its name.

    Another thread that imports a part of the package at this moment holds the part's lock and waits for the package's;
    the import system then breaks the circle with an error here. The other thread's turn comes first in that case,
    unless what is asked for (``__path__``, by such an import) is there already.
    """
    from importlib import _bootstrap  # type: ignore[attr-defined]

    for _ in range(_TURNS):
        try:
            with _bootstrap._ModuleLockManager(module.__name__):
                if _PATH in module.__dict__:
                    _execute(module)
            return
        except _bootstrap._DeadlockError:
            if name in module.__dict__:
                return
            time.sleep(0.01)


def _execute(module: ModuleType) -> None:
    state = module.__dict__
    spec = state["__spec__"]
    if isinstance(spec.loader, _DeferringLoader):
        spec.loader = state["__loader__"] = spec.loader.real
    state[_OWNER] = threading.get_ident()
    path = state.pop(_PATH)
    if path is not None:
        state["__path__"] = path
    try:
        spec.loader.exec_module(module)
    except BaseException:
        state[_PATH] = state.pop("__path__", None)
        raise
    else:
        module.__class__ = ModuleType
    finally:
        state.pop(_OWNER, None)
