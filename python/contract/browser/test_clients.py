"""Every major of Gradio for programs, with the clients that people have: through the gateway by a token."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import requests
from gradio_client import Client as GradioClient
from gradio_client import handle_file

from browser.conftest import MAJORS
from browser.test_majors import TICKS, png

HERE = Path(__file__).parent


@pytest.fixture(scope="module", params=sorted(MAJORS), ids=lambda major: f"gradio-{major}")
def major(request):
    return request.param


@pytest.fixture
def picture(tmp_path):
    file = tmp_path / "picture.png"
    file.write_bytes(png(64, (255, 0, 0)))
    return str(file)


def test_one_of_everything(majors, major, place, agent, picture):
    address = place.of(majors(major))
    told = old_client(major, address, agent, picture) if major in (3, 4) else new_client(address, agent, picture)
    assert told["greet"] == "Hello, Ada!"
    assert (told["ticks"], told["last"]) == (TICKS, TICKS[-1])
    assert len(bytes.fromhex(told["invert"])) > 50, "the picture that the app made"
    # The state is the client's own and begins with it.
    assert told["count"] == ["clicked 1", "clicked 2"]
    assert agent.token not in told["seen"]


def old_client(major, address, agent, picture):
    python = os.environ[f"PLAYGROUND_GRADIO_CLIENT_{major}"]
    worker = [python, HERE / "old_client.py", address, agent.token, picture, HERE.parent]
    done = subprocess.run(worker, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr.replace(agent.token, "TOKEN")
    return json.loads(done.stdout.splitlines()[-1])


def new_client(address, agent, picture):
    client = GradioClient(address, headers={"Authorization": f"Bearer {agent.token}"}, verbose=False)
    try:
        ticks = client.submit(api_name="/tick")
        last = ticks.result(timeout=60)
        invert = client.predict(handle_file(picture), api_name="/invert")
        return {
            "greet": client.predict("Ada", api_name="/greet"),
            "ticks": ticks.outputs(),
            "last": last,
            "invert": Path(invert).read_bytes().hex(),
            "count": [client.predict(api_name="/count") for _ in range(2)],
            "seen": client.predict(api_name="/seen"),
        }
    finally:
        client.close()


def test_item_37_the_app_knows_its_public_address(majors, major, place, agent):
    """Gradio 3 says the path of it only."""
    address = place.of(majors(major)).rstrip("/")
    config = requests.get(f"{address}/config", headers={"Authorization": agent.token}, timeout=10).json()
    public = address if major > 3 else "/".join(["", *address.split("/")[3:]]).rstrip("/")
    assert config["root"].rstrip("/") == public


def test_item_38_what_a_visitor_claims_changes_no_address(majors, major, place, agent):
    address = place.of(majors(major))
    claims = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "/evil",
        "X-Gradio-Server": "http://evil.example",
        "X-Direct-Url": "http://evil.example",
    }
    for path in ("", "config"):
        answer = requests.get(f"{address}{path}", headers={"Authorization": agent.token, **claims}, timeout=10)
        assert answer.status_code == 200 and "evil" not in answer.text
