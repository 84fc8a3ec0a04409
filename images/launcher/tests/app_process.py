"""A plugin under the launcher, as a process: its events, its address, and calls to its HTTP API."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

LAUNCH = Path(__file__).resolve().parent.parent / "launch.py"
DEADLINE_SECONDS = 60
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class AppProcess:
    """Start, wait for an event or the end, ask over HTTP, stop. Use as a context manager."""

    def __init__(self, command: List[str], root: Path, env: Dict[str, str], port: int) -> None:
        self.port = port
        self.events: List[Dict[str, Any]] = []
        self.lines: List[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self.process = subprocess.Popen(
            command, cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            start_new_session=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "AppProcess":
        return self

    def __exit__(self, *_: Any) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line)
                if line.startswith("SYNAPSE "):
                    self.events.append(json.loads(line[len("SYNAPSE ") :]))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def named(self, event: str) -> List[Dict[str, Any]]:
        return [record for record in self.events if record["event"] == event]

    def wait_for(self, condition: Callable[["AppProcess"], bool]) -> None:
        """Until the condition holds; fails with the whole output when the process ends or takes too long."""
        with self._changed:
            done = self._changed.wait_for(lambda: condition(self) or self._ended, DEADLINE_SECONDS)
            assert done and condition(self), "".join(self.lines)

    def wait_for_end(self) -> int:
        try:
            code = self.process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError("did not end:\n" + "".join(self.lines))
        self._reader.join()
        return code

    def get(self, path: str, headers: Optional[Dict[str, str]] = None) -> Tuple[int, str]:
        return self._open(urllib.request.Request(self._url(path), headers=headers or {}))

    def post(self, path: str, body: Any) -> Tuple[int, str]:
        data = json.dumps(body).encode()
        return self._open(urllib.request.Request(self._url(path), data, {"Content-Type": "application/json"}))

    def _url(self, path: str) -> str:
        return "http://127.0.0.1:{}{}".format(self.port, path)

    def _open(self, request: urllib.request.Request) -> Tuple[int, str]:
        try:
            with _DIRECT.open(request, timeout=DEADLINE_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def predict(self, major: int, ui_path: str, name: str, arguments: List[Any]) -> List[Any]:
        """One prediction by the HTTP API of that major."""
        base = ui_path.rstrip("/") + ("/gradio_api" if major >= 5 else "")
        if major == 3:
            status, text = self.post(base + "/run/" + name, {"data": arguments})
            assert status == 200, text
            return json.loads(text)["data"]
        status, text = self.post(base + "/call/" + name, {"data": arguments})
        assert status == 200, text
        status, stream = self.get(base + "/call/" + name + "/" + json.loads(text)["event_id"])
        assert status == 200 and "event: complete" in stream, stream
        return json.loads(stream.split("event: complete\ndata: ", 1)[1].split("\n", 1)[0])


def start(python: str, root: Path, entrypoint: Optional[str], env: Dict[str, str]) -> AppProcess:
    """A plugin's folder under the launcher, on a free port, with nothing of Gradio's settings from outside."""
    port = free_port()
    return AppProcess([python, str(LAUNCH)], root, environment(port, entrypoint, env), port)


def environment(port: int, entrypoint: Optional[str], more: Dict[str, str]) -> Dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRADIO_", "PYTHON", "SYNAPSE_"))}
    kept.update(SYNAPSE_PORT=str(port), SYNAPSE_HOST="127.0.0.1", PYTHONDONTWRITEBYTECODE="")
    if entrypoint is not None:
        kept["SYNAPSE_ENTRYPOINT"] = entrypoint
    kept.update(more)
    return kept


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write(root: Path, files: Dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
