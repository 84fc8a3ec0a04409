"""What tests share: one Agent, one built plugin, one ready container, and the clients.

The suite runs twice: whole, with the SDK from the index; and with ours, those tests that ask for an SDK.
"""

import itertools
import json
import os
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from gradio_client import Client as GradioClient
from support import plugins
from support.agent import running
from support.index import HeldIndex
from support.old_sdk import OldSdk
from support.v1 import V1Client
from synapse_sdk.clients.agent import AgentClient

NEWEST, OLDER, OURS = "2026.2.17", "2026.1.50", "ours"
IS_OURS = os.environ.get("PLAYGROUND_CONTRACT_SDK") == OURS
# What no other client can do, and imports what no other has.
OURS_ALONE = ["test_seed.py", "test_our_sdk.py"]
collect_ignore = [] if IS_OURS else OURS_ALONE


def pytest_collection_modifyitems(config, items):
    """What is true of the whole run is looked at last."""
    items.sort(key=lambda item: item.path.name == "test_whole_run.py")
    if IS_OURS:
        config.hook.pytest_deselected(items=[item for item in items if not is_about_an_sdk(item)])
        items[:] = [item for item in items if is_about_an_sdk(item)]


def is_about_an_sdk(item):
    """Whether a test asks for an SDK, and ours has what it looks at."""
    asks = bool({"sdk", "any_sdk"} & set(item._fixtureinfo.argnames)) and item.get_closest_marker("theirs_alone") is None
    return asks or item.path.name in OURS_ALONE


@pytest.fixture(scope="session")
def agent(tmp_path_factory):
    """The Agent of this run."""
    with running(tmp_path_factory.mktemp("agent"), "18860-18960") as agent:
        yield agent


@pytest.fixture(scope="module")
def lone_agent(tmp_path_factory):
    """An Agent with nothing on it, for callers that may try to delete anything."""
    with running(tmp_path_factory.mktemp("lone"), "18961-18970") as agent:
        yield agent


@pytest.fixture(scope="module")
def mortal_agent(tmp_path_factory):
    """An Agent for those that kill it."""
    with running(tmp_path_factory.mktemp("mortal"), "18971-18999") as agent:
        yield agent


@pytest.fixture(scope="module")
def carrying_agent(tmp_path_factory):
    """An Agent that opens the apps' ports itself, and believes this machine who asked."""
    options = ["--publish", "agent", "--trusted-proxies", "127.0.0.1"]
    with running(tmp_path_factory.mktemp("carrying"), "18800-18809", *options) as agent:
        yield agent


@pytest.fixture(scope="session")
def sdk(agent):
    """The newest SDK, or ours."""
    return AgentClient(agent.url, agent.token)


@pytest.fixture(scope="session")
def _sdks(agent, sdk):
    if IS_OURS:
        yield {OURS: sdk}
        return
    older = OldSdk(os.environ["PLAYGROUND_CONTRACT_OLD_SDK"], agent.url, agent.token)
    yield {NEWEST: sdk, OLDER: older}
    older.close()


@pytest.fixture(params=[OURS] if IS_OURS else [NEWEST, OLDER])
def any_sdk(request, _sdks):
    """The newest SDK, and one generation older; or ours."""
    return _sdks[request.param]


@pytest.fixture(scope="session")
def v1(agent):
    """The seed's client."""
    return V1Client(agent.url, agent.token)


@pytest.fixture(scope="session")
def _models():
    return itertools.count(100)


@pytest.fixture
def model(_models):
    """A model that no other test uses: a container of its own, from the image that all share."""
    return next(_models)


@pytest.fixture(scope="session")
def probe_zip(tmp_path_factory) -> Path:
    """The archive of probe@1.0.0."""
    file = tmp_path_factory.mktemp("archives") / "plugin-release.zip"
    file.write_bytes(plugins.plugin("probe"))
    return file


@pytest.fixture(scope="session")
def shared(sdk, probe_zip):
    """A ready container of probe@1.0.0 for tests that only look. It is not to be stopped or deleted."""
    return sdk.create_container(
        "probe@1.0.0", plugin_file=probe_zip, model=7, labels=["shared", "둘"], metadata={"made_by": "contract"}
    )


@pytest.fixture(scope="session")
def probe(shared):
    """A release whose image is built: a create takes a start and no build."""
    return shared["plugin_release"]


@pytest.fixture(scope="session")
def quick_zip(tmp_path_factory) -> Path:
    """The archive of quick@1.0.0."""
    file = tmp_path_factory.mktemp("archives") / "quick.zip"
    file.write_bytes(plugins.plugin("quick", app=plugins.MIMIC))
    return file


@pytest.fixture(scope="session")
def quick(agent, quick_zip):
    """A release whose image is built and whose app is up at once, where it need not be Gradio."""
    archive = {"file": ("p.zip", quick_zip.read_bytes())}
    made = agent.post("containers/", data={"plugin_release": "quick@1.0.0", "model": "0"}, files=archive).json()
    assert agent.finished(made["build_id"])["status"] == "completed"
    return "quick@1.0.0"


@pytest.fixture
def archive(tmp_path):
    """Writes archives of plugins made up in a test."""

    def write(code, version="1.0.0", **plugin):
        file = tmp_path / f"{code}-{plugin.get('revision', 'one')}.zip"
        file.write_bytes(plugins.plugin(code, version, **plugin))
        return file

    return write


@pytest.fixture(scope="session")
def index():
    """The package index that tests hold in their hand."""
    index = HeldIndex()
    yield index
    index.close()


@contextmanager
def gradio(container):
    client = GradioClient(container["endpoint"], verbose=False)
    try:
        yield client
    finally:
        client.close()


@pytest.fixture(scope="session")
def app():
    """Opens the app of a container with gradio_client, at the endpoint that the Agent returned."""
    return gradio


@pytest.fixture(scope="session")
def params():
    """The params that an app of `quick` was started with, as it tells itself."""
    return lambda container: requests.get(f"{container['endpoint']}/me", timeout=10).json()["params"]


@pytest.fixture(scope="session")
def ask():
    """Asks the probe plugin about itself."""

    def ask(container, what, **question):
        with gradio(container) as client:
            return client.predict(json.dumps({"what": what, **question}), api_name="/ask")

    return ask
