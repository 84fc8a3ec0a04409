"""Who may call: every route asks for the token, in each of its forms, and tells every stranger the same."""

import stat

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
    """(method, path) of everything in the OpenAPI document that asks who calls, with ids that nobody has."""
    document = agent.get("openapi.json").json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete") and operation.get("security") != [{}]:
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


def test_only_the_way_in_asks_nobody(agent):
    document = agent.get("openapi.json").json()
    operations = ((method, path, operation) for path, item in document["paths"].items() for method, operation in item.items())
    assert [(method, path) for method, path, it in operations if it.get("security") == [{}]] == [("post", "/session")]


def test_the_line_that_opens_the_page_logs_in_once(agent):
    opened = [line for line in agent.log().splitlines() if line.startswith("open ")][-1]
    address, _, code = opened.removeprefix("open ").partition("#/login/")
    assert address == f"http://localhost:{agent.url.rpartition(':')[2]}/"
    nobody = {"Authorization": None}
    page = agent.get(address, headers=nobody)
    assert page.status_code == 200
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    session = agent.post("session", json={"code": code}, headers=nobody)
    assert session.status_code == 201, session.text
    cookie = session.headers["Set-Cookie"].partition(";")[0]
    halves = {**nobody, "Cookie": cookie, "X-Synapse-Key": session.json()["key"]}
    assert agent.get("containers", headers=halves).status_code == 200
    assert agent.get("containers", headers={**nobody, "Cookie": cookie}).status_code == 401
    again = agent.post("session", json={"code": code}, headers=nobody)
    assert (again.status_code, again.json()["code"]) == (401, "login_code_invalid")


def test_nobody_else_on_the_machine_may_read_what_the_agent_keeps(agent):
    assert stat.S_IMODE(agent.data.stat().st_mode) == 0o700
    secrets = [agent.data / name for name in ("agent-id", "link-key")]
    assert [stat.S_IMODE(secret.stat().st_mode) for secret in secrets] == [0o600, 0o600]
