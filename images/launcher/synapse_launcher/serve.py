"""Serves what was chosen: launches it, runs it under uvicorn, or calls the factory and serves its result."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Optional

from .events import EXIT_NOTHING_LAUNCHABLE, Failure
from .gradio_hooks import mark_as_launch_failure
from .launches import Launches
from .pick import Choice, classify

_FACTORY_DEPTH = 3


def serve(choice: Choice, launches: Launches, by_factory: int = 0) -> None:
    """Returns when the app is closed, or when it is served from another thread."""
    launches.name = launches.name or choice.name
    if choice.kind == "factory":
        _serve_result(choice, launches, by_factory)
    elif choice.kind == "asgi":
        launches.how = "factory" if by_factory else "asgi"
        _as_launch(_run_uvicorn, choice.value)
    else:
        launches.how = "factory" if by_factory else "object"
        _as_launch(choice.value.launch)


def _serve_result(choice: Choice, launches: Launches, depth: int) -> None:
    launches.how = "factory"
    result = choice.value()
    if inspect.isawaitable(result):
        result = asyncio.run(_completed(result))
    if launches.any:
        return
    # A tuple is what launch() returns, and what some factories return: (demo, queue).
    values = result if isinstance(result, (tuple, list)) else [result]
    for value in values:
        found: Optional[Choice] = classify(choice.name, value)
        if found is not None and depth < _FACTORY_DEPTH:
            serve(found, launches, depth + 1)
            return
    raise Failure(
        EXIT_NOTHING_LAUNCHABLE,
        "factory_gave_no_app",
        "{}() was called to make the app, but returned {}.".format(choice.name, type(result).__name__),
        function=choice.name,
        returned=type(result).__name__,
        hint="Return the gr.Blocks, gr.Interface or FastAPI object from {}().".format(choice.name),
    )


async def _completed(awaitable: Any) -> Any:
    return await awaitable


def _as_launch(function: Any, *args: Any) -> None:
    try:
        function(*args)
    except Exception as error:
        mark_as_launch_failure(error)
        raise


def _run_uvicorn(app: Any) -> None:
    try:
        import uvicorn
    except ModuleNotFoundError:
        raise Failure(
            EXIT_NOTHING_LAUNCHABLE, "missing_dependency", "The plugin defines an ASGI app, but uvicorn is not installed.",
            module="uvicorn", package="uvicorn", hint="Add uvicorn to requirements.txt.",
        )  # fmt: skip
    # Address and port are set by the hook on uvicorn.Config.
    uvicorn.run(app, forwarded_allow_ips="*", log_level="warning")
