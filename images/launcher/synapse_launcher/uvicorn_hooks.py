"""Changes made to uvicorn: a plugin that runs its own server gets the container's address, and every server that comes
up, Gradio's included, is announced when it listens."""

from __future__ import annotations

import functools
import inspect
import sys
from types import ModuleType
from typing import Any, Dict

from .events import emit
from .hooks import ImportHooks
from .launches import Launches

# reload and workers start other processes, in which nothing of this would hold; uds and fd listen elsewhere.
_FORCED: Dict[str, Any] = {"reload": False, "workers": 1, "uds": None, "fd": None, "ssl_keyfile": None, "ssl_certfile": None}


def register(hooks: ImportHooks, launches: Launches) -> None:
    hooks.after("uvicorn.config", lambda module: _wrap_config(module, launches))
    hooks.after("uvicorn.server", lambda module: _wrap_startup(module, launches))


def _wrap_config(module: ModuleType, launches: Launches) -> None:
    original = module.Config.__init__
    parameters = inspect.signature(original).parameters

    @functools.wraps(original)
    def init(self: Any, app: Any, *args: Any, **keywords: Any) -> None:
        if launches.inside_gradio:
            original(self, app, *args, **keywords)
            return
        arguments = dict(zip(list(parameters)[2:], args))
        arguments.update(keywords)
        for name, value in _FORCED.items():
            if arguments.get(name) not in (None, value):
                emit("ignored", argument=name)
            if name in arguments:
                arguments[name] = value
        arguments["host"], arguments["port"] = launches.host, launches.free_port()
        original(self, _already_loaded(app), **arguments)

    module.Config.__init__ = init  # type: ignore[attr-defined]


def _already_loaded(app: Any) -> Any:
    """``uvicorn.run("main:app")`` in the script itself imports the script, and its model, a second time."""
    if not isinstance(app, str) or ":" not in app:
        return app
    module, _, name = app.partition(":")
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    names = {getattr(spec, "name", None), str(getattr(spec, "name", "")).rpartition(".")[2]}
    return getattr(main, name, app) if module in names else app


def _wrap_startup(module: ModuleType, launches: Launches) -> None:
    original = module.Server.startup

    @functools.wraps(original)
    async def startup(self: Any, *args: Any, **keywords: Any) -> Any:
        result = await original(self, *args, **keywords)
        if getattr(self, "started", False):
            launches.announce(self, _application(self.config), self.config.port)
        return result

    module.Server.startup = startup  # type: ignore[attr-defined]


def _application(config: Any) -> Any:
    app = config.app
    if isinstance(app, str):
        module, _, name = app.partition(":")
        return getattr(sys.modules.get(module), name, app)
    return app
