"""From process start to the first answer: the launcher against plain Python, on the seed's own plugin."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from app_process import LAUNCH, AppProcess, environment, free_port, write
from shapes import INTERFACE_FILE, SHAPES

ROUNDS = 5
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def compare(python: str, scratch: Path) -> int:
    """Prints both medians; 1 when the launcher is the slower one."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        seed = next(shape for shape in SHAPES if shape.name == "seed_example_verbatim")
        root = write(Path(folder), seed.files)
        plain, launcher = [], []
        for _ in range(ROUNDS):  # in turn, so that a busy machine is unfair to neither
            port = free_port()
            script = root / INTERFACE_FILE
            script.write_text(seed.files[INTERFACE_FILE].replace("7860", str(port)), encoding="utf-8")
            plain.append(_seconds([python, INTERFACE_FILE], root, port))
            launcher.append(_seconds([python, str(LAUNCH)], root, free_port()))
    slow, fast = statistics.median(plain), statistics.median(launcher)
    print("start to ready, median of {}: plain python {:.2f} s, launcher {:.2f} s".format(ROUNDS, slow, fast))
    return 1 if fast > slow else 0


def _seconds(command: list, root: Path, port: int) -> float:
    began = time.monotonic()
    with AppProcess(command, root, environment(port, "plugin.gradio_interface.app", {}), port) as app:
        while True:
            assert app.process.poll() is None and time.monotonic() - began < 60, "".join(app.lines)
            try:
                _DIRECT.open("http://127.0.0.1:{}/config".format(port), timeout=5).close()
                return time.monotonic() - began
            except (urllib.error.URLError, OSError):
                threading.Event().wait(0.01)  # the interval of a probe, not a guess at readiness
