"""Changes made to Gradio while it is imported. Each works on every major from 3 to 6 and does nothing where its target
does not exist."""

from __future__ import annotations

import functools
import gc
import inspect
import re
from types import ModuleType
from typing import Any, Callable, Dict

from .events import emit
from .hooks import Execute, ImportHooks
from .launches import Launches
from .lazy import LazyFinder

# Arguments of launch() that the platform decides; the value is what is passed when the parameter exists.
_FORCED: Dict[str, Any] = {
    "share": False,
    "inbrowser": False,
    "inline": False,
    "ssl_keyfile": None,
    "ssl_certfile": None,
    "ssl_keyfile_password": None,
    "encrypt": None,
    "ssr_mode": False,
    "node_port": None,
    "node_server_name": None,
    "num_workers": None,
    "share_server_address": None,
    "share_server_protocol": None,
    "share_server_tls_certificate": None,
}
_PREFIX = re.compile(r"^(/[A-Za-z0-9._~%@:+-]+)+/?$")


def register(hooks: ImportHooks, launches: Launches) -> None:
    hooks.around("gradio", _import_fast)
    hooks.after("gradio.component_meta", _skip_stub_files)
    hooks.after("gradio.networking", _leave_answers_to_others)
    hooks.after("gradio.blocks", lambda module: _wrap_launch(module, launches))
    hooks.after("gradio.route_utils", _honour_forwarded_prefix)
    hooks.after("gradio.routes", _honour_forwarded_prefix_in_gradio_3)


def _import_fast(execute: Execute, module: ModuleType) -> None:
    """Collecting garbage among half a million objects that all stay is a fifth of the import's time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with LazyFinder(["pandas"]):
            execute(module)
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()
    emit("gradio", version=str(getattr(module, "__version__", "unknown")))


def _skip_stub_files(module: ModuleType) -> None:
    """At each import Gradio parses the source of all its components to write .pyi files for editors."""
    if hasattr(module, "create_or_modify_pyi"):
        module.create_or_modify_pyi = lambda *_args, **_keywords: None  # type: ignore[attr-defined]


def _leave_answers_to_others(module: ModuleType) -> None:
    """launch() asks its own page once and gives the app up when three seconds are not enough for it: on a busy machine, or where
    the page has much to compute. Whoever started the container asks as well, for as long as an app may take."""
    if hasattr(module, "url_ok"):
        module.url_ok = lambda _url: True  # type: ignore[attr-defined]


def _wrap_launch(module: ModuleType, launches: Launches) -> None:
    original = module.Blocks.launch
    parameters = inspect.signature(original).parameters

    @functools.wraps(original)
    def launch(self: Any, *args: Any, **keywords: Any) -> Any:
        given = dict(zip(list(parameters)[1:], args))
        given.update(keywords)
        arguments = _arguments(given, parameters, launches)
        launches.blocks.append(self)
        launches.inside_gradio += 1
        try:
            return original(self, **arguments)
        except Exception as error:
            mark_as_launch_failure(error)
            raise
        finally:
            launches.inside_gradio -= 1

    module.Blocks.launch = launch  # type: ignore[attr-defined]


def _arguments(given: Dict[str, Any], parameters: Any, launches: Launches) -> Dict[str, Any]:
    kept = {}
    for name, value in given.items():
        if name not in parameters:
            emit("ignored", argument=name)
        elif name in _FORCED:
            if value != _FORCED[name] and value is not None:
                emit("ignored", argument=name)
        else:
            kept[name] = value
    port = launches.free_port()
    for name, value in (("server_name", launches.host), ("server_port", port)):
        if kept.get(name, value) not in (value, None):
            emit("ignored", argument=name)
        kept[name] = value
    kept.update({name: value for name, value in _FORCED.items() if name in parameters})
    return kept


def mark_as_launch_failure(error: BaseException) -> None:
    try:
        error._synapse_launch = True  # type: ignore[attr-defined]
    except AttributeError:
        pass


def is_launch_failure(error: BaseException) -> bool:
    return bool(getattr(error, "_synapse_launch", False))


def _honour_forwarded_prefix(module: ModuleType) -> None:
    """Behind a gateway that strips a path prefix Gradio must put it back into the addresses it gives to browsers."""
    original: Callable[..., str] = getattr(module, "get_root_url", None)  # type: ignore[assignment]
    if original is None:
        return

    @functools.wraps(original)
    def get_root_url(request: Any, *args: Any, **keywords: Any) -> str:
        root = original(request, *args, **keywords)
        prefix = _first(request.headers.get("x-forwarded-prefix") or "")
        if not prefix:
            return root
        # Gradio 4 forgets where it is mounted as soon as there is an X-Forwarded-Host.
        mounted = request.scope.get("root_path") or ""
        return with_prefix(root if root.endswith(mounted) else root + mounted, prefix)

    module.get_root_url = get_root_url  # type: ignore[attr-defined]


def _honour_forwarded_prefix_in_gradio_3(module: ModuleType) -> None:
    """Gradio 3 takes what the server calls its root path for the address of the page, and asks nobody else."""
    route_utils = getattr(module, "route_utils", None)
    if hasattr(route_utils, "get_root_url"):
        return
    original = module.App.__call__

    @functools.wraps(original)
    async def call(self: Any, scope: Any, receive: Any, send: Any) -> None:
        given = [value for name, value in scope.get("headers", ()) if name == b"x-forwarded-prefix"]
        prefix = _first(given[0].decode("latin-1")) if given else ""
        if _PREFIX.match(prefix):
            scope = {**scope, "root_path": prefix.rstrip("/") + (scope.get("root_path") or "")}
        await original(self, scope, receive, send)

    module.App.__call__ = call  # type: ignore[attr-defined]


def _first(header: str) -> str:
    return header.split(",")[0].strip()


def with_prefix(root: str, prefix: str) -> str:
    """``http://host/ui`` and ``/apps/7`` make ``http://host/apps/7/ui``. A prefix that is no plain path is not used."""
    if not _PREFIX.match(prefix):
        return root
    prefix = prefix.rstrip("/")
    scheme, separator, rest = root.partition("://")
    host, slash, path = rest.partition("/")
    path = slash + path
    if path == prefix or path.startswith(prefix + "/"):
        return root
    return scheme + separator + host + prefix + path
