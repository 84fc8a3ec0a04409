"""An Agent that opens the apps' ports itself: an endpoint is what it was, but for the time that the Agent is away."""

import pytest
import requests
from conftest import GradioClient
from support import docker, plugins
from synapse_sdk.clients.agent import AgentClient

# About the Agent; the SDK only makes the app.
pytestmark = pytest.mark.theirs_alone

@pytest.fixture(scope="module")
def app(carrying_agent, tmp_path_factory):
    """A ready container of an example."""
    file = tmp_path_factory.mktemp("examples") / "text-tools.zip"
    file.write_bytes(plugins.example("text-tools"))
    sdk = AgentClient(carrying_agent.url, carrying_agent.token)
    return sdk.create_container("text-tools@1.0.0", plugin_file=file, model=4005, params={})


def test_gradio_works_at_an_endpoint_that_docker_does_not_publish(carrying_agent, app):
    assert app["status"] == "running"
    assert not docker.inspect(app["id"])["HostConfig"]["PortBindings"]
    isolation = carrying_agent.get("health/").json()["isolation"]
    assert isolation["publish"] == "agent" and isolation["no_way_out"]
    client = GradioClient(app["endpoint"], verbose=False)
    try:
        assert client.view_api(return_format="dict")["named_endpoints"]
    finally:
        client.close()


def test_item_37_an_app_is_told_of_https_by_a_trusted_front_and_by_nobody_else(agent, sdk, model, carrying_agent, app, tmp_path):
    file = tmp_path / "text-tools.zip"
    file.write_bytes(plugins.example("text-tools"))
    other = sdk.create_container("text-tools@1.0.0", plugin_file=file, model=model)
    front = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
    for place, made, scheme in ((carrying_agent, app, "https"), (agent, other, "http")):
        path = f"play/{made['name'].replace('_', '-')}/"
        root = place.get(f"{path}config", headers=front).json()["root"]
        assert root.rstrip("/") == f"{place.url}/{path}".replace("http://", f"{scheme}://").rstrip("/")
    sdk.delete_container(other["pk"])


def test_an_agent_that_was_killed_has_its_ports_open_once_it_is_ready(carrying_agent, app):
    run = docker.inspect(app["id"])["State"]["StartedAt"]
    carrying_agent.kill()
    with pytest.raises(requests.ConnectionError):
        requests.get(app["endpoint"], timeout=5)
    carrying_agent.start()
    assert requests.get(app["endpoint"], timeout=5).status_code == 200
    assert docker.inspect(app["id"])["State"]["StartedAt"] == run
