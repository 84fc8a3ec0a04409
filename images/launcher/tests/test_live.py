"""A live container's app, started anew for changed code by one major of Gradio (run.py sets which)."""

from __future__ import annotations

import io
import os
import signal
import tarfile
import time
import urllib.error
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterator

import pytest
from app_process import DEADLINE_SECONDS, AppProcess, start

MAJOR = int(os.environ.get("GRADIO_MAJOR", "0"))
pytestmark = pytest.mark.skipif(not MAJOR, reason="run.py chooses the major of Gradio")

APP = """
import os
import gradio as gr
from plugin import words

def say(text):
    return text + words.WORD

demo = gr.Interface(say, "text", "text", api_name="say")
"""


def pack(tar: Path, files: Dict[str, str]) -> None:
    new = tar.with_suffix(".new")
    with tarfile.open(new, "w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    new.replace(tar)


def plugin(word: str) -> Dict[str, str]:
    return {"plugin/__init__.py": "", "plugin/gradio_interface.py": APP, "plugin/words.py": "WORD = {!r}\n".format(word)}


@contextmanager
def live(python: str, tmp_path: Path) -> Iterator[AppProcess]:
    """Ended by asking, for the app is a process of its own."""
    for folder in ("app", "home"):
        (tmp_path / folder).mkdir(exist_ok=True)
    env = {"SYNAPSE_LIVE": str(tmp_path / "code.tar"), "HOME": str(tmp_path / "home")}
    with start(python, tmp_path / "app", None, env) as app:
        try:
            yield app
        finally:
            app.process.terminate()
            app.process.wait(DEADLINE_SECONDS)


def launched(app: AppProcess, times: int) -> None:
    app.wait_for(lambda app: len(app.named("launch")) == times)


def reload(app: AppProcess, tar: Path, files: Dict[str, str]) -> None:
    """As the Agent does it."""
    pack(tar, files)
    app.process.send_signal(signal.SIGUSR1)
    until_mute(app)
    app.process.send_signal(signal.SIGHUP)


def until_mute(app: AppProcess) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            app.get("/")
        except (urllib.error.URLError, ConnectionError):
            return
    raise AssertionError("the old app still answers")


def test_changed_code_runs_in_the_same_process_with_the_same_gradio(tmp_path: Path, gradio_python: str, major: int) -> None:
    tar = tmp_path / "code.tar"
    pack(tar, {**plugin("one"), "plugin/gone.py": "", "data/list.txt": "1"})
    with live(gradio_python, tmp_path) as app:
        launched(app, 1)
        assert app.predict(major, "/", "say", ["a "]) == ["a one"]
        (tmp_path / "app/kept.txt").write_text("of the plugin's own")
        for times, word in enumerate(("two", "six", "ten"), start=2):
            # Equally long, within a second: byte code that was kept would be taken for that of the new file.
            reload(app, tar, {**plugin(word), "data": "a file now"})
            launched(app, times)
            assert app.predict(major, "/", "say", ["a "]) == ["a " + word]
        assert len(app.named("gradio")) == 1, "Gradio is imported once"
        assert not (tmp_path / "app/plugin/gone.py").exists()
        assert (tmp_path / "app/data").read_text() == "a file now"
        assert (tmp_path / "app/kept.txt").exists()


def test_code_that_fails_ends_as_any_other_does_and_the_next_start_has_the_next_code(tmp_path: Path, gradio_python: str, major: int) -> None:
    tar = tmp_path / "code.tar"
    pack(tar, plugin("one"))
    with live(gradio_python, tmp_path) as app:
        launched(app, 1)
        reload(app, tar, {**plugin("two"), "plugin/words.py": "WORD = 1 / 0\n"})
        assert app.wait_for_end() == 67
        (error,) = app.named("error")
        assert (error["reason"], error["file"], error["line"]) == ("plugin_raised", "plugin/words.py", 1)
    pack(tar, plugin("two"))
    with live(gradio_python, tmp_path) as app:
        launched(app, 1)
        assert app.predict(major, "/", "say", ["a "]) == ["a two"]
