"""What was launched, and on which port: the first app gets the container's port, any other one the next free port."""

from __future__ import annotations

import socket
import threading
from typing import Any, List, Optional

from .events import emit


class Launches:
    """Shared by the hooks and by the part that serves. ``how`` and ``name`` describe what runs right now."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.how = "script"
        self.name: Optional[str] = None
        self.servers: List[Any] = []
        self.blocks: List[Any] = []
        self.inside_gradio = 0
        self._announced = threading.Event()

    @property
    def any(self) -> bool:
        return self._announced.is_set()

    def free_port(self) -> int:
        """The container's port as long as nothing listens there, else the next one."""
        for port in range(self.port, min(self.port + 100, 65536)):
            if _can_bind(self.host, port):
                return port
        return self.port

    def announce(self, server: Any, app: Any, port: int) -> None:
        """Called when a server listens."""
        self.servers.append(server)
        emit("launch", how=self.how, name=self.name or _name_of(app), ui_path=ui_path(app), port=port)
        self._announced.set()

    def stay(self) -> None:
        """Waits for as long as anything is served. Scripts that launch with ``prevent_thread_lock`` end otherwise."""
        for blocks in list(self.blocks):
            thread = getattr(getattr(blocks, "server", None), "thread", None)
            if thread is not None:
                thread.join()


def _can_bind(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError:
            return False
    return True


def _name_of(app: Any) -> str:
    blocks = getattr(app, "blocks", None)
    return str(getattr(blocks, "title", None) or getattr(app, "title", None) or type(app).__name__)


def ui_path(app: Any) -> str:
    """Where the page is: ``/``, or the path a Gradio app is mounted at within another one (which answers 404 on ``/``)."""
    if is_gradio_app(app):
        return "/"
    mounts = gradio_mounts(app)
    return (mounts[0].rstrip("/") or "") + "/" if mounts else "/"


def gradio_mounts(app: Any) -> List[str]:
    """Paths of the Gradio apps mounted in an ASGI app."""
    routes = getattr(app, "routes", None)
    found = []
    for route in routes if isinstance(routes, list) else []:
        path = getattr(route, "path", None)
        if isinstance(path, str) and is_gradio_app(getattr(route, "app", None)):
            found.append(path)
    return found


def is_gradio_app(app: Any) -> bool:
    """A Gradio app as ASGI, without importing Gradio for the question."""
    return any(base.__module__ == "gradio.routes" and base.__name__ == "App" for base in type(app).__mro__)
