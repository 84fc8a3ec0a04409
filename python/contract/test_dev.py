"""`playground run` and `playground dev`: from a directory to its app, and from a save to the running one."""

import signal
import subprocess
import threading

import pytest
import requests
from support import docker, plugins
from support.cli import command
from support.wait import eventually


def title_of(container):
    """What the app calls itself; None while it does not answer."""
    try:
        return requests.get(f"{container['endpoint']}/config", timeout=10).json()["title"]
    except (requests.RequestException, ValueError):
        return None


def app(title):
    return f'import gradio as gr\n\ndemo = gr.Interface(lambda text: text, "text", "text", title="{title}")\n'


@pytest.fixture
def folder(tmp_path):
    """Makes a plugin's directory."""

    def folder(code, title="One"):
        root = tmp_path / code
        (root / "plugin").mkdir(parents=True)
        (root / "config.yaml").write_text(plugins.config(code, "1.0.0", "plugin.gradio_interface.demo"))
        (root / "plugin/__init__.py").write_text("")
        (root / "plugin/gradio_interface.py").write_text(app(title))
        return root

    return folder


def run(agent, root):
    return subprocess.run(**command(agent, "run", "--detach", "--no-open", root), capture_output=True, timeout=120)


class Dev:
    """A running `playground dev`."""

    def __init__(self, agent, folder):
        self.said = []
        self.process = subprocess.Popen(
            **command(agent, "dev", "--no-open", folder),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._reader = threading.Thread(target=lambda: self.said.extend(iter(self.process.stdout.readline, "")), daemon=True)
        self._reader.start()

    def says(self, words):
        eventually(lambda: "".join(self.said), lambda said: words in said, what=f"dev says {words!r}")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture
def dev(agent):
    begun = []

    def dev(folder):
        begun.append(Dev(agent, folder))
        return begun[-1]

    yield dev
    for it in begun:
        it.process.kill()
        it.process.wait()


def only(agent, code):
    (container,) = [it for it in agent.all("containers/") if it["plugin_release"] == f"{code}@1.0.0"]
    return container


def test_every_save_reaches_the_running_app(agent, folder, dev):
    root = folder("developed")
    running = dev(root)
    running.says("watching")
    first = only(agent, "developed")
    assert first["live"]
    assert title_of(first) == "One"
    began = docker.inspect(first["id"])["State"]["StartedAt"]

    (root / "plugin/gradio_interface.py").write_text(app("Two"))
    eventually(lambda: title_of(first), lambda title: title == "Two", what="the changed app")
    running.says("plugin/gradio_interface.py: ready after")
    assert docker.inspect(first["id"])["State"]["StartedAt"] == began, "the same process of Docker's"

    (root / "plugin/gradio_interface.py").write_text("import gradio as gr\n\ndemo = gr.Interface(\n")
    running.says("plugin/gradio_interface.py:4:1: error: the plugin has a syntax error")
    assert title_of(first) == "Two", "what cannot run does not replace what runs"

    (root / "plugin/gradio_interface.py").write_text('raise RuntimeError("the weights are missing")\n' + app("Three"))
    running.says("the weights are missing")
    failure = eventually(lambda: only(agent, "developed")["failure"], bool, what="what the app printed is its failure")
    assert failure["kind"] == "import_error"

    (root / "plugin/gradio_interface.py").write_text(app("Four"))
    eventually(lambda: title_of(first), lambda title: title == "Four", what="the mended app at the same address")

    eventually(lambda: only(agent, "developed")["status"], lambda it: it == "running", what="the record says so, too")
    assert running.interrupt() == 0
    assert only(agent, "developed")["status"] == "running", "nobody was there to say that it should stop"
    agent.delete(f"containers/{first['pk']}/")


def test_run_prints_the_address_of_a_ready_app(agent, folder):
    root = folder("ran")
    done = run(agent, root)
    container = only(agent, "ran")
    assert (done.returncode, done.stdout.strip()) == (0, container["endpoint"]), done.stderr
    assert not container["live"]
    agent.delete(f"containers/{container['pk']}/")


def test_run_uploads_nothing_that_would_fail(agent, folder):
    root = folder("broken-run")
    (root / "plugin/gradio_interface.py").write_text("import gradio as gr\n\ndemo = gr.Interface(\n")
    done = run(agent, root)
    assert done.returncode == 5, done.stderr
    assert "plugin/gradio_interface.py:4:1: error: the plugin has a syntax error" in done.stderr
    assert [it for it in agent.all("containers/") if it["plugin_release"].startswith("broken-run")] == []
