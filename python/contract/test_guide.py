"""The plugin developer's guide, in both languages: what it says to write is checked, built and answers."""

import re
import subprocess
from pathlib import Path

import pytest
from gradio_client import Client
from support.cli import command

DOCS = Path(__file__).resolve().parents[2] / "docs"
FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(guide, language):
    return [code for kind, code in FENCED.findall((DOCS / guide).read_text(encoding="utf-8")) if kind == language]


@pytest.mark.parametrize("guide", ["guide.md", "guide.ko.md"])
def test_what_the_guide_writes_runs(agent, tmp_path, guide):
    (config,), (app, params, sdk) = blocks(guide, "yaml"), blocks(guide, "python")
    code = guide.replace(".", "-")
    root = tmp_path / code
    (root / "plugin").mkdir(parents=True)
    (root / "config.yaml").write_text(config.replace("code: hello", f"code: {code}"))
    (root / "plugin/__init__.py").touch()
    # With the params beside it: the guide's two blocks belong to one file.
    (root / "plugin/gradio_interface.py").write_text(f"{params}\n{app}".replace("Hello, ", "Hello, {size} "))

    done = subprocess.run(**command(agent, "check", root), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        **command(agent, "run", "--detach", "--no-open", "--param", "size=1024", root), capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert Client(done.stdout.strip(), verbose=False).predict("you", api_name="/greet") == "Hello, 1024 you"
    (container,) = [it for it in agent.all("containers/") if it["plugin_release"] == f"{code}@1.0.0"]

    name = container["name"]
    for verb in (["ls"], ["open", name], ["logs", name], ["stop", name], ["rm", name]):
        done = subprocess.run(**command(agent, *verb), capture_output=True, timeout=60)
        assert done.returncode == 0, (verb, done.stderr)
    compile(sdk, guide, "exec")
