"""What our SDK alone can do, with a real Agent: its README, progress, logs through a killed Agent, links, the async client."""

import asyncio
import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from gradio_client import Client
from support import guide as written
from support import plugins
from support.cli import command
from support.wait import PATIENCE
from synapse_sdk.clients.agent import AgentClient, AsyncAgentClient
from synapse_sdk.exceptions import BuildFailedError, BuildTimeoutError, ClientError, HTTPError, ValidationError
from test_builds import launch_of

README = plugins.REPO / "python" / "sdk" / "README.md"


def test_the_first_example_of_the_readme_runs_as_written(agent, archive, capsys):
    example = re.search("```python\n(.*?)```", README.read_text(), re.DOTALL)[1]
    file = archive("readme")
    known = {"http://agent-url:8000": agent.url, "your-token": agent.token, "/path/to/plugin-release.zip": str(file)}
    for written, meant in known.items():
        assert written in example
        example = example.replace(written, meant)
    names = {}
    exec(example, names)
    assert capsys.readouterr().out.splitlines()[-1] == names["app"]["endpoint"]
    assert names["app"]["status"] == "running"
    agent.delete(f"containers/{names['app']['pk']}/")


@pytest.mark.parametrize("guide", written.GUIDES)
def test_the_guides_block_runs_as_written_where_its_plugin_was_packed(agent, tmp_path, monkeypatch, capsys, guide):
    root = written.plugin(guide, tmp_path / "hello", "hello")
    monkeypatch.chdir(root)
    done = subprocess.run(**command(agent, "pack"), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    *_, example = written.blocks(guide, "python")
    for meant_for_others, meant in {"http://agent-url:8000": agent.url, "your-token": agent.token}.items():
        assert meant_for_others in example
        example = example.replace(meant_for_others, meant)
    names = {}
    exec(example, names)
    endpoint = names["app"]["endpoint"]
    assert capsys.readouterr().out.splitlines()[-1] == endpoint
    assert Client(endpoint, verbose=False).predict("you", api_name="/greet") == "Hello, 1024 you"
    agent.delete(f"containers/{names['app']['pk']}/")


def test_progress_tells_the_build_as_it_goes(sdk, archive):
    seen = []
    container = sdk.create_container(plugin_file=archive("progress"), on_progress=seen.append)
    assert container["status"] == "running"
    assert seen[-1].type == "complete"
    assert "building" in [frame.message for frame in seen if frame.type == "status"]
    printed = [frame.message for frame in seen if frame.type == "log"]
    assert printed == sdk.get_build_logs(container["build_id"]).splitlines() == list(sdk.stream_build_logs(container["build_id"]))
    assert printed
    sdk.delete_container(container["id"])


def test_a_failed_build_says_everything_in_one_error(sdk, archive):
    seen = []
    file = archive("failing", requirements="--no-index\nnothing-of-this-name==1.0\n")
    with pytest.raises(BuildFailedError) as failed:
        sdk.create_container(plugin_file=file, on_progress=seen.append)
    assert (failed.value.status, failed.value.kind, failed.value.code) == ("failed", "no_such_package", "no_such_package")
    assert failed.value.hint
    assert any("nothing-of-this-name" in line for line in failed.value.log_tail)
    assert (seen[-1].type, seen[-1].failure["kind"]) == ("error", "no_such_package")
    sdk.delete_container(sdk.list_containers({"plugin_release": "failing"})["results"][0]["pk"])


def test_a_launch_that_takes_long_can_be_left_and_cancelled(agent, sdk, archive, index):
    file = archive("left", requirements=index.requirements("held-left"))
    with ThreadPoolExecutor(1) as pool:
        creating = pool.submit(sdk.create_container, plugin_file=file, timeout=PATIENCE)
        build = launch_of(agent, "left@1.0.0")["id"]
        with pytest.raises(BuildTimeoutError):
            sdk.wait_for_build(build, timeout=0)
        assert build in [launch["id"] for launch in sdk.list_builds(list_all=True)[0]]
        assert index.asked("held-left").wait(PATIENCE)
        sdk.cancel_build(build)
        with pytest.raises(BuildFailedError, match="cancelled"):
            creating.result(timeout=PATIENCE)
    with pytest.raises(HTTPError) as ended:
        agent.finished(build)
        sdk.cancel_build(build)
    assert ended.value.code == "build_ended"
    index.release("held-left")
    sdk.delete_container(sdk.get_build_status(build)["container_pk"])


class Heard:
    """What a stream tells, read beside the test: who follows is there while the Agent is not, and holds up nobody."""

    def __init__(self, lines):
        self._told = Queue()
        Thread(target=self._read, args=(lines,), daemon=True).start()

    def _read(self, lines):
        try:
            for line in lines:
                self._told.put(line)
            self._told.put(None)
        except Exception as error:
            self._told.put(error)

    def next(self, count):
        """So many lines; fewer where the stream ends."""
        lines = []
        while len(lines) < count and (told := self._told.get(timeout=PATIENCE)) is not None:
            if isinstance(told, Exception):
                raise told
            lines.append(told)
        return lines


def test_a_log_is_followed_through_an_agent_that_is_killed(mortal_agent, probe_zip, app):
    spoken = [f"spoken {number:02} 한글" for number in range(30)]
    client = AgentClient(mortal_agent.url, mortal_agent.token)
    container = client.create_container(plugin_file=probe_zip)
    said = Heard(line for line in client.stream_container_logs(container["id"]) if line.startswith("spoken"))
    # Opened before the kill: who follows has patience with an Agent that is away, and not for as long as Gradio may take.
    with app(container) as visitor:
        say = lambda lines: visitor.predict(json.dumps({"what": "say", "lines": lines}), api_name="/ask")
        say(spoken[:10])
        heard = said.next(10)
        assert heard[0].stream == "stdout"
        assert heard[0].at.endswith("Z")
        mortal_agent.kill()
        # Its app goes on, and is heard when the Agent is back.
        say(spoken[10:20])
        mortal_agent.start()
        heard += said.next(10)
        say(spoken[20:])
        heard += said.next(10)
    assert heard == spoken
    client.delete_container(container["id"])
    assert said.next(1) == []
    client.close()


def test_a_log_that_is_there_is_read_without_following(sdk, shared):
    lines = list(sdk.stream_container_logs(shared["id"], follow=False, tail=3))
    assert 0 < len(lines) <= 3
    assert sdk.get_container_logs(shared["pk"], tail=3).splitlines() == lines


def test_an_archive_is_stored_without_running(sdk, archive):
    stored = sdk.upload_plugin_release(archive("kept", "2.0.0"))
    assert stored["plugin_release"] == "kept@2.0.0"
    assert sdk.list_containers({"plugin_release": "kept"})["count"] == 0
    sdk.delete_plugin_release(stored["id"])


def test_a_link_says_where_it_leads_or_why_there_is_none(sdk, shared):
    link = sdk.create_container_link(shared["id"], expires_in=60)
    assert set(link) == {"url", "expires_at"}
    with pytest.raises(ClientError):
        sdk.create_container_link(shared["id"], expires_in=-1)
    for seconds in (0, 91 * 24 * 3600):
        with pytest.raises(ValidationError) as refused:
            sdk.create_container_link(shared["id"], expires_in=seconds)
        assert refused.value.code == "expires_in_invalid"


def test_the_asynchronous_client_does_the_same(agent, probe, model, probe_zip):
    async def work():
        async with AsyncAgentClient(host=agent.url, token=agent.token) as client:
            frames = []
            made = await client.create_container(probe, model=model, plugin_file=probe_zip, on_progress=frames.append)
            again = await client.create_container(probe, model=model)
            assert (again["restarted"], again["id"]) == (True, made["id"])
            items, count = await client.list_containers({"model": model}, list_all=True)
            assert [item["pk"] async for item in items] == [made["pk"]]
            assert count == 1
            lines = client.stream_container_logs(made["id"])
            assert await lines.__anext__()
            await lines.aclose()
            await client.delete_container(made["id"])
            return made, frames

    made, frames = asyncio.run(work())
    assert made["status"] == "running"
    assert frames[-1].type == "complete"


def test_several_creates_at_once_do_not_wait_for_each_other(agent, probe, _models):
    models = [next(_models) for _ in range(3)]

    async def work():
        async with AsyncAgentClient(agent.url, agent.token) as client:
            made = await asyncio.gather(*(client.create_container(probe, model=model) for model in models))
            await asyncio.gather(*(client.delete_container(container["id"]) for container in made))
            return made

    assert len({container["endpoint"] for container in asyncio.run(work())}) == 3


def test_the_distribution_is_typed_and_called_what_it_is():
    import synapse_sdk

    folder = Path(synapse_sdk.__file__).parent
    assert (folder / "py.typed").is_file()
    assert "site-packages" in folder.parts, "what is tested is what is installed"
