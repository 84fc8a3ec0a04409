"""Who may call: every route asks for the token, in each of its forms, and tells every stranger the same."""

import pytest
from support.agent import Agent

STRANGERS = {
    "no token": None,
    "an empty token": "",
    "a wrong token": "0" * 40,
    "a wrong bearer": "Bearer " + "0" * 40,
    "a scheme without a token": "Token ",
    "another scheme": "Basic {token}",
    "a part of the token": "{token:.20}",
    "more than the token": "{token}0",
    "two tokens": "{token} {token}",
}


def operations(agent: Agent):
    """(method, path) of everything in the OpenAPI document, with ids that nobody has."""
    document = agent.get("openapi.json").json()
    for path, item in document["paths"].items():
        for method in item:
            if method in ("get", "post", "put", "patch", "delete"):
                yield method.upper(), path.replace("{id}", "0123456789abcdef").replace("{lookup}", "nobody@0.0.0")


@pytest.mark.parametrize("stranger", STRANGERS)
def test_item_49_a_stranger_is_refused_on_every_route_with_the_same_words(agent, shared, stranger):
    token = STRANGERS[stranger]
    header = {} if token is None else {"Authorization": token.format(token=agent.token)}
    seen = set()
    for method, path in [*operations(agent), ("GET", "/nothing-here"), ("PUT", "/containers")]:
        for form in (path, f"{path}/"):
            answer = agent.request(method, form, headers={"Authorization": None, **header})
            assert answer.status_code == 401, (method, form, answer.text)
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.headers["WWW-Authenticate"] == "Token"
            body = answer.json()
            assert set(body) == {"detail", "code", "hint"}
            assert body["code"] == "unauthorized"
            seen.add(body["detail"])
    assert len(seen) == 1, "the same stranger reads the same sentence everywhere"


def test_item_49_health_is_one_of_these_routes(agent):
    assert ("GET", "/health") in list(operations(agent))


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "Token {}", "bearer {}", "TOKEN {}"])
def test_item_49_the_token_is_understood_raw_and_behind_both_schemes(agent, form):
    answer = agent.get("health/", headers={"Authorization": form.format(agent.token)})
    assert answer.status_code == 200


def test_item_49_a_stranger_deletes_and_creates_nothing(agent, probe, shared):
    before = agent.get("containers/").json()["count"]
    create = agent.post("containers/", json={"plugin_release": probe, "model": 31337}, token="0" * 40)
    delete = agent.delete(f"containers/{shared['id']}/", token="0" * 40)
    assert (create.status_code, delete.status_code) == (401, 401)
    assert agent.get("containers/").json()["count"] == before
    assert agent.get(f"containers/{shared['id']}/").json()["status"] == "running"


def test_item_49_the_stored_token_is_a_digest(agent):
    files = [file for file in agent.data.rglob("*") if file.is_file() and file.name.startswith("playground.db")]
    assert files
    assert all(agent.token.encode() not in file.read_bytes() for file in files)
