"""An Agent that is killed in the middle of anything, and started again: every record settles, and nothing is left over."""

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import aiohttp
import pytest
import requests
from support import docker, plugins
from support.cli import command
from support.wait import eventually


@pytest.fixture(scope="module")
def agent(mortal_agent):
    return mortal_agent


@pytest.fixture(scope="module")
def mimic(agent):
    """A release whose image is built."""
    archive = plugins.plugin("mimic", app=plugins.MIMIC)
    answer = upload(agent, "mimic@1.0.0", 0, archive)
    assert agent.finished(answer.json()["build_id"])["status"] == "completed"
    return "mimic@1.0.0"


class Witness:
    """Asks an app at its own address all the time, whatever becomes of the Agent."""

    def __init__(self, endpoint):
        self.answers, self.misses, self._stop = 0, [], threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(endpoint,), daemon=True)
        self._thread.start()

    def _ask(self, endpoint):
        while not self._stop.wait(0.05):
            try:
                answer = requests.get(endpoint, timeout=5)
                self.answers += 1
                if answer.status_code != 200:
                    self.misses.append(answer.status_code)
            except requests.RequestException as error:
                self.misses.append(repr(error))

    def end(self):
        self._stop.set()
        self._thread.join()
        assert self.answers > 0 and self.misses == [], (self.answers, self.misses)


@pytest.fixture(autouse=True)
def witness(agent, mimic):
    """In every test here one app serves on, in the same run, and in the end the Agent has what Docker has."""
    before = next(record for record in agent.all("containers/") if record["model"] == 0)
    run = docker.inspect(before["id"])["State"]["StartedAt"]
    witness = Witness(before["endpoint"])
    yield
    witness.end()
    assert docker.inspect(before["id"])["State"]["StartedAt"] == run
    settled = lambda records: all(record["status"] in ("running", "stopped", "failed") for record in records)
    records = eventually(lambda: agent.all("containers/"), settled, what="every record at rest")
    there = {container["Id"]: container["State"] for container in docker.containers(agent.label())}
    assert set(there) == {record["id"] for record in records if record["id"]}
    for record in records:
        assert (there.get(record["id"]) == "running") == (record["status"] == "running"), (record, there)
        if record["status"] == "running":
            assert requests.get(record["endpoint"], timeout=5).status_code == 200
    assert agent.get("health/").json()["ports"]["used"] == sum(record["host_port"] is not None for record in records)
    open_launches = [launch for launch in agent.all("builds/") if launch["status"] not in ("completed", "failed", "cancelled")]
    assert open_launches == []


def upload(agent, release, model, archive):
    return agent.post("containers/", data={"plugin_release": release, "model": str(model)}, files={"file": ("p.zip", archive)})


def meanwhile(call):
    """A request whose Agent may die before it answers."""

    def run():
        with contextlib.suppress(requests.RequestException):
            call()

    threading.Thread(target=run, daemon=True).start()


def ask(agent, release, model, params=None):
    """A create that nobody waits for: its connection is dropped as soon as it was sent."""
    body = json.dumps({"plugin_release": release, "model": model, "params": params or {}, "on_existing": "reuse"}).encode()
    host = agent.url.removeprefix("http://")
    head = f"POST /containers/ HTTP/1.1\r\nHost: {host}\r\nAuthorization: {agent.token}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    connection = socket.create_connection(host.split(":"), timeout=10)
    connection.sendall(head.encode() + body)
    return connection


def since_ready(log):
    """What this process said since it was ready."""
    return log.rsplit("\nready http", 1)[1]


def record(agent, model):
    return next((record for record in agent.all("containers/") if record["model"] == model), None)


def created(agent, release, model, params=None):
    """A ready one."""
    with ask(agent, release, model, params):
        return eventually(lambda: record(agent, model), lambda it: it and it["status"] == "running", what=f"model {model} running")


def removed(agent, model):
    pk = record(agent, model)["pk"]
    agent.delete(f"containers/{pk}/")
    eventually(lambda: record(agent, model), lambda it: it is None, what="the record gone")


@contextlib.contextmanager
def uploading(agent):
    """While an archive is on its way that never comes to its end."""
    host = agent.url.removeprefix("http://")
    head = (
        f"POST /containers/ HTTP/1.1\r\nHost: {host}\r\nAuthorization: {agent.token}\r\nContent-Length: 50000000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="p.zip"\r\n\r\n'
    )
    with socket.create_connection(host.split(":"), timeout=10) as connection:
        connection.sendall(head.encode() + b"x" * 8_000_000)
        files = lambda: [link for link in spool_files(agent) if link.stat().st_size > 0]
        eventually(files, what="the upload in the spool")
        yield


def test_item_54_killed_while_an_archive_is_uploaded(agent):
    before = len(agent.all("containers/"))
    with uploading(agent):
        agent.kill()
    agent.start()
    assert list((agent.data / "spool").iterdir()) == []
    assert len(agent.all("containers/")) == before


def spool_files(agent):
    """What the process has open in its spool; the files have no names."""
    links = Path(f"/proc/{agent.process.pid}/fd").iterdir()
    return [link for link in links if link.is_symlink() and str(agent.data / "spool") in str(link.readlink())]


def test_item_54_killed_while_an_image_is_built(agent, index):
    archive = plugins.plugin("held", app=plugins.MIMIC, requirements=index.requirements("held-by-recovery"))
    meanwhile(lambda: upload(agent, "held@1.0.0", 1, archive))
    assert index.asked("held-by-recovery").wait(90)
    launch = next(launch for launch in agent.all("builds/") if launch["plugin_release"] == "held@1.0.0")
    agent.kill()
    index.release("held-by-recovery")
    agent.start()
    ended = agent.finished(launch["id"])
    assert ended["status"] == "completed", ended
    assert "held" in agent.get(f"builds/{launch['id']}/logs/").text
    removed(agent, 1)


def test_the_command_line_outlives_an_agent_that_is_killed_while_it_builds(agent, index, tmp_path):
    archive = tmp_path / "watched.zip"
    archive.write_bytes(plugins.plugin("watched", app=plugins.MIMIC, requirements=index.requirements("watched-by-recovery")))
    with subprocess.Popen(
        **command(agent, "run", "--detach", "--no-open", "--model", 5, archive),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as watching:  # fmt: skip
        assert index.asked("watched-by-recovery").wait(90)
        agent.kill()
        index.release("watched-by-recovery")
        agent.start()
        out, err = watching.communicate(timeout=90)
    assert (watching.returncode, out.strip()) == (0, record(agent, 5)["endpoint"]), err
    removed(agent, 5)


@pytest.mark.parametrize("after_ms", [0, 50, 150, 300, 450, 600])
def test_item_54_killed_at_any_time_of_a_create(agent, mimic, after_ms):
    """Between the request and ready lie the record, the port, the container, its start: each is hit by one of these."""
    model = 1000 + after_ms
    with ask(agent, mimic, model):
        eventually(lambda: record(agent, model), what="the record")
        deadline = time.monotonic() + after_ms / 1000
        eventually(time.monotonic, lambda now: now >= deadline, what="the moment")
        agent.kill()
    agent.start()
    eventually(lambda: record(agent, model), lambda it: it["status"] == "running", what="the app running")
    removed(agent, model)


def test_item_54_killed_while_an_app_is_waited_for(agent, mimic):
    with ask(agent, mimic, 2, {"ready_after_ms": 4000}):
        started = lambda it: it and it["id"] and docker.inspect(it["id"])["State"]["Running"]
        before = eventually(lambda: record(agent, 2), started, what="the container started")
        agent.kill()
    agent.start()
    after = eventually(lambda: record(agent, 2), lambda it: it["status"] == "running", what="the app ready")
    assert after["id"] == before["id"]
    removed(agent, 2)


@pytest.mark.parametrize("wish", ["restart", "stop", "delete"])
def test_item_54_killed_while_an_app_is_asked_to_end(agent, mimic, wish):
    """The app ends only when it is killed, so that the Agent dies in the middle of the wish."""
    before = created(agent, mimic, 3, {"ignore_sigterm": True})
    run = docker.inspect(before["id"])["State"]["StartedAt"]
    call = {
        "restart": lambda: agent.post(f"containers/{before['pk']}/restart/"),
        "stop": lambda: agent.request("PATCH", f"containers/{before['pk']}/", json={"status": "stopped"}),
        "delete": lambda: agent.delete(f"containers/{before['pk']}/"),
    }[wish]
    told = len(agent.log())
    meanwhile(call)
    decided = {"restart": "decision=Restart", "stop": "decision=Stop", "delete": "decision=Remove"}[wish]
    eventually(agent.log, lambda log: decided in log[told:], what=decided)
    agent.kill()
    agent.start()
    if wish == "restart":
        again = lambda it: it["status"] == "running" and docker.inspect(it["id"])["State"]["StartedAt"] != run
        assert eventually(lambda: record(agent, 3), again, what="another run")["id"] == before["id"]
        removed(agent, 3)
    elif wish == "stop":
        stopped = eventually(lambda: record(agent, 3), lambda it: it["status"] == "stopped", what="the app stopped")
        assert stopped["host_port"] == before["host_port"]
        assert agent.get(f"containers/{stopped['pk']}/logs/").text.startswith("mimic")
        removed(agent, 3)
    else:
        eventually(lambda: record(agent, 3), lambda it: it is None, what="the record gone")
        assert docker.inspect(before["id"]) is None


def test_sigterm_ends_streams_with_a_last_event_and_leaves_apps_running(agent, index):
    archive = plugins.plugin("streamed", app=plugins.MIMIC, requirements=index.requirements("streamed-by-recovery"))
    meanwhile(lambda: upload(agent, "streamed@1.0.0", 4, archive))
    assert index.asked("streamed-by-recovery").wait(90)
    launch = next(launch for launch in agent.all("builds/") if launch["plugin_release"] == "streamed@1.0.0")["id"]

    async def watch():
        headers = {"Authorization": agent.token}
        async with aiohttp.ClientSession(headers=headers) as session:
            events = await session.get(f"{agent.url}/builds/{launch}/logs/stream/")
            async with session.ws_connect(f"{agent.url}/builds/{launch}/logs/".replace("http", "ws", 1)) as socket:
                await socket.receive()
                agent.process.send_signal(signal.SIGTERM)
                frames = [message async for message in socket]
                return await events.text(), frames[-1].json(), socket.close_code

    begun = time.monotonic()
    text, last_frame, close_code = asyncio.run(watch())
    assert agent.process.wait(timeout=30) == 0
    assert time.monotonic() - begun < 25
    last = {"type": "status", "message": "stopping"}
    assert json.loads(text.strip().splitlines()[-1].removeprefix("data:")) == last
    assert (last_frame, close_code) == (last, 1012)
    index.release("streamed-by-recovery")
    agent.start()
    assert agent.finished(launch)["status"] == "completed"
    removed(agent, 4)


def test_a_second_sigterm_ends_at_once(agent, mimic):
    before = created(agent, mimic, 5, {"ignore_sigterm": True})
    stop = lambda: agent.request("PATCH", f"containers/{before['pk']}/", json={"status": "stopped"})
    # The first waits for what is open: with this the second finds it still waiting.
    with uploading(agent):
        meanwhile(stop)
        eventually(agent.log, lambda log: "decision=Stop" in since_ready(log), what="the stop begun")
        agent.process.send_signal(signal.SIGTERM)
        eventually(agent.log, lambda log: "stopping: containers keep running" in since_ready(log), what="the end begun")
        begun = time.monotonic()
        agent.process.send_signal(signal.SIGTERM)
        assert agent.process.wait(timeout=30) == 130
        assert time.monotonic() - begun < 5
    agent.start()
    eventually(lambda: record(agent, 5), lambda it: it["status"] == "stopped", what="the app stopped")
    removed(agent, 5)


def test_the_gateway_leads_to_the_same_apps_as_soon_as_the_agent_is_back(agent, mimic):
    # Sleeping, stopped on purpose and gone: what holds before the kill holds after it.
    made = {model: created(agent, mimic, model) for model in (801, 802, 803)}
    play = lambda made, **options: agent.request("GET", f"play/{made['name'].replace('_', '-')}/", **options)
    agent.request("PATCH", f"containers/{made[801]['pk']}/", json={"idle": {"pause_after": 1}})
    eventually(lambda: record(agent, 801), lambda it: it["asleep"] == "paused" and it["status"] == "paused", what="asleep")
    agent.request("PATCH", f"containers/{made[801]['pk']}/", json={"idle": {}})
    agent.request("PATCH", f"containers/{made[802]['pk']}/", json={"status": "stopped"})
    removed(agent, 803)
    up = next(record for record in agent.all("containers/") if record["model"] == 0)
    for _ in range(3):
        agent.kill()
        agent.start()
        assert play(up).status_code == 200
        assert play(up, token="").status_code == 401
        assert (play(made[802]).status_code, play(made[802]).json()["code"]) == (503, "app_stopped")
        assert play(made[803]).status_code == 404
        assert record(agent, 801)["asleep"] == "paused", "nobody was there"
    assert play(made[801]).status_code == 200, "a visit wakes it"
    assert record(agent, 801)["status"] == "running"
    for model in (801, 802):
        removed(agent, model)
