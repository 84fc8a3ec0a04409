"""Refusals and broken connections, as what a caller catches."""

import copy
import pickle
import threading

import httpx
import pytest
from scripted import cut, silent, told
from synapse_sdk import exceptions as all_errors
from synapse_sdk.clients import exceptions
from synapse_sdk.clients.agent._core.errors import broken
from synapse_sdk.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BuildFailedError,
    BuildTimeoutError,
    ClientConnectionError,
    ClientError,
    ClientResponseIncompleteError,
    ClientTimeoutError,
    HTTPError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ValidationError,
)

BODY = {"detail": "that is not there", "code": "container_unknown", "hint": "list them", "request_id": "r-1"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ValidationError),
        (401, AuthenticationError),
        (403, AuthorizationError),
        (404, NotFoundError),
        (409, HTTPError),
        (413, HTTPError),
        (422, ValidationError),
        (429, RateLimitError),
        (500, ServerError),
        (501, ServerError),
        (507, ServerError),
    ],
)
def test_a_refusal_is_an_error_of_its_status(client, server, status, kind):
    server.answers(told(status, BODY))
    with pytest.raises(HTTPError) as refused:
        client.get_container("abc")
    error = refused.value
    assert type(error) is kind
    assert (error.status_code, error.detail) == (status, BODY)
    assert (error.code, error.hint, error.request_id) == ("container_unknown", "list them", "r-1")
    assert str(error) == f"{status}: that is not there (list them)"
    assert isinstance(error, ClientError)


def test_a_refusal_without_json_is_told_too(client, server):
    server.answers(told(404, b"nothing here"), told(500))
    with pytest.raises(NotFoundError, match="404: nothing here"):
        client.get_container("abc")
    with pytest.raises(ServerError, match="no body"):
        client.get_container("abc")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(client, server, status):
    server.answers(told(status, Location=f"{server.url}/elsewhere/"), told(200, {}))
    with pytest.raises(HTTPError, match="not followed"):
        client.create_container("p@1")
    assert len(server.asked) == 1


def test_a_question_whose_connection_breaks_is_asked_again(client, server):
    server.answers(cut, cut, told(200, {"pk": 1}), cut, told(204))
    assert client.get_container(1) == {"pk": 1}
    assert client.delete_container(1) is None
    assert [asked.method for asked in server.asked] == ["GET"] * 3 + ["DELETE"] * 2


def test_a_question_is_not_asked_for_ever(client, server):
    server.answers(cut, cut, cut)
    with pytest.raises(ClientConnectionError, match="broke"):
        client.get_container(1)
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_question_whose_agent_is_away_is_asked_again(client, server, status):
    server.answers(told(status), told(status), told(200, {"pk": 1}), *[told(status, b"<html>")] * 4)
    assert client.get_container(1) == {"pk": 1}
    with pytest.raises(ServerError, match=f"{status}: <html>"):
        client.get_container(1)
    with pytest.raises(ServerError):
        client.create_container("p@1")
    assert [asked.method for asked in server.asked] == ["GET"] * 6 + ["POST"]


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.create_container("p@1"),
        # Done already, the same again would be refused.
        lambda client: client.cancel_build("b1"),
        lambda client: client.delete_plugin_release("p@1"),
        lambda client: client.update_container(1, status="stopped"),
        lambda client: client.create_docker_container("p@1"),
        lambda client: client.restart_container(1),
    ],
)
def test_what_may_have_been_done_is_not_sent_again(client, server, call):
    server.answers(cut, told(200, {}))
    with pytest.raises(ClientResponseIncompleteError, match="may have done"):
        call(client)
    assert len(server.asked) == 1


def test_an_address_where_nobody_is(make, server):
    client = make(server.url, "token")
    server.close()
    for call in (client.health_check, lambda: client.create_container("p@1")):
        with pytest.raises(ClientConnectionError, match=server.url) as error:
            call()
        assert not isinstance(error.value, ClientResponseIncompleteError), "nothing was sent"
        assert isinstance(error.value, ConnectionError)


def test_an_answer_that_cannot_be_unpacked_is_an_error_of_ours(client, server):
    server.answers(*[told(200, b"no gzip", Content_Encoding="gzip")] * 4)
    with pytest.raises(ClientConnectionError, match="broke"):
        client.get_container(1)
    with pytest.raises(ClientResponseIncompleteError):
        client.create_container("p@1")
    assert len(server.asked) == 4


def test_what_is_no_http_was_not_sent_and_is_not_shown():
    error = broken(httpx.LocalProtocolError("Illegal header value b'secret'"), "http://agent", may_be_done=True)
    assert type(error) is ClientConnectionError
    assert "secret" not in str(error)


def test_silence_is_a_timeout(make, server):
    held = threading.Event()
    server.answers(silent(held), silent(held))
    client = make(server.url, "token", timeout={"read": 0.05})
    try:
        with pytest.raises(ClientTimeoutError, match="silent") as error:
            client.health_check()
        assert isinstance(error.value, TimeoutError)
        # Asked again, either would have been told that nothing more was planned.
        with pytest.raises(ClientResponseIncompleteError):
            client.create_container("p@1")
    finally:
        held.set()


@pytest.mark.parametrize("container_id", ["", ".", ".."])
def test_an_id_that_would_name_another_path_is_refused(client, server, container_id):
    for call in (client.get_container, client.delete_container, client.get_docker_container, client.get_container_logs):
        with pytest.raises(ValueError, match="container_id"):
            call(container_id)
    with pytest.raises(ValueError, match="lookup"):
        client.delete_plugin_release(container_id)
    assert server.asked == []


def test_an_id_stays_one_segment_of_the_path(client, server):
    server.answers(told(200, {}), told(200, {}))
    client.get_container("a/../b?c#d")
    client.get_plugin_release("p@1.0.0+lig")
    assert [asked.path for asked in server.asked] == ["/containers/a%2F..%2Fb%3Fc%23d/", "/plugin_releases/p@1.0.0%2Blig/"]


LAUNCH = {"build_id": "b1", "status": "failed", "failure": {"kind": "import_error", "message": "no", "log_tail": ["x"]}}
MADE = {
    **{kind: (409, BODY) for kind in vars(all_errors).values() if isinstance(kind, type) and issubclass(kind, HTTPError)},
    ClientError: ("it broke",),
    ClientConnectionError: ("it broke",),
    ClientResponseIncompleteError: ("it broke",),
    ClientTimeoutError: ("silence",),
    BuildFailedError: (LAUNCH,),
    BuildTimeoutError: ("b1", 300.0),
}


@pytest.mark.parametrize("name", all_errors.__all__)
@pytest.mark.parametrize("again", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_an_error_reaches_another_process_whole(name, again):
    kind = getattr(all_errors, name)
    error = kind(*MADE[kind])
    same = again(error)
    assert type(same) is kind
    assert (str(same), same.args, vars(same)) == (str(error), error.args, vars(error))
    assert str(same)


def test_the_errors_are_where_the_platforms_sdk_has_them():
    for name in ("ClientError", "NotFoundError", "ClientResponseIncompleteError", "BuildFailedError"):
        assert getattr(exceptions, name).__module__ == "synapse_sdk.exceptions"
