"""Both constructors, and what is sent of them."""

import pytest
from scripted import told
from synapse_sdk.clients.agent import AgentClient, AsyncAgentClient

TOKEN = "secret-token"


@pytest.fixture(
    params=["seed", "names", "positions", "environment"],
)
def arguments(request, server, monkeypatch):
    """(args, kwargs) of the same client, in every way that it can be made."""
    if request.param == "environment":
        monkeypatch.setenv("PLAYGROUND_URL", server.url)
        monkeypatch.setenv("PLAYGROUND_TOKEN", TOKEN)
    return {
        "seed": ((), {"host": server.url, "token": TOKEN}),
        "names": ((), {"base_url": server.url, "agent_token": TOKEN}),
        "positions": ((server.url, TOKEN), {}),
        "environment": ((), {}),
    }[request.param]


def test_every_constructor_sends_the_raw_token_to_the_address(make, server, arguments):
    args, kwargs = arguments
    server.answers(told(200, {"status": "ok"}))
    assert make(*args, **kwargs).health_check() == {"status": "ok"}
    assert (server.asked[0].path, server.asked[0].headers["Authorization"]) == ("/health/", TOKEN)


def test_without_a_token_none_is_sent(make, server):
    server.answers(told(200, {}))
    make(server.url).health_check()
    assert server.asked[0].headers["Authorization"] is None


def test_a_token_of_spaces_is_none(make, server, monkeypatch):
    server.answers(*[told(200, {})] * 3)
    make(server.url, "  ", user_token=" ", tenant="\n").health_check()
    monkeypatch.setenv("PLAYGROUND_TOKEN", " \n")
    make(server.url).health_check()
    # As with no token at all, the environment stands for it.
    monkeypatch.setenv("PLAYGROUND_TOKEN", TOKEN)
    make(server.url, "  ").health_check()
    assert [asked.headers["Authorization"] for asked in server.asked] == [None, None, TOKEN]
    assert {"SYNAPSE-User", "SYNAPSE-Tenant"}.isdisjoint(server.asked[0].headers)


def test_a_token_may_come_from_a_file_and_a_broken_one_is_not_shown(make, server):
    server.answers(told(200, {}))
    make(server.url, f"{TOKEN}\n").health_check()
    assert server.asked[0].headers["Authorization"] == TOKEN
    for broken in (f"{TOKEN}\nX-Other: 1", f"{TOKEN}한"):
        with pytest.raises(ValueError, match="copied whole") as refused:
            make(server.url, broken)
        assert TOKEN not in str(refused.value)


def test_the_platforms_own_headers_are_sent(make, server):
    server.answers(told(200, {}))
    make(server.url, TOKEN, user_token="user", tenant="tenant").health_check()
    headers = server.asked[0].headers
    assert (headers["SYNAPSE-User"], headers["SYNAPSE-Tenant"]) == ("Token user", "Token tenant")


def test_an_address_may_have_a_path_and_slashes_at_its_end(make, server):
    server.answers(told(200, {}))
    make(f"{server.url}/agent//", TOKEN).health_check()
    assert server.asked[0].path == "/agent/health/"


@pytest.mark.parametrize("kind", [AgentClient, AsyncAgentClient])
def test_a_constructor_says_what_is_wrong_with_its_arguments(kind, server):
    with pytest.raises(ValueError, match="PLAYGROUND_URL"):
        kind(token=TOKEN)
    for address in ("agent-url:8000", "ftp://agent", "http://"):
        with pytest.raises(ValueError, match="no address"):
            kind(address, TOKEN)
    with pytest.raises(TypeError, match="base_url and host"):
        kind(server.url, host=server.url)
    with pytest.raises(TypeError, match="agent_token and token"):
        kind(server.url, TOKEN, token=TOKEN)
    for timeout in ({"total": 5}, {"connect": 1, "total": 5}):
        with pytest.raises(TypeError, match="'total': it has connect and read"):
            kind(server.url, TOKEN, timeout=timeout)


ADDRESSES = ["http://agent:99999", "http://agent:no", "http://agent:0", "http://[::1", "http://age nt", "http://a\n.b"]


@pytest.mark.parametrize("kind", [AgentClient, AsyncAgentClient])
@pytest.mark.parametrize("address", [*ADDRESSES, "http://a/" + "a" * 70_000])
def test_an_address_that_is_none_is_a_wrong_value(kind, address):
    with pytest.raises(ValueError, match="no address"):
        kind(address, TOKEN)


@pytest.mark.parametrize("kind", [AgentClient, AsyncAgentClient])
def test_an_address_is_nothing_but_one(kind):
    for more in ("?", "?a=b", "#there", "/agent?a=b"):
        with pytest.raises(ValueError, match="alone"):
            kind(f"http://agent:8000{more}", TOKEN)
    with pytest.raises(ValueError, match="takes a token") as refused:
        kind("http://somebody:word@agent:8000", TOKEN)
    assert "word" not in str(refused.value)


@pytest.mark.parametrize("name", ["user_token", "tenant"])
def test_what_no_header_can_hold_is_refused_and_not_shown(make, server, name):
    for broken in ("secret\nX-Other: 1", "secret\x00", "secret한", "secret\x7f"):
        with pytest.raises(ValueError, match=name) as refused:
            make(server.url, TOKEN, **{name: broken})
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize("kind", [AgentClient, AsyncAgentClient])
def test_a_client_does_not_show_its_token(kind, server):
    client = kind(server.url, TOKEN)
    assert TOKEN not in repr(client) + repr(client._settings)
    assert server.url in repr(client)


def test_a_context_manager_closes_the_client(server):
    server.answers(told(200, {}))
    with AgentClient(server.url, TOKEN) as client:
        client.health_check()
    with pytest.raises(RuntimeError):
        client.health_check()
