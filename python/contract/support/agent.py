"""An Agent of this suite's own: its own data, port, port range and network, and everything it says kept in a file."""

import os
import secrets
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import requests

from . import docker
from .wait import PATIENCE, eventually

# In every token of the suite: `cargo xtask test` looks for it in all that is printed and logged.
MARK = "5ec2e7ca9a59"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(folder, ports, *settings):
    """An Agent of a fixture. It removes its own apps at the end, where a test has not killed it for good."""
    agent = Agent(os.environ["PLAYGROUND_BINARY"], folder, ports, *settings)
    try:
        yield agent
    finally:
        is_alive = agent.process.poll() is None
        try:
            if is_alive:
                agent.delete_everything()
        finally:
            agent.stop()
            left = agent.leave_nothing()
        assert not (is_alive and left), f"containers that were left: {left}"


class Agent:
    """A running Agent, and plain requests to it."""

    def __init__(self, binary, folder: Path, ports: str, *settings: str):
        self.token = MARK + secrets.token_hex(14)
        self.url = f"http://127.0.0.1:{free_port()}"
        self.data = folder / "data"
        # Beside those of the other suites, where all of them are searched; else with the data.
        self.log_file = Path(os.environ.get("PLAYGROUND_CONTRACT_OUTPUT", folder)) / f"{folder.name}.log"
        self.network = f"playground-contract-{os.getpid()}-{folder.name}"
        self._folder = folder
        self._command = [binary, "agent", "--listen", self.url.removeprefix("http://"), "--data-dir", self.data]
        # Builds may reach the index that tests hold in their hand; it listens on loopback only.
        self._command += ["--port-range", ports, "--network", self.network, "--build-network", "host", *settings]
        self.start()

    def start(self):
        """Starts the process, on whatever an earlier one left, and waits until it is ready."""
        settings = {name: value for name, value in os.environ.items() if not name.startswith("PLAYGROUND_")}
        # The most talkative log there is, but for the frames of the builds: a secret must not be in it either.
        settings |= {"PLAYGROUND_TOKEN": self.token, "RUST_LOG": "trace,h2=info"}
        with self.log_file.open("ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen(
                self._command, env=settings, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            self._wait_until_ready(begin)
            self.id = self.get("health/").json()["agent_id"]
        except BaseException:
            self.process.kill()
            raise

    def _wait_until_ready(self, begin):
        def look():
            if self.process.poll() is not None:
                raise AssertionError(f"the Agent ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            with self.log_file.open("rb") as log:
                log.seek(begin)
                return log.read().decode(errors="replace")

        ready = lambda log: any(line.startswith("ready ") for line in log.splitlines())
        eventually(look, ready, what="the line that says ready", patience=60)

    def kill(self):
        """Ends the process as a power cut does: `kill -9`."""
        self.process.kill()
        self.process.wait(timeout=30)

    def log(self):
        """Everything the Agent has written so far."""
        return self.log_file.read_text(errors="replace")

    def request(self, method, path, *, token=None, **options):
        """A request with the raw token, without following redirects. `token=""` sends an empty one."""
        headers = {"Authorization": self.token if token is None else token, **options.pop("headers", {})}
        url = path if path.startswith("http") else f"{self.url}/{path.lstrip('/')}"
        options = {"timeout": (3, 30), "allow_redirects": False, **options}
        with requests.Session() as session:
            # Reading the environment is not safe while another thread changes it, as pytest does.
            session.trust_env = False
            return session.request(method, url, headers=headers, **options)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def all(self, path):
        """Every item of a list."""
        page = self.get(f"{path}?page_size=500").json()
        assert page["next"] is None, "a list that is too long for this helper"
        return page["results"]

    def finished(self, build_id, patience=PATIENCE):
        """A launch, once it has ended."""
        ended = lambda launch: launch["status"] in ("completed", "failed", "cancelled")
        return eventually(lambda: self.get(f"builds/{build_id}/").json(), ended, what=f"the end of launch {build_id}", patience=patience)

    def label(self):
        return f"synapse.agent={self.id}"

    def delete_everything(self):
        """Deletes through the API whatever the Agent has."""
        # Nothing is left building or starting first: every launch that goes on is told to end.
        for launch in self.all("builds/"):
            if launch["status"] not in ("completed", "failed", "cancelled"):
                self.delete(f"builds/{launch['id']}/")
        for container in self.all("containers/"):
            self.delete(f"containers/{container['pk']}/")
        eventually(lambda: self.all("containers/"), lambda left: left == [], what="every container deleted")
        for release in self.all("plugin_releases/"):
            self.delete(f"plugin_releases/{release['id']}/")

    def stop(self):
        """Ends the process as an operator does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=30)
        return self.process.returncode

    def leave_nothing(self):
        """Removes from Docker whatever still carries this Agent's label, and tells which containers that were."""
        containers = docker.containers(self.label())
        for container in containers:
            docker.remove_container(container["Id"])
        for image in docker.images(self.label()):
            docker.remove_image(image)
        for network in docker.networks(self.label()):
            docker.remove_network(network)
        return [name for container in containers for name in container["Names"]]


def measured(call):
    """What a call returns, and how long it took in seconds."""
    begun = time.monotonic()
    return call(), time.monotonic() - begun
