"""The launcher's flow: read the settings, find the module, hook the imports, run it, serve what it did not launch."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any, List, MutableMapping

from . import entrypoint, events, failures, gradio_hooks, live, locate, pick, run, serve, settings, uvicorn_hooks
from .hooks import ImportHooks
from .launches import Launches

# Keeps the package's modules alive once they are out of sys.modules.
_own_modules: List[Any] = []


def main(env: MutableMapping[str, str], root: str) -> int:
    """Returns the exit code. While the app is served it does not return."""
    root = os.path.abspath(root)
    _stream_output()
    try:
        chosen = settings.read(env, entrypoint.DEFAULT)
    except events.Failure as failure:
        return failure.report()
    code = env.pop(live.VARIABLE, None)
    settings.prepare(env, chosen, root)
    launches = Launches(chosen.host, chosen.port)
    if not code:
        _hook_imports(launches)
        return _reported(chosen, launches, root)
    live.preload(lambda: _hook_imports(launches))
    return live.stay(code, root, lambda: _reported(chosen, launches, root))


def _reported(chosen: settings.Settings, launches: Launches, root: str) -> int:
    try:
        _launch(chosen, launches, root)
        return events.EXIT_OK
    except events.Failure as failure:
        return failure.report()
    except KeyboardInterrupt:
        return 130


def _launch(chosen: settings.Settings, launches: Launches, root: str) -> None:
    events.emit("starting", entrypoint=chosen.entrypoint, python=platform.python_version())
    parsed = entrypoint.parse(chosen.entrypoint)
    target = locate.locate(parsed, root)
    locate.put_on_path(target, root)
    _hide_own_modules()
    try:
        names = run.run(target)
        if not launches.any:
            _serve_best(names, target, launches, root)
        launches.stay()
    except events.Failure:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, SystemExit) and launches.any:
            raise
        failure = failures.from_exception(error, root)
        if not isinstance(error, SystemExit):
            failures.print_traceback(error)
        raise failure from None


def _serve_best(names: Any, target: locate.Target, launches: Launches, root: str) -> None:
    choice = pick.choose(names, target.attribute, target.module)
    if choice is None:
        file = os.path.relpath(target.file, root) if target.file else target.module
        raise events.Failure(
            events.EXIT_NOTHING_LAUNCHABLE,
            "nothing_launchable",
            "{} defines no Gradio app.".format(file),
            file=file,
            hint="Define a gr.Interface or gr.Blocks at the top of the file, for example named 'demo'.",
        )
    serve.serve(choice, launches)


def _hook_imports(launches: Launches) -> None:
    hooks = ImportHooks()
    gradio_hooks.register(hooks, launches)
    uvicorn_hooks.register(hooks, launches)
    hooks.install()


def _hide_own_modules() -> None:
    package = __name__.rpartition(".")[0]
    for name in [name for name in sys.modules if name == package or name.startswith(package + ".")]:
        _own_modules.append(sys.modules.pop(name))


def _stream_output() -> None:
    """As PYTHONUNBUFFERED: what the plugin prints is in the log when it is printed, also where the image forgot to set it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(write_through=True, line_buffering=True, errors="backslashreplace")
