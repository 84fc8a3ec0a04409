"""Plugins in every shape that people write (images/launcher/tests/shapes.py), from an archive to the answer of the app."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from shapes import BROKEN, SHAPES, Shape, one
from support import docker, plugins
from support.outgoing import Outgoing
from support.wait import eventually

AT_ONCE = 8
# What the Gradio of the base image can serve.
SERVED = [shape for shape in SHAPES if 6 in shape.majors]
# The Agent sets these itself and takes them from nobody.
OWNED = ("GRADIO_SHARE", "GRADIO_VIBE_MODE", "GRADIO_SERVER_PORT")

# An address and a name that lead nowhere.
NOWHERE, NOBODY = "192.0.2.1", "nobodyknows"
REACHES_OUT = f"""
import socket, threading
import gradio as gr

threading.Thread(target=socket.getaddrinfo, args=("{NOBODY}.example", 443), daemon=True).start()
caller = socket.socket()
caller.setblocking(False)
caller.connect_ex(("{NOWHERE}", 443))
demo = gr.Interface(str, "text", "text", api_name="predict")
"""


@pytest.fixture(scope="module")
def outgoing(agent, shared):
    """Whatever the Agent's apps try to reach, from here on."""
    (network,) = docker.networks(agent.label())
    outgoing = Outgoing(network["Options"]["com.docker.network.bridge.name"])
    yield outgoing
    outgoing.close()


@pytest.fixture(scope="module")
def apps(request, agent, app, outgoing):
    """What came of every plugin that a chosen test is about: a future each, all of them at their end."""
    tests = [item for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    # At their end before the first test: pytest tells the environment of every test, and no thread may read it meanwhile.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = {
            plugin.name: pool.submit(served if isinstance(plugin, Shape) else refused, agent, app, plugin)
            for plugin in (test.callspec.params["plugin"] for test in tests)
        }
    return begun


def created(agent, plugin):
    """A create that uploads the plugin: the Agent's refusal, or the launch once it has ended."""
    code = plugin.name.replace("_", "-")
    config = plugins.config(code, "1.0.0", plugin.entrypoint)
    envs = {name: value for name, value in getattr(plugin, "env", {}).items() if name not in OWNED}
    archive = plugins.zipped({**plugin.files, "config.yaml": config})
    answer = agent.post("containers/", data={"envs": json.dumps(envs)}, files={"file": ("plugin.zip", archive)})
    return agent.finished(answer.json()["build_id"]) if answer.ok else answer.json()


def served(agent, app, shape):
    """The status of the app's own description, and what it predicts."""
    launch = created(agent, shape)
    assert launch.get("status") == "completed", launch
    container = launch["result"]
    page = container["endpoint"] + shape.ui_path.rstrip("/")
    status, results = requests.get(f"{page}/config", timeout=30).status_code, None
    if shape.call:
        name, arguments, _ = shape.call
        with app({"endpoint": page}) as client:
            results = [client.predict(*arguments, api_name=f"/{name}")]
    agent.delete(f"containers/{container['pk']}")
    return status, results


def refused(agent, app, broken):
    """The word for what is wrong with it, and the exit code of an app that was started."""
    answer = created(agent, broken)
    if "code" in answer:
        return answer["code"], broken.exit_code
    assert answer["status"] == "failed", answer
    agent.delete(f"containers/{answer['container_pk']}")
    return answer["failure"]["kind"], answer["failure"]["exit_code"]


@pytest.mark.parametrize("plugin", SERVED, ids=lambda shape: shape.name)
def test_item_33_an_app_of_any_shape_answers_at_its_endpoint(apps, plugin):
    results = plugin.call and plugin.call[2]
    assert apps[plugin.name].result() == (plugin.config_status, results)


@pytest.mark.parametrize("plugin", BROKEN, ids=lambda broken: broken.name)
def test_a_plugin_with_nothing_to_serve_is_told_by_its_kind(apps, plugin):
    assert apps[plugin.name].result() == (plugin.kind, plugin.exit_code)


def test_item_33_no_app_tried_to_reach_anything(apps, agent, app, outgoing):
    # One that does so is seen, and with it everything before.
    served(agent, app, Shape("reaches_out", one(REACHES_OUT), call=None))
    eventually(
        lambda: list(outgoing.seen),
        lambda seen: all(any(whom in attempt for attempt in seen) for whom in (NOWHERE, NOBODY)),
        what="a connection and a look-up on the bridge",
    )
    others = [attempt for attempt in outgoing.seen if NOWHERE not in attempt and NOBODY not in attempt]
    assert not others, "\n".join(others)
    assert outgoing.dropped() == 0
