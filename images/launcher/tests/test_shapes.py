"""Every shape of plugin, really served by one major of Gradio (run.py sets which)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from app_process import start, write
from shapes import BROKEN, SHAPES, Broken, Shape, one

MAJOR = int(os.environ.get("GRADIO_MAJOR", "0"))
pytestmark = pytest.mark.skipif(not MAJOR, reason="run.py chooses the major of Gradio")


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if MAJOR in shape.majors], ids=lambda shape: shape.name)
def test_served(shape: Shape, tmp_path: Path, gradio_python: str, major: int) -> None:
    root = write(tmp_path, shape.files)
    with start(gradio_python, root, shape.entrypoint, shape.env) as app:
        app.wait_for(lambda app: len(app.named("launch")) >= shape.launches)
        launch = app.named("launch")[0]
        assert launch["how"] == shape.how
        assert launch["ui_path"] == shape.ui_path
        assert launch["port"] == app.port
        assert shape.launched in (None, launch["name"])
        assert set(shape.ignored) <= {event["argument"] for event in app.named("ignored")}
        assert app.named("gradio")[0]["version"].startswith("{}.".format(major))
        assert all(app.named(event) for event in shape.other_events)
        status, config = app.get(shape.ui_path.rstrip("/") + "/config")
        assert status == shape.config_status, config
        if shape.call:
            name, arguments, result = shape.call
            assert app.predict(major, shape.ui_path, name, arguments) == result
        runs = root / "runs.txt"
        assert not runs.exists() or len(runs.read_text()) == str(shape.files).count("runs.txt"), "the module ran twice"
        assert "gradio.live" not in "".join(app.lines)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_explained(broken: Broken, tmp_path: Path, gradio_python: str) -> None:
    with start(gradio_python, write(tmp_path, broken.files), broken.entrypoint, {}) as app:
        code = app.wait_for_end()
        output = "".join(app.lines)
        (error,) = app.named("error")
        assert (code, error["reason"]) == (broken.exit_code, broken.reason), output
        assert broken.fields.items() <= error.items()
        assert broken.hint is None or broken.hint in error["hint"]
        assert error["message"] and "\n" not in error["message"]
        assert ("Traceback" in output or "SyntaxError" in output) == broken.traceback, output
        assert not any(own in output for own in ("synapse_launcher/", "launch.py", "importlib/")), "frames of the launcher"
        assert app.lines[-1].startswith("SYNAPSE "), "the event comes after the traceback"


def test_prefix_of_the_gateway_is_in_the_root(tmp_path: Path, gradio_python: str, major: int) -> None:
    # Gradio 3 says the path of its address and no more.
    public = "" if major == 3 else "http://play.example:8080"
    mounted = next(shape for shape in SHAPES if shape.name == "mounted_on_fastapi")
    plain = next(shape for shape in SHAPES if shape.name == "module_only")
    for shape, end in ((plain, ""), (mounted, "/ui")):
        folder = tmp_path / shape.name
        folder.mkdir()
        with start(gradio_python, write(folder, shape.files), shape.entrypoint, {}) as app:
            app.wait_for(lambda app: bool(app.named("launch")))
            headers = {"X-Forwarded-Host": "play.example:8080", "X-Forwarded-Prefix": "/apps/7"}
            _, config = app.get(end + "/config", headers)
            assert json.loads(config)["root"] == public + "/apps/7" + end
            _, config = app.get(end + "/config", {**headers, "X-Forwarded-Prefix": "//evil.example/"})
            assert json.loads(config)["root"] == public + end


def test_prints_are_seen_while_the_app_runs(tmp_path: Path, gradio_python: str) -> None:
    shape = next(shape for shape in SHAPES if shape.name == "module_only")
    text = shape.files["plugin/gradio_interface.py"] + "print('weights loaded', end='\\n')\n"
    files = {**shape.files, "plugin/gradio_interface.py": text}
    with start(gradio_python, write(tmp_path, files), shape.entrypoint, {}) as app:
        app.wait_for(lambda app: "weights loaded\n" in app.lines)


NOTES_WHAT_IS_ASKED = """
import gradio as gr

class Noting:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            print("asked for", scope["path"], flush=True)
        await self.app(scope, receive, send)

demo = gr.Interface(lambda text: text.upper(), "text", "text")
if __name__ == "__main__":
    from starlette.middleware import Middleware
    demo.launch(prevent_thread_lock=True, app_kwargs={"middleware": [Middleware(Noting)]})
    print("launched", flush=True)
    demo.block_thread()
"""


def test_gradio_does_not_ask_itself_whether_it_answers(tmp_path: Path, gradio_python: str) -> None:
    with start(gradio_python, write(tmp_path, one(NOTES_WHAT_IS_ASKED)), None, {}) as app:
        app.wait_for(lambda app: "launched\n" in app.lines)
        asked = [line for line in app.lines if line.startswith("asked for ")]
        assert asked and "asked for /\n" not in asked
