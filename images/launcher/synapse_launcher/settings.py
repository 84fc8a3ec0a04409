"""Environment of the plugin: what Gradio and friends must find set, and what must never reach them."""

from __future__ import annotations

import os
import tempfile
from typing import MutableMapping, NamedTuple

from .events import EXIT_BAD_ENTRYPOINT, Failure

Env = MutableMapping[str, str]

# GRADIO_SHARE opens a public tunnel around the gateway; GRADIO_VIBE_MODE lets visitors edit files and run code;
# the others open ports or threads that nobody can reach from outside a container.
REMOVED = ("GRADIO_SHARE", "GRADIO_VIBE_MODE", "GRADIO_NUM_WORKERS", "GRADIO_WATCH_DIRS", "GRADIO_HOT_RELOAD")

DEFAULTS = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "GRADIO_SSR_MODE": "False",
    "GRADIO_FLAGGING_MODE": "never",
    "GRADIO_ALLOW_FLAGGING": "never",
    "FORWARDED_ALLOW_IPS": "*",
    "MPLBACKEND": "Agg",
    "PYTHONUNBUFFERED": "1",
}

_LOCAL_NAMES = ("localhost", "127.0.0.1", "0.0.0.0", "::1")


class Settings(NamedTuple):
    """Where the app must listen, and the entrypoint's text."""

    host: str
    port: int
    entrypoint: str


def read(env: Env, default_entrypoint: str) -> Settings:
    """Our own settings, from ``SYNAPSE_*``. An empty value counts as not set."""
    port = env.get("SYNAPSE_PORT") or "7860"
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Failure(EXIT_BAD_ENTRYPOINT, "bad_port", "SYNAPSE_PORT must be a port number, not {!r}.".format(port[:40]))
    entrypoint = env.get("SYNAPSE_ENTRYPOINT") or default_entrypoint
    return Settings(env.get("SYNAPSE_HOST") or "0.0.0.0", int(port), entrypoint)


def prepare(env: Env, settings: Settings, root: str) -> None:
    """Sets the defaults; what the operator or the developer set already is kept, except for address and port."""
    for name in REMOVED:
        env.pop(name, None)
    # int(os.getenv("GRADIO_NUM_PORTS", "100")) and its like crash `import gradio` on an empty value.
    for name in [name for name, value in env.items() if name.startswith("GRADIO_") and not value.strip()]:
        env.pop(name, None)
    env["GRADIO_SERVER_NAME"] = settings.host
    env["GRADIO_SERVER_PORT"] = str(settings.port)
    for name, value in DEFAULTS.items():
        env.setdefault(name, value)
    _reach_itself_without_proxy(env)
    _writable_folders(env)
    if os.path.exists(os.path.join(root, ".env")):
        env.setdefault("GRADIO_BLOCKED_PATHS", os.path.join(root, ".env"))


def _reach_itself_without_proxy(env: Env) -> None:
    """Gradio asks itself over HTTP while it launches; through a proxy that fails and the launch with it."""
    for name in ("NO_PROXY", "no_proxy"):
        listed = [part.strip() for part in env.get(name, "").split(",") if part.strip()]
        env[name] = ",".join(listed + [local for local in _LOCAL_NAMES if local not in listed])


def _writable_folders(env: Env) -> None:
    temporary = tempfile.gettempdir()
    if not _is_writable(env.get("HOME", "")):
        env["HOME"] = _made(os.path.join(temporary, "home"))
    cache = env.get("XDG_CACHE_HOME") or os.path.join(env["HOME"], ".cache")
    env.setdefault("TMPDIR", temporary)
    env.setdefault("XDG_CACHE_HOME", cache)
    env.setdefault("MPLCONFIGDIR", os.path.join(cache, "matplotlib"))
    env.setdefault("NUMBA_CACHE_DIR", os.path.join(cache, "numba"))
    env.setdefault("HF_HOME", os.path.join(cache, "huggingface"))
    env.setdefault("GRADIO_TEMP_DIR", os.path.join(temporary, "gradio"))
    env.setdefault("GRADIO_EXAMPLES_CACHE", os.path.join(temporary, "gradio_cached_examples"))


def _is_writable(folder: str) -> bool:
    return bool(folder) and os.path.isdir(folder) and os.access(folder, os.W_OK)


def _made(folder: str) -> str:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        pass
    return folder
