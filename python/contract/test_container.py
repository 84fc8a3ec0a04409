"""The Agent in a container, as deploy/compose.yaml brings it up: the main job, killed, and up again."""

import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest
import requests
import yaml
from support import docker, plugins
from support.agent import Agent
from support.wait import eventually
from synapse_sdk.clients.agent import AgentClient

REPO = Path(__file__).resolve().parents[2]
PORTS = "18770-18779"


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-4000:])
    return done.stdout


def compose():
    """Docker's own plugin, or Debian's program."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True)
    if plugin.returncode == 0:
        return ["docker", "compose"]
    assert shutil.which("docker-compose"), "install Debian's docker-compose, as `cargo xtask test` does"
    return ["docker-compose"]


@pytest.fixture(scope="module")
def image():
    """The image of the binary under test: what `cargo xtask dist` makes of the static one."""
    tag = f"synapse-playground-agent:test-{uuid.uuid4().hex[:8]}"
    run("cargo", "xtask", "image", "--binary", os.environ["PLAYGROUND_BINARY"], "--tag", tag, cwd=REPO)
    yield tag
    run("docker", "rmi", tag)


class ComposedAgent(Agent):
    """The same requests as to an Agent of the suite, which runs in a container here."""

    def __init__(self, folder, image):
        self._project = f"playground-contract-{os.getpid()}"
        self._image = image
        self._folder = folder
        self._override = folder / "override.yaml"
        super().__init__("no binary of this machine", folder, PORTS)

    def _compose(self, *arguments):
        files = [REPO / "deploy/compose.yaml", self._override]
        options = [option for file in files for option in ("--file", str(file))]
        settings = {
            "COMPOSE_PROJECT_NAME": self._project,
            "PLAYGROUND_IMAGE": self._image,
            # Every address, as it is unless told.
            "PLAYGROUND_LISTEN": self.url.replace("http://127.0.0.1", "0.0.0.0"),
            "PLAYGROUND_TOKEN": self.token,
        }
        return run(*compose(), *options, *arguments, env={**os.environ, **settings})

    def start(self):
        self._override.write_text(
            "services:\n  agent:\n    environment:\n"
            f"      - PLAYGROUND_PORT_RANGE={PORTS}\n      - PLAYGROUND_NETWORK={self.network}\n"
        )
        self._compose("up", "--detach")
        # It listens before every record was compared with Docker.
        is_ready = lambda health: health is not None and health["status"] != "starting"
        self.id = eventually(self._health, is_ready, what="the Agent in its container")["agent_id"]

    def _health(self):
        try:
            return self.get("health/").json()
        except requests.RequestException:
            return None

    def container(self):
        return self._compose("ps", "--quiet", "agent").strip()

    def command(self, *arguments):
        """What its own command line prints."""
        return self._compose("exec", "-T", "agent", "playground", *arguments)

    def config(self, environment):
        """What Compose makes of deploy/compose.yaml where these variables are set."""
        return run(*compose(), "--file", str(REPO / "deploy/compose.yaml"), "config", env={**os.environ, **environment})

    def kill(self):
        run("docker", "kill", "--signal", "KILL", self.container())

    def stop(self):
        self.log_file.write_text(self._compose("logs", "--no-color"))
        self._compose("down", "--volumes")


@pytest.fixture(scope="module")
def agent(tmp_path_factory, image):
    agent = ComposedAgent(tmp_path_factory.mktemp("composed"), image)
    yield agent
    try:
        agent.delete_everything()
    finally:
        agent.stop()
        agent.leave_nothing()


def test_the_main_job_through_a_containers_agent_which_is_killed_and_comes_up_again(agent, tmp_path, ask):
    sdk = AgentClient(agent.url, agent.token)
    archive = tmp_path / "plugin-release.zip"
    archive.write_bytes(plugins.plugin("composed"))
    before = sdk.create_container("composed@1.0.0", plugin_file=archive, params={"size": 1}, labels=["kept"])
    assert before["status"] == "running"
    assert ask(before, "params") == '{"size":1}', "at an address of this machine"
    records = agent.all("containers/")
    began = docker.inspect(before["id"])["State"]["StartedAt"]

    agent.kill()
    assert ask(before, "params") == '{"size":1}', "an app needs no Agent"
    agent.start()

    now = {record["pk"]: record for record in agent.all("containers/")}
    for record in records:
        same = ("id", "name", "status", "endpoint", "params", "labels", "created_at")
        assert {key: now[record["pk"]][key] for key in same} == {key: record[key] for key in same}
    assert docker.inspect(before["id"])["State"]["StartedAt"] == began
    again = sdk.create_container("composed@1.0.0", params={"size": 1})
    assert (again["id"], again["endpoint"], again["restarted"]) == (before["id"], before["endpoint"], True)
    assert ask(again, "params") == '{"size":1}'


def test_its_own_command_line_says_where_apps_are(agent, tmp_path, ask):
    """`docker-compose exec agent playground ls` asks at the address that it listens at, which is every one."""
    archive = tmp_path / "plugin-release.zip"
    archive.write_bytes(plugins.plugin("told"))
    made = AgentClient(agent.url, agent.token).create_container("told@1.0.0", plugin_file=archive, params={"size": 2})
    listed = json.loads(agent.command("--output", "json", "ls"))
    (endpoint,) = [it["endpoint"] for it in listed if it["id"] == made["id"]]
    assert endpoint.startswith("http://127.0.0.1:")
    assert ask({"endpoint": endpoint}, "params") == '{"size":2}'


def test_what_concerns_images_reaches_both_services(agent):
    wanted = {
        "GRADIO_CONTAINER_BASE_IMAGE": "base.example/gradio:1",
        "PLAYGROUND_INDEX_URL": "https://index.example/simple",
        "PLAYGROUND_BUILD_CA_BUNDLE": "/ca.crt",
        "PLAYGROUND_BUILD_NETWORK": "host",
    }
    services = yaml.safe_load(agent.config(wanted))["services"]
    for service in services.values():
        assert wanted.items() <= service["environment"].items()
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges"]
    made = services["base"]["command"]
    assert wanted["GRADIO_CONTAINER_BASE_IMAGE"] in (made.split() if isinstance(made, str) else made)


def test_the_container_tells_docker_that_it_is_well_and_may_do_little(agent):
    health = lambda: docker.inspect(agent.container())["State"]["Health"]
    eventually(health, lambda health: health["Status"] == "healthy", what="healthy")
    inspected = docker.inspect(agent.container())
    host = inspected["HostConfig"]
    assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["Privileged"]
    assert any("no-new-privileges" in option for option in host["SecurityOpt"])
    assert {mount["Destination"] for mount in inspected["Mounts"]} == {"/data", "/var/run/docker.sock"}
