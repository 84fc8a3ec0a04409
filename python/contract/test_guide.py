"""The plugin developer's guide, in both languages: what it says to write is checked, built and answers.

Its last block, which is Python with our SDK, runs in test_our_sdk.py.
"""

import subprocess

import pytest
from gradio_client import Client
from support import guide as written
from support.cli import command


@pytest.mark.parametrize("guide", written.GUIDES)
def test_what_the_guide_writes_runs(agent, tmp_path, guide):
    code = guide.replace(".", "-")
    root = written.plugin(guide, tmp_path / code, code)

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
