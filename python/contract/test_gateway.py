"""The examples through the gateway, at a path and at a host of their own, with the real gradio_client."""

import base64
import time

import pytest
import requests
from gradio_client import Client as GradioClient
from gradio_client import handle_file
from support import plugins
from support.hosts import lead_here
from test_examples import PICTURE, STORY


@pytest.fixture(autouse=True)
def names_below_localhost():
    """Browsers find every name below localhost on this machine; Python asks the name service, which knows none."""
    with lead_here():
        yield


@pytest.fixture(scope="module")
def examples(sdk, tmp_path_factory):
    """A ready container of each example."""
    made = {}
    for name in ("text-tools", "image-lab", "story-stream"):
        file = tmp_path_factory.mktemp("examples") / f"{name}.zip"
        file.write_bytes(plugins.example(name))
        params = {"words_per_second": 20} if name == "story-stream" else {}
        made[name] = sdk.create_container(f"{name}@1.0.0", plugin_file=file, model=4004, params=params)
        assert made[name]["status"] == "running"
    yield made
    for container in made.values():
        sdk.delete_container(container["pk"])


@pytest.fixture(params=["path", "host"])
def place(request, agent):
    """Where an app is found through the gateway."""

    def of(container):
        label = container["name"].replace("_", "-")
        if request.param == "path":
            return f"{agent.url.rstrip('/')}/play/{label}/"
        scheme, _, authority = agent.url.rstrip("/").partition("://")
        return f"{scheme}://{label}.localhost:{authority.rpartition(':')[2]}/"

    return of


@pytest.fixture
def visit(agent):
    """Opens an app as somebody who has a token."""
    clients = []

    def client(address):
        clients.append(GradioClient(address, headers={"Authorization": f"Bearer {agent.token}"}, verbose=False))
        return clients[-1]

    yield client
    for client in clients:
        client.close()


def test_text_goes_there_and_back(examples, place, visit):
    client = visit(place(examples["text-tools"]))
    assert client.predict("서울의   봄은\n“짧다”.", True, api_name="/clean") == '서울의 봄은 "짧다".'


def test_an_image_goes_up_and_comes_down(examples, place, visit, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(base64.b64decode(PICTURE))
    client = visit(place(examples["image-lab"]))
    image, label = client.predict(handle_file(str(picture)), "edges", 4, api_name="/inspect")
    assert label["confidences"] == [{"label": "red", "confidence": 0.75}, {"label": "blue", "confidence": 0.25}]
    with open(image, "rb") as file:
        assert len(file.read()) > 50, "the picture that the app made"


def test_words_come_one_by_one(examples, place, visit):
    client = visit(place(examples["story-stream"]))
    job = client.submit(1, 1, api_name="/story")
    times = [time.monotonic() for _ in job]
    assert job.result(timeout=60) == STORY
    assert len(job.outputs()) > 20, "word by word"
    assert times[-1] - times[0] > 0.5, "26 words at 20 a second"


def test_item_37_the_app_knows_its_public_address(agent, examples, place):
    for container in examples.values():
        address = place(container)
        answer = requests.get(f"{address}config", headers={"Authorization": agent.token}, timeout=10)
        assert answer.json()["root"].rstrip("/") == address.rstrip("/")


def test_item_38_what_a_visitor_claims_changes_no_address(agent, examples, place):
    address = place(examples["text-tools"])
    claims = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "X-Gradio-Server": "http://evil.example",
        "Forwarded": "host=evil.example;proto=https",
    }
    for path in ("", "config"):
        answer = requests.get(f"{address}{path}", headers={"Authorization": agent.token, **claims}, timeout=10)
        assert answer.status_code == 200
        assert "evil" not in answer.text


def test_item_43_another_sites_page_may_not_ask(agent, examples, place):
    address = place(examples["text-tools"])
    foreign = {"Authorization": agent.token, "Origin": "https://evil.example"}
    refused = requests.post(f"{address}gradio_api/queue/join", headers=foreign, json={}, timeout=10)
    assert (refused.status_code, refused.json()["code"]) == (403, "cross_site")
    assert not [name for name in refused.headers if name.lower().startswith("access-control-")]


def test_without_a_token_a_link_is_the_way_in(agent, examples, place):
    address = place(examples["text-tools"])
    assert requests.get(address, timeout=10).json()["code"] == "app_private"
    link = agent.post(f"containers/{examples['text-tools']['pk']}/links/", json={"expires_in": 60}).json()
    query = link["url"].partition("?")[2]
    with requests.Session() as visitor:
        page = visitor.get(f"{address}?{query}", timeout=10)
        assert page.status_code == 200
        # At a host of its own the link is no part of the address any more; at a path it is the ticket.
        ticket = "" if ".localhost" in address else f"~{query.partition('=')[2]}/"
        assert page.url == f"{address}{ticket}"
        assert visitor.get(f"{address}config", timeout=10).status_code == 200
